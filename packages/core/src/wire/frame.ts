/**
 * Frames as plain data: what the codecs of each carriage produce and consume. `docs/spec.md` sections 2, 3, 6, 8 and 10.
 *
 * @module
 */

/** Frame types and their wire values. */
export const FrameType = {
  hello: 0x01,
  challenge: 0x02,
  proof: 0x03,
  welcome: 0x04,
  refuse: 0x05,
  open: 0x10,
  accept: 0x11,
  data: 0x12,
  end: 0x13,
  reset: 0x14,
  credit: 0x20,
  ack: 0x21,
  ping: 0x22,
  pong: 0x23,
  offer: 0x24,
  goaway: 0x25,
} as const;

/** The name of a frame type, for example `"open"`. */
export type FrameName = keyof typeof FrameType;

/** Frame flags and their bits. */
export const Flag = { more: 0x01, final: 0x02, cont: 0x04, base64: 0x80 } as const;

/** What a side takes, as it states it in HELLO or WELCOME. Octets, except `streams`. */
export interface PeerLimits {
  readonly framePayload: number;
  readonly message: number;
  readonly streams: number;
  readonly assembling: number;
  /** Octets of frames that the side keeps until they are acknowledged (feature `delivery`). */
  readonly replay?: number | undefined;
  /** Octets that it takes on one stream at first, and of the items of all streams (feature `credit`). */
  readonly streamCredit?: number | undefined;
  readonly channelCredit?: number | undefined;
}

/** HELLO: the client's wishes. The nonce has 16 octets, the tag 8. */
export interface HelloFrame {
  readonly type: "hello";
  readonly versions: readonly number[];
  readonly nonce: Uint8Array;
  readonly tag: Uint8Array;
  readonly features: readonly string[];
  readonly limits: PeerLimits;
  readonly contents: readonly number[];
  readonly agent?: string | undefined;
  readonly agentVersion?: string | undefined;
  readonly resume?: ResumeRequest | undefined;
  /** The exact octets of the payload, for the transcript (section 4). Decoding sets it. */
  readonly payload?: Uint8Array | undefined;
}

/** What HELLO says when the client wants to go on with an earlier session. */
export interface ResumeRequest {
  readonly sessionId: string;
  readonly token: Uint8Array;
  readonly received: number;
}

/** CHALLENGE: what the gateway chose, and what it wants proved. */
export interface ChallengeFrame {
  readonly type: "challenge";
  readonly clientNonce: Uint8Array;
  readonly nonce: Uint8Array;
  readonly tag: Uint8Array;
  readonly version: number;
  readonly features: readonly string[];
  readonly audience: string;
  readonly methods: readonly string[];
  /** The exact octets of the payload, for the transcript (section 4). Decoding sets it. */
  readonly payload?: Uint8Array | undefined;
}

/** PROOF: the client's proof over the transcript. */
export interface ProofFrame {
  readonly type: "proof";
  readonly clientNonce: Uint8Array;
  readonly method: string;
  readonly keyId: string;
  readonly proof: Uint8Array;
}

/** WELCOME: the session that the gateway grants. */
export interface WelcomeFrame {
  readonly type: "welcome";
  readonly clientNonce: Uint8Array;
  readonly tag: Uint8Array;
  readonly version: number;
  readonly features: readonly string[];
  readonly limits: PeerLimits;
  readonly contents: readonly number[];
  readonly heartbeatMs: number;
  readonly sessionId: string;
  readonly principal: string;
  readonly scopes: readonly string[];
  readonly resumeToken?: Uint8Array | undefined;
  readonly resumedFrom?: number | undefined;
  readonly notResumed?: string | undefined;
}

/** REFUSE: no session, and why. */
export interface RefuseFrame {
  readonly type: "refuse";
  readonly clientNonce: Uint8Array;
  readonly code: number;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

/** OPEN: a call, with the first octets of its arguments. */
export interface OpenFrame {
  readonly type: "open";
  readonly stream: number;
  readonly more: boolean;
  readonly final: boolean;
  /** The name, or a number that stands for one (CALL-016). */
  readonly tool: string | number;
  readonly callId: string;
  readonly key?: string | undefined;
  readonly deadlineMs?: number | undefined;
  readonly priority?: number | undefined;
  readonly content: number;
  /** As {@link OpenFrame.tool}. */
  readonly turn?: string | number | undefined;
  readonly lineage?: string | undefined;
  readonly trace?: string | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
  readonly body: Uint8Array;
}

/** OPEN whose names are strings. */
export interface NamedOpenFrame extends OpenFrame {
  readonly tool: string;
  readonly turn?: string | undefined;
}

/** ACCEPT: the receiver has taken responsibility. */
export interface AcceptFrame {
  readonly type: "accept";
  readonly stream: number;
  readonly state: number;
  readonly reason?: string | undefined;
  readonly place?: number | undefined;
  readonly lagMs?: number | undefined;
  readonly deadlineMs?: number | undefined;
}

/** DATA: a progress report, an item, or (with `head` absent: flag CONT) more octets of a body that has begun. */
export interface DataFrame {
  readonly type: "data";
  readonly stream: number;
  readonly more: boolean;
  readonly final: boolean;
  readonly head?: { readonly kind: number; readonly content: number } | undefined;
  readonly body: Uint8Array;
}

/** END: how the call ended, with the first octets of its result or of its error's details. */
export interface EndFrame {
  readonly type: "end";
  readonly stream: number;
  readonly more: boolean;
  readonly final: boolean;
  readonly code: number;
  readonly content: number;
  readonly message?: string | undefined;
  readonly outcome?: number | undefined;
  readonly retryable?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly body: Uint8Array;
}

/** RESET: the opener asks to cancel. */
export interface ResetFrame {
  readonly type: "reset";
  readonly stream: number;
  readonly code: number;
  readonly message?: string | undefined;
}

/** CREDIT: an absolute limit of body octets (feature `credit`). Stream 0 is the whole channel. */
export interface CreditFrame {
  readonly type: "credit";
  readonly stream: number;
  readonly limit: number;
}

/** ACK: the count of frames received (feature `delivery`). */
export interface AckFrame {
  readonly type: "ack";
  readonly received: number;
}

/** PING: asks for a PONG with the same id. */
export interface PingFrame {
  readonly type: "ping";
  readonly id: number;
}

/** PONG: answers a PING, and tells how late the sender's event loop is. */
export interface PongFrame {
  readonly type: "pong";
  readonly id: number;
  readonly lagMs?: number | undefined;
}

/** One tool in an OFFER. */
export interface OfferEntry {
  readonly name: string;
  readonly effect: number;
  readonly deadlineMs?: number | undefined;
  readonly description?: string | undefined;
  readonly streams?: boolean | undefined;
  readonly revision?: string | undefined;
}

/** OFFER: tools that the peer may call. `tools` for modes 0 (replace) and 1 (add), `names` for mode 2 (remove). */
export interface OfferFrame {
  readonly type: "offer";
  readonly mode: number;
  readonly tools: readonly OfferEntry[];
  readonly names: readonly string[];
}

/** GOAWAY: drain (code 0), or the end of the session. */
export interface GoawayFrame {
  readonly type: "goaway";
  readonly code: number;
  readonly lastStream: number;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
  readonly requirement?: string | undefined;
}

/** Frames of the handshake: they travel under the tag zero. */
export type HandshakeFrame = HelloFrame | ChallengeFrame | ProofFrame | WelcomeFrame | RefuseFrame;

/** Frames of one stream. */
export type StreamFrame = OpenFrame | AcceptFrame | DataFrame | EndFrame | ResetFrame;

/** Frames that are counted, acknowledged, and sent again after a reconnect (feature `delivery`, DELIV-001). */
export type CountedFrame = StreamFrame | OfferFrame;

/** Frames of the channel. */
export type ChannelFrame = CreditFrame | AckFrame | PingFrame | PongFrame | OfferFrame | GoawayFrame;

/** Every frame. */
export type Frame = HandshakeFrame | StreamFrame | ChannelFrame;
