/**
 * The states of a channel, in one table. A missing entry is the protocol error HAND-005; no other file decides which
 * handshake frame may come when.
 *
 * @module
 */

/** Where a channel is. Errors show these words to the peer. */
export type ChannelState =
  /** Gateway: nothing heard yet. Client: nothing said yet. */
  | "start"
  /** Gateway: HELLO is here, and the owner decides (vouched, challenge, or refuse). */
  | "deciding"
  /** Gateway: CHALLENGE is out. */
  | "challenged"
  /** Gateway: PROOF is here, and the owner verifies it. */
  | "verifying"
  /** Client: HELLO is out. */
  | "greeting"
  /** Client: CHALLENGE is here, and the owner makes the proof. */
  | "proving"
  /** Client: PROOF is out. */
  | "proved"
  /** WELCOME was sent, or received. */
  | "open"
  /** A GOAWAY with code 0 was sent or received: calls under way finish. */
  | "draining"
  /** Nothing is sent or acted on any more. */
  | "ended";

/** Who a side is. */
export type Role = "client" | "gateway";

/** What moves a channel: a handshake frame, sent or received, or its end. */
export type ChannelInput = "hello" | "challenge" | "proof" | "welcome" | "refuse" | "drain" | "end";

type Table = {
  readonly [R in Role]: { readonly [S in ChannelState]?: { readonly [I in ChannelInput]?: ChannelState } };
};

/** `[role][state][input]` gives the next state. */
export const CHANNEL_STATES: Table = {
  gateway: {
    start: { hello: "deciding", refuse: "ended", end: "ended" },
    deciding: { challenge: "challenged", welcome: "open", refuse: "ended", end: "ended" },
    challenged: { proof: "verifying", refuse: "ended", end: "ended" },
    verifying: { welcome: "open", refuse: "ended", end: "ended" },
    open: { drain: "draining", end: "ended" },
    draining: { drain: "draining", end: "ended" },
  },
  client: {
    start: { hello: "greeting", end: "ended" },
    greeting: { challenge: "proving", welcome: "open", refuse: "ended", end: "ended" },
    proving: { proof: "proved", refuse: "ended", end: "ended" },
    proved: { welcome: "open", refuse: "ended", end: "ended" },
    open: { drain: "draining", end: "ended" },
    draining: { drain: "draining", end: "ended" },
  },
};

/** The state that follows, or undefined where the table has no entry. */
export function nextChannelState(role: Role, state: ChannelState, input: ChannelInput): ChannelState | undefined {
  return CHANNEL_STATES[role][state]?.[input];
}

/** What a peer may send in a state, in words for an error. */
export const EXPECTED: { readonly [S in ChannelState]: string } = {
  start: "HELLO",
  deciding: "nothing until the gateway has answered HELLO",
  challenged: "PROOF",
  verifying: "nothing but frames behind PROOF until WELCOME or REFUSE",
  greeting: "CHALLENGE, WELCOME or REFUSE",
  proving: "nothing until PROOF was sent",
  proved: "WELCOME or REFUSE",
  open: "frames of streams and of the channel",
  draining: "frames of streams and of the channel",
  ended: "nothing: the channel is over",
};
