/**
 * The cases that peers pass which are none, and why they may. Whatever else such a peer passes is a case that proves nothing.
 *
 * @module
 */

/** What may pass a case although it is no peer. */
export interface Tolerated {
  /** Their ids. */
  readonly peers: readonly string[];
  readonly reason: string;
}

/** The reference up to the end of its handshake, with what it offers. */
const SHAKE_HANDS = ["degenerate.echo", "degenerate.nothing", "degenerate.refuses-calls"];

/** Peers whose own calls are as they should be. */
const ANSWER_CALLS_WRONGLY = ["degenerate.nothing", "degenerate.refuses-calls"];

/** Of cases that are about calls which the peer makes, and not about those that it answers. */
const OWN_CALLS: Tolerated = {
  peers: ANSWER_CALLS_WRONGLY,
  reason: "is about the calls that a client of its own makes, which this peer makes as the reference does",
};

const OWN_HANDSHAKE =
  "looks for the secret in what a process of its own says in its handshake, and that is the reference's";

/** By the id of a case. */
export const TOLERATED: Readonly<Record<string, Tolerated>> = {
  "auth.client-keeps-secret": {
    peers: ["degenerate.deaf", ...SHAKE_HANDS],
    reason: OWN_HANDSHAKE,
  },
  "auth.gateway-keeps-secret": {
    peers: SHAKE_HANDS,
    reason: OWN_HANDSHAKE,
  },
  "calls.a-flood-puts-no-deadline-off": OWN_CALLS,
  "calls.read-before-a-limit": OWN_CALLS,
  "calls.read-to-the-end-before-a-deadline": OWN_CALLS,
  "carriage.close-code-of-a-drain": {
    peers: SHAKE_HANDS,
    reason: "is about the close code of a gateway of its own that has no call to finish",
  },
  "chan.asks-before-it-leaves": {
    peers: ANSWER_CALLS_WRONGLY,
    reason: "is about a client of its own that is silent, in which no call is made",
  },
  "delivery.client-exactly-once-over-cuts": OWN_CALLS,
  "delivery.client-exactly-once-over-deaths": OWN_CALLS,
  "resume.gateway-started-anew": {
    peers: SHAKE_HANDS,
    reason: "is about `notResumed` in WELCOME of a gateway of its own, behind which no call is made",
  },
  "resume.most-without-a-channel": {
    peers: ANSWER_CALLS_WRONGLY,
    reason: "is about which sessions of a gateway of its own may be resumed, in which no call is made",
  },
};
