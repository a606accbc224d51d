/**
 * Puts the core together as gateways and clients do. The one place that knows how sessions are made.
 *
 * @module
 */
import {
  Acceptor,
  ALL_CARRIAGES,
  Codes,
  Dialer,
  OnceCalls,
  ResumableSessions,
  Resumption,
  Session,
  ToolRegistry,
  toolServer,
  type Admission,
  type Journal,
  type Limits,
  type SessionControl,
  type SessionEnd,
  type ToolHandlers,
} from "@turnmux/core";
import type { End } from "./connection.ts";
import type { Process } from "./process.ts";
import { clientTools, gatewayTools } from "./tools.ts";

/** What a gateway is made from. */
export interface GatewayOptions {
  readonly process: Process;
  readonly journal: Journal;
  readonly limits: Limits;
  readonly handlers: ToolHandlers<typeof gatewayTools>;
  readonly admission: (principal: string) => Admission;
  /** Why no further session is granted, while it is so. */
  readonly closed: () => Extract<Admission, { kind: "closed" }> | undefined;
  /** A session of this client process is over. */
  readonly sessionOver: (client: Process) => void;
}

/** A session as its gateway has it. */
export interface GatewaySession {
  readonly session: Session;
  readonly control: SessionControl;
  /** Whose it is: a process that starts anew gets another one. */
  readonly client: Process;
}

/** One life of a gateway. */
export class GatewayCore {
  readonly once: OnceCalls;
  readonly sessions: GatewaySession[] = [];
  readonly #options: GatewayOptions;
  readonly #registry = new ToolRegistry({ hasJournal: true });
  readonly #acceptors = new Set<Acceptor>();
  readonly #resumable: ResumableSessions;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { process, limits } = options;
    this.#resumable = new ResumableSessions({ environment: process.environment, limits });
    this.once = new OnceCalls(options.journal, options.process.environment);
    this.#registry.implement(gatewayTools, options.handlers);
  }

  /** Sessions that stand. */
  get live(): GatewaySession[] {
    return this.sessions.filter(({ session }) => session.state !== "closed");
  }

  /** Carriers that are in use. */
  get carriers(): number {
    return this.#acceptors.size;
  }

  /** Takes a connection of this principal's. */
  accept(end: End, principal: string): void {
    const { process, limits, admission, closed } = this.#options;
    const acceptor: Acceptor = new Acceptor({
      carrier: end,
      environment: process.environment,
      limits,
      admission: () => admission(principal),
      closed,
      sessions: this.#resumable,
      makeSession: () => this.#makeSession(end.connection.client.process),
      over: () => this.#acceptors.delete(acceptor),
    });
    this.#acceptors.add(acceptor);
  }

  /** Takes no further calls; sessions end when the ones under way are over. */
  drain(retryAfterMs: number | undefined): void {
    for (const acceptor of this.#acceptors) acceptor.drain("the gateway restarts", retryAfterMs);
    this.#resumable.drain("the gateway restarts", retryAfterMs);
  }

  /** Ends every session. */
  close(): void {
    for (const acceptor of this.#acceptors) acceptor.close("the gateway restarts");
    this.#resumable.close("the gateway restarts");
  }

  #makeSession(client: Process): SessionControl {
    const { process, limits, sessionOver } = this.#options;
    let made: SessionControl | undefined;
    const session = new Session(
      { environment: process.environment, limits, incoming: toolServer({ registry: this.#registry, once: this.once }) },
      (control) => {
        made = control;
      },
    );
    if (made === undefined) throw new Error("a session has no control");
    this.sessions.push({ session, control: made, client });
    session.addEventListener("state", ({ detail }) => {
      if (detail.state === "closed") sessionOver(client);
    });
    return made;
  }
}

/** A client that does not know of credit. */
class WithoutCredit extends Resumption {
  override get features(): readonly string[] {
    return super.features.filter((feature) => feature !== "credit");
  }
}

/** What a client's connections are made from. */
export interface ClientOptions {
  readonly process: Process;
  readonly journal: Journal;
  readonly limits: Limits;
  /** Whether it asks for credit. */
  readonly credit: boolean;
  readonly handlers: ToolHandlers<typeof clientTools>;
  readonly prover: ConstructorParameters<typeof Dialer>[0]["prover"];
  /** Opens a socket. One of the two is called, perhaps never. Gives back what gives the socket up. */
  readonly open: (opened: (end: End) => void, failed: () => void) => () => void;
  /** Milliseconds until the next attempt, behind the one of this number. */
  readonly waitMs: (attempt: number) => number;
  /** The session is lost, or takes no calls: those under way may fail. */
  readonly disturbed: () => void;
  /** The connection is lost: calls may take longer. */
  readonly delayed: () => void;
}

/** One session of a client, over one connection after the other, as the client package keeps it. */
export class ClientCore {
  readonly session: Session;
  readonly once: OnceCalls;
  /** The socket that is in use. */
  end: End | undefined;
  readonly #options: ClientOptions;
  readonly #resumption: Resumption;
  #sessionId = "";
  #dialer: Dialer | undefined;
  #giveUp: (() => void) | undefined;
  #disarm: (() => void) | undefined;
  #attempt = 0;
  #stood = false;
  /** True while the session is ready, or was when its connection was lost. */
  #ready = false;
  /** Gives up the socket to which it is about to move. */
  #giveUpMove: (() => void) | undefined;
  #leftUnanswered = false;
  #verdict: SessionEnd | undefined;
  #retryAfterMs: number | undefined;
  #over = false;

  constructor(options: ClientOptions) {
    this.#options = options;
    const { process, limits, journal, handlers } = options;
    const { environment } = process;
    this.once = new OnceCalls(journal, environment);
    let made: SessionControl | undefined;
    const incoming = toolServer({ once: this.once });
    this.session = new Session({ environment, limits, incoming, peer: { principal: "gateway" } }, (control) => {
      made = control;
    });
    if (made === undefined) throw new Error("a session has no control");
    const kind = options.credit ? Resumption : WithoutCredit;
    this.#resumption = new kind({ environment, limits, control: made, enabled: limits.resumeWindowMs > 0 });
    made.onClose = (message) => this.#close(message);
    this.session.implement(clientTools, handlers);
    this.session.addEventListener("state", ({ detail }) => {
      process.world.note(process.name, `session ${this.session.id}: ${detail.state} ${detail.end?.message ?? ""}`);
      if (detail.state !== "ready") return;
      if (this.session.id !== this.#sessionId) options.disturbed();
      this.#sessionId = this.session.id;
      this.#stood = true;
      this.#ready = true;
      this.#attempt = 0;
      this.#retryAfterMs = undefined;
    });
    this.session.addEventListener("drain", ({ detail }) => {
      this.#retryAfterMs = detail.retryAfterMs;
      options.disturbed();
    });
    this.#dial();
  }

  /** Goes on with another socket, as hosts do that have a better one, and leaves the one before. */
  move(): void {
    if (this.#over || this.#dialer === undefined || this.#giveUpMove !== undefined) return;
    this.#giveUpMove = this.#options.open(
      (end) => {
        this.#giveUp?.();
        this.#opened(end);
      },
      () => {
        this.#giveUpMove = undefined;
      },
    );
  }

  #close(message: string): void {
    if (this.#over) return;
    this.#options.disturbed();
    const end: SessionEnd = { cause: "closed", code: "cancelled", message, byPeer: false };
    this.#verdict ??= end;
    if (this.#dialer === undefined) this.#finish(end);
    else this.#dialer.close(message);
  }

  #dial(): void {
    const { open, limits, process } = this.#options;
    let opened = false;
    this.#giveUp = open(
      (end) => {
        opened = true;
        this.#opened(end);
      },
      () => this.#lost({ cause: "lost", code: "unavailable", message: "nobody answers", byPeer: false }),
    );
    if (opened) return;
    this.#arm(limits.handshakeMs, () => {
      this.#giveUp?.();
      this.#lost({ cause: "lost", code: "unavailable", message: "no socket was open in time", byPeer: false });
    });
    process.world.note(process.name, "dials");
  }

  #opened(end: End): void {
    this.#disarm?.();
    this.#giveUpMove = undefined;
    const { process, limits, prover } = this.#options;
    const dialer: Dialer = new Dialer({
      carrier: end,
      carriages: ALL_CARRIAGES,
      environment: process.environment,
      limits,
      resumption: this.#resumption,
      prover,
      acceptsAudience: () => true,
      agent: "simulator",
      started: () => this.#leave(),
      ended: (why) => {
        // A host closes its socket once nobody uses it.
        if (end.shared) end.closeSocket({ reason: "the host has no use for it" });
        if (this.end === end) this.#lost(why);
      },
    });
    this.#dialer = dialer;
    this.end = end;
  }

  /** The socket before is not read any more. */
  #leave(): boolean {
    const previous = this.#dialer;
    if (previous === undefined) return true;
    this.#dialer = undefined;
    this.end = undefined;
    this.#leftUnanswered ||= !previous.welcomed;
    this.#options.delayed();
    const message = "the session moved to another socket";
    if (this.#resumption.request === undefined) {
      this.#options.disturbed();
      previous.close(message);
    } else previous.release(message);
    this.#resumption.disconnected(this.#stood ? "reconnecting" : "connecting", {
      cause: "lost",
      code: "unavailable",
      message,
      byPeer: false,
    });
    return !this.#over;
  }

  #lost(end: SessionEnd): void {
    if (this.#over) return;
    this.#options.delayed();
    this.#disarm?.();
    this.#dialer = undefined;
    this.end = undefined;
    const byItself = this.#leftUnanswered && end.cause === "goaway" && end.code === "aborted";
    const final = this.#verdict ?? (byItself || mayTryAgain(end) ? undefined : end);
    if (final !== undefined) {
      this.#finish(final);
      return;
    }
    // A gateway that drains has still to deliver what was under way: its session is resumed before it is gone.
    const resumes = this.#ready && end.cause !== "goaway" && this.#resumption.request !== undefined;
    this.#ready = false;
    const askedMs = end.retryAfterMs ?? (resumes ? 0 : (this.#retryAfterMs ?? 0));
    const waitMs = askedMs + this.#options.waitMs(this.#attempt);
    this.#attempt += 1;
    this.#arm(waitMs, () => this.#dial());
    this.#resumption.disconnected(this.#stood ? "reconnecting" : "connecting", end);
    if (this.#resumption.request === undefined) this.#options.disturbed();
  }

  #finish(end: SessionEnd): void {
    this.#over = true;
    this.#disarm?.();
    this.#giveUp?.();
    this.#giveUpMove?.();
    this.#options.disturbed();
    this.#resumption.end(end);
  }

  #arm(milliseconds: number, run: () => void): void {
    this.#disarm?.();
    this.#disarm = this.#options.process.after(milliseconds, run);
  }
}

/** As the client package decides. */
function mayTryAgain(end: SessionEnd): boolean {
  if (end.code === "data_loss") return true;
  if (end.cause === "violation") return false;
  const { retryable } = Codes[end.code];
  if (end.cause === "refused" || end.cause === "goaway") {
    return end.requirement === undefined && (retryable || end.code === "deadline_exceeded");
  }
  return retryable;
}
