/**
 * The sessions of one gateway that clients may resume: finds them, keeps those without a channel for a while and within
 * limits, and remembers for a while why those that ended did. `docs/spec.md` section 11, "Resuming".
 *
 * @module
 */
import type { ChannelEnd } from "../channel/events.ts";
import { CREDIT, PARKED_SESSION_OCTETS, REMEMBERED_ENDS, sameLimits, type Limits } from "../limits.ts";
import type { HelloFrame } from "../wire/frame.ts";
import type { Environment } from "./environment.ts";
import type { StandingSession } from "./standing-session.ts";

/** What {@link ResumableSessions} work with. */
export interface ResumableSessionsOptions {
  readonly environment: Environment;
  readonly limits: Limits;
}

/** Milliseconds by which a resume window is over too late where the event loop was blocked. */
const LATE_MS = 100;

interface Parked {
  readonly session: StandingSession;
  cancelWindow: () => void;
}

/** What the sessions without a channel of one principal hold. */
interface Share {
  /** The one that has been so for longest first. */
  readonly sessions: Set<StandingSession>;
  octets: number;
}

interface Remembered {
  readonly principal: string;
  readonly message: string;
}

/** One for each gateway. */
export class ResumableSessions {
  readonly #options: ResumableSessionsOptions;
  readonly #sessions = new Map<string, StandingSession>();
  /** Sessions without a channel, the one that has been so for longest first. */
  readonly #parked = new Map<StandingSession, Parked>();
  readonly #parkedByPrincipal = new Map<string, Share>();
  #parkedOctets = 0;
  /** Why sessions ended, the oldest first. */
  readonly #ends = new Map<string, Remembered>();

  constructor(options: ResumableSessionsOptions) {
    this.#options = options;
  }

  /** True where sessions outlive their channels at all. */
  get enabled(): boolean {
    return this.#options.limits.resumeWindowMs > 0;
  }

  /** Sessions that have no channel at present. */
  get parked(): number {
    return this.#parked.size;
  }

  /** Octets that sessions without a channel hold. */
  get parkedOctets(): number {
    return this.#parkedOctets;
  }

  /** A new session stands. */
  add(session: StandingSession): void {
    this.#sessions.set(session.identity.id, session);
  }

  /**
   * The session that HELLO asks for, whose client has proved to be `principal`; or why it cannot be resumed. Whoever has not
   * the principal learns nothing of a session (RESUME-010).
   */
  find(hello: HelloFrame, principal: string): StandingSession | string {
    const { resume } = hello;
    if (resume === undefined) return "HELLO names no session";
    if (!this.enabled) return "this gateway does not resume sessions";
    const session = this.#sessions.get(resume.sessionId);
    if (session === undefined || session.identity.principal !== principal) {
      const end = this.#ends.get(resume.sessionId);
      if (end?.principal === principal) return end.message;
      return `no such session stands: the gateway has started anew, or the session was without a connection for too long (${this.#options.limits.resumeWindowMs} ms)`;
    }
    if (!session.accepts(resume.token)) return "the resume token is not the session's latest one";
    const { limits, contents, credit } = session.stated;
    const sameContents = contents.length === hello.contents.length && contents.every((c) => hello.contents.includes(c));
    const sameCredit = credit === hello.features.includes(CREDIT);
    if (!sameLimits(limits, hello.limits) || !sameContents || !sameCredit) {
      return "HELLO states other limits or contents, or another wish for credit, than when the session was opened";
    }
    return session;
  }

  /** A session has lost its channel: it waits for its client, until the resume window is over (RESUME-007). */
  park(session: StandingSession, end: ChannelEnd): void {
    const { environment, limits } = this.#options;
    session.holder = undefined;
    session.control.suspend(end);
    // Whoever was told of it may have ended the session.
    if (!this.#sessions.has(session.identity.id)) return;
    const until = environment.now() + limits.resumeWindowMs;
    const parked: Parked = { session, cancelWindow: () => {} };
    const over = (): void =>
      this.#expire(session, `the session was without a connection for more than ${limits.resumeWindowMs} ms`);
    parked.cancelWindow = environment.setTimer(
      until,
      () => {
        // A gateway that was blocked has left its clients waiting at the door.
        if (environment.now() - until < LATE_MS) over();
        else parked.cancelWindow = environment.setTimer(environment.now() + limits.handshakeMs, over, true);
      },
      true,
    );
    this.#parked.set(session, parked);
    const share = this.#parkedByPrincipal.get(session.identity.principal) ?? { sessions: new Set(), octets: 0 };
    this.#parkedByPrincipal.set(session.identity.principal, share);
    share.sessions.add(session);
    this.recount(session);
    const [oldest] = share.sessions;
    if (share.sessions.size > limits.parkedSessions && oldest !== undefined) {
      this.#expire(
        oldest,
        `its principal had more than ${limits.parkedSessions} sessions without a connection (parkedSessions)`,
      );
    }
  }

  /** A session that has no channel may hold more than before. */
  recount(session: StandingSession): void {
    if (!this.#parked.has(session)) return;
    const octets = PARKED_SESSION_OCTETS + session.lifeline.heldOctets;
    this.#count(session, octets);
    while (this.#parkedOctets > this.#options.limits.parkedOctets) {
      const [oldest] = this.#largestShare();
      if (oldest === undefined) return;
      this.#expire(oldest, "sessions without a connection held too much for this gateway (parkedOctets)");
    }
  }

  /** Nobody's sessions end for what another principal holds, as long as that is more. */
  #largestShare(): Iterable<StandingSession> {
    let largest: Share | undefined;
    for (const share of this.#parkedByPrincipal.values()) {
      if (largest === undefined || share.octets > largest.octets) largest = share;
    }
    return largest?.sessions ?? [];
  }

  #count(session: StandingSession, octets: number): void {
    const more = octets - session.parkedOctets;
    session.parkedOctets = octets;
    this.#parkedOctets += more;
    const share = this.#parkedByPrincipal.get(session.identity.principal);
    if (share !== undefined) share.octets += more;
  }

  /** A session is about to get another channel: it is not parked any more, and its former channel is told. */
  take(session: StandingSession): void {
    this.#unpark(session);
    const { holder } = session;
    session.holder = undefined;
    holder?.takenOver();
    session.lifeline.unbind(undefined);
  }

  /** A session is over. */
  remove(session: StandingSession, end: ChannelEnd): void {
    const { id, principal } = session.identity;
    if (!this.#sessions.delete(id)) return;
    this.#unpark(session);
    this.#ends.set(id, { principal, message: `the session is over: ${end.message}` });
    for (const oldest of this.#ends.keys()) {
      if (this.#ends.size <= REMEMBERED_ENDS) break;
      this.#ends.delete(oldest);
    }
    session.close(end);
  }

  /** Sessions without a channel take no further calls, and end when the ones under way are over. */
  drain(message: string, retryAfterMs: number | undefined): void {
    for (const session of this.#parked.keys()) session.lifeline.peer.drain(message, retryAfterMs);
  }

  /** Ends the sessions that have no channel. */
  close(message: string): void {
    for (const session of this.#parked.keys()) session.lifeline.close("unavailable", message);
  }

  #expire(session: StandingSession, message: string): void {
    session.lifeline.end({ cause: "lost", code: "unavailable", message, byPeer: false });
  }

  #unpark(session: StandingSession): void {
    const parked = this.#parked.get(session);
    if (parked === undefined) return;
    this.#parked.delete(session);
    parked.cancelWindow();
    const { principal } = session.identity;
    this.#count(session, 0);
    const share = this.#parkedByPrincipal.get(principal);
    share?.sessions.delete(session);
    if (share?.sessions.size === 0) this.#parkedByPrincipal.delete(principal);
  }
}
