/**
 * A session as its gateway keeps it, whatever channel it is on: its calls, its grant, and the tokens that resume it.
 * `docs/spec.md` section 11, "Resuming".
 *
 * @module
 */
import type { ChannelEnd } from "../channel/events.ts";
import { CREDIT, RESUME_TOKEN_OCTETS, type Limits } from "../limits.ts";
import type { HelloFrame, PeerLimits } from "../wire/frame.ts";
import type { Deadline } from "./deadlines.ts";
import type { Environment } from "./environment.ts";
import { Lifeline, type LifelineOwner } from "./lifeline.ts";
import type { SessionControl, SessionIdentity } from "./session-control.ts";

/** The channel that a session is on. */
export interface Holder {
  /** Another channel takes the session over: this one says so, and takes nothing more. */
  takenOver(): void;
}

/** What a {@link StandingSession} is made from. */
export interface StandingSessionOptions {
  readonly identity: SessionIdentity;
  readonly control: SessionControl;
  readonly environment: Environment;
  readonly limits: Limits;
  /** The HELLO that opened the session. */
  readonly hello: HelloFrame;
  /** What was agreed on. */
  readonly features: readonly string[];
  /** Where it may be resumed. */
  readonly sessions: SessionKeeper | undefined;
}

/** Keeps sessions that may be resumed. */
export interface SessionKeeper {
  /** A session may hold more than before. */
  recount(session: StandingSession): void;
  /** A session is over. */
  remove(session: StandingSession, end: ChannelEnd): void;
}

/** What the HELLO that opened a session has stated: those that resume it state the same. */
export interface Stated {
  readonly limits: PeerLimits;
  readonly contents: readonly number[];
  readonly credit: boolean;
}

/** See the module's comment. */
export class StandingSession implements LifelineOwner {
  readonly control: SessionControl;
  readonly lifeline: Lifeline;
  readonly stated: Stated;
  /** Present exactly while a channel carries the session. */
  holder: Holder | undefined;
  /** True once the client has answered a WELCOME of this session, and so knows how to resume it. */
  known = false;
  /** Octets that it holds while it has no channel, as they were counted last. */
  parkedOctets = 0;
  readonly #environment: Environment;
  readonly #sessions: SessionKeeper | undefined;
  #identity: SessionIdentity;
  /** The token of the latest WELCOME. */
  #token: Uint8Array;
  /** The one with which that WELCOME was asked for: good until its successor was received for certain (RESUME-002). */
  #former: Uint8Array | undefined;
  #expiry: Deadline | undefined;

  constructor(options: StandingSessionOptions) {
    this.#identity = options.identity;
    this.control = options.control;
    const { environment, limits, features } = options;
    const { limits: peerLimits, contents: peerContents, features: wished } = options.hello;
    this.stated = { limits: peerLimits, contents: peerContents, credit: wished.includes(CREDIT) };
    this.#environment = environment;
    this.#sessions = options.sessions;
    this.lifeline = new Lifeline({
      role: "gateway",
      environment,
      limits,
      peerLimits,
      peerContents,
      features,
      owner: this,
    });
    this.#token = this.#drawToken();
  }

  get identity(): SessionIdentity {
    return this.#identity;
  }

  /** What the next WELCOME carries. */
  get token(): Uint8Array {
    return this.#token;
  }

  /** True for a token that resumes the session. The time that it takes tells nothing of the token. */
  accepts(token: Uint8Array): boolean {
    const isLatest = sameSecret(token, this.#token);
    const isFormer = this.#former !== undefined && sameSecret(token, this.#former);
    return isLatest || isFormer;
  }

  /** The session is resumed with this token: it stays good beside its successor until {@link heard}. */
  renew(token: Uint8Array): void {
    this.#former = token;
    this.#token = this.#drawToken();
  }

  /** The client is there. Where it has `read` the latest WELCOME no token but that one's is good any more (RESUME-002). */
  heard(read: boolean): void {
    this.known = true;
    if (read) this.#former = undefined;
  }

  /** What the session may do from now on, and for how many milliseconds (RESUME-009); undefined is for ever. */
  grant(scopes: readonly string[], leftMs: number | undefined): void {
    this.#identity = { ...this.#identity, scopes };
    this.#expiry?.cancel();
    this.#expiry =
      leftMs === undefined
        ? undefined
        : this.control.deadlines.set(this.#environment.now() + leftMs, () =>
            this.lifeline.close("unauthenticated", "the grant has expired"),
          );
  }

  /** For the lifeline. */
  pump(): void {
    this.control.pump();
    this.#sessions?.recount(this);
  }

  /** For the lifeline. */
  ended(end: ChannelEnd): void {
    if (this.#sessions === undefined) this.close(end);
    else this.#sessions.remove(this, end);
  }

  /** The session is over. Called once. */
  close(end: ChannelEnd): void {
    this.#expiry?.cancel();
    this.holder = undefined;
    this.control.close(end);
  }

  #drawToken(): Uint8Array {
    return this.#environment.randomOctets(RESUME_TOKEN_OCTETS);
  }
}

/** Compares in a time that depends on the lengths alone. */
function sameSecret(given: Uint8Array, secret: Uint8Array): boolean {
  let different = given.length === secret.length ? 0 : 1;
  for (const [index, octet] of secret.entries()) different |= octet ^ (given[index] ?? 0);
  return different === 0;
}
