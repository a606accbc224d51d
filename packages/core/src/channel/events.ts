/**
 * What a channel tells its owner.
 *
 * @module
 */
import type { Code } from "../errors/codes.ts";
import type { PeerState } from "./heartbeat.ts";
import type { ChallengeFrame, HelloFrame, ProofFrame, WelcomeFrame } from "../wire/frame.ts";

/** How a channel came to its end. */
export type EndCause =
  /** This side closed it, after GOAWAY where the peer could still be told. */
  | "closed"
  /** The peer said GOAWAY with a code, or is draining and done. */
  | "goaway"
  /** The gateway answered REFUSE, or this side did. */
  | "refused"
  /** The peer broke the protocol, and this side ended the session. */
  | "violation"
  /** The carrier is gone. */
  | "lost"
  /** The handshake took too long. Without any answer: nobody at the other end speaks turnmux, or it was busy all the while. */
  | "timeout"
  /** Nothing was heard for two and a half heartbeat intervals. */
  | "silent";

/** Why a channel is over. */
export interface ChannelEnd {
  readonly cause: EndCause;
  readonly code: Code;
  /** A sentence for errors and logs, without values of the application. */
  readonly message: string;
  /** The rule that was broken, where one was. */
  readonly requirement?: string | undefined;
  /** Milliseconds that the peer asks to wait before the next try. */
  readonly retryAfterMs?: number | undefined;
  /** True when the fault was told by the peer rather than found here. */
  readonly byPeer: boolean;
}

/** What a channel tells its owner, in the order in which it happened. */
export type ChannelEvent =
  /** Gateway: a client is here. The owner answers with `challenge`, `welcome` or `refuse`. */
  | { readonly type: "hello"; readonly hello: HelloFrame }
  /** Gateway: a proof is here. The owner answers with `welcome` or `refuse`. */
  | { readonly type: "proof"; readonly proof: ProofFrame; readonly octets: Uint8Array }
  /** Client: the gateway asks for a proof. The owner answers with `prove`, or ends the channel. */
  | { readonly type: "challenge"; readonly challenge: ChallengeFrame }
  /** Client: the session stands. */
  | { readonly type: "welcome"; readonly welcome: WelcomeFrame }
  /**
   * Gateway: the first message behind WELCOME is here. Where it is no GOAWAY of a client that gives up, which may not have
   * waited for WELCOME (HAND-012), `read` is true: the client has read that (RESUME-002).
   */
  | { readonly type: "heard"; readonly read: boolean }
  /** Client: the gateway was found to be busy, quiet, or neither any more. */
  | { readonly type: "peer"; readonly state: PeerState }
  /** The channel is over. The last event. */
  | { readonly type: "ended"; readonly end: ChannelEnd };
