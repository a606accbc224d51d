/**
 * Who is let into a gateway, and what a gateway makes of them.
 *
 * @module
 */
import type { Carrier } from "../carrier/carrier.ts";
import type { ChannelEnd } from "../channel/events.ts";
import type { Limits } from "../limits.ts";
import type { Environment } from "./environment.ts";
import type { ResumableSessions } from "./resumable-sessions.ts";
import type { SessionControl, SessionIdentity } from "./session-control.ts";

/** What a client is granted. */
export interface Grant {
  /** Who it is. Keys of `once` calls belong to the principal. */
  readonly principal: string;
  /** What it may do. */
  readonly scopes: readonly string[];
  /** When the grant ends, in milliseconds since 1970. Default: with the session. */
  readonly expiresAt?: number | undefined;
}

/** A proof to be verified. `octets` are what it must cover (section 4). */
export interface ProofRequest {
  readonly method: string;
  readonly keyId: string;
  readonly proof: Uint8Array;
  readonly octets: Uint8Array;
}

/** How a client gets its grant. */
export type Admission =
  /** The host vouches for the socket, now or later. */
  | { readonly kind: "vouched"; readonly grant: Grant | Promise<Grant> }
  /** The client proves who it is. Nothing is what `verify` gives for every kind of wrong proof (AUTH-003). */
  | {
      readonly kind: "proof";
      readonly audience: string;
      readonly methods: readonly string[];
      readonly verify: (request: ProofRequest) => Promise<Grant | undefined>;
    }
  /** Nobody is let in, and this is why. */
  | { readonly kind: "closed"; readonly message: string; readonly retryAfterMs?: number | undefined };

/** What an acceptor works with. */
export interface AcceptorOptions {
  readonly carrier: Carrier;
  readonly environment: Environment;
  readonly limits: Limits;
  /** Asked for each HELLO. */
  readonly admission: () => Admission;
  /** Why no further session is granted, while those that stand may still be resumed; undefined where one is. */
  readonly closed?: (() => Extract<Admission, { kind: "closed" }> | undefined) | undefined;
  /** The sessions that clients may resume. Absent: each session ends with its channel. One object for a whole gateway. */
  readonly sessions?: ResumableSessions | undefined;
  /** Makes a session for a grant. It is attached by the acceptor. */
  readonly makeSession: (identity: SessionIdentity) => SessionControl;
  /** A session that had stood before goes on with this carrier. */
  readonly resumed?: ((session: SessionControl) => void) | undefined;
  /** A session that stood on this carrier is here no more: it waits for another one, stands there, or is over. */
  readonly left?: ((session: SessionControl) => void) | undefined;
  /** A handshake came to nothing, and `end` says why. Also told of a carrier that went before anybody said HELLO. */
  readonly refused?: ((end: ChannelEnd) => void) | undefined;
  /** The carrier is gone, or given back. */
  readonly over: () => void;
}
