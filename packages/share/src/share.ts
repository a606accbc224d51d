/**
 * Shares a turn with child processes.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import {
  allOf,
  narrowed,
  Relay,
  silentLogger,
  systemEnvironment,
  UsageError,
  type Environment,
  type Logger,
  type Permissions,
  type Session,
  type Share,
  type ShareOptions,
  type Turn,
  TurnmuxError,
} from "@turnmux/core";
import { SESSION_VARIABLE, toVariable } from "./environment.ts";
import { shareLimits } from "./limits.ts";
import { Listener } from "./listener.ts";
import { newPath, removeSocket } from "./place.ts";
import { newTicket } from "./ticket.ts";

/**
 * Listens for the child processes of a turn, whose calls go through this session as the turn's own. Resolves when a child can connect.
 *
 * @throws {UsageError} where an option is not what it should be, or asks for scopes that the session does not have
 * @throws {TurnmuxError} where the session or the turn is over, or the tools could not be asked for
 * @throws Error of the system, where it does not let this process listen
 */
export async function shareSession(session: Session, turn: Turn, options: ShareOptions = {}): Promise<Share> {
  const limits = shareLimits(options.limits);
  checkScopes(session, options.scopes);
  checkOpen(session, turn, options.signal);
  const narrow = options.scopes === undefined ? undefined : await narrowed(session, options.scopes);
  const permissions: Permissions = narrow ?? allOf(session);
  const log = options.logger ?? silentLogger;
  const ticket = newTicket();
  const { id, lineage } = turn;
  const relay = new Relay({ session, turn: { turn: id, lineage }, permissions, limits });
  const listener = new Listener({
    relay,
    permissions,
    principal: () => session.principal,
    ticket,
    environment: environmentOf(session, log),
    limits,
    log,
  });
  const path = newPath();
  try {
    await listener.listen(path);
    checkOpen(session, turn, options.signal);
  } catch (error) {
    narrow?.close();
    await listener.close("the turn was not shared").catch(() => {});
    removeSocket(path);
    throw error;
  }
  const unlisten = permissions.listen(() => listener.granted(permissions.scopes));
  const left = (): void => {
    unlisten();
    narrow?.close();
  };
  return new OpenShare({ session, turn, signal: options.signal, listener, path, ticket, left });
}

interface OpenShareOptions {
  readonly session: Session;
  readonly turn: Turn;
  readonly signal: AbortSignal | undefined;
  readonly listener: Listener;
  readonly path: string;
  readonly ticket: string;
  /** Called when it is over. */
  readonly left: () => void;
}

class OpenShare implements Share {
  readonly env: Share["env"];
  readonly path: string;
  readonly closed: Promise<void>;
  readonly #options: OpenShareOptions;
  readonly #closed = Promise.withResolvers<void>();
  readonly #turnOver = (): void => void this.close("the turn that shared its session is over");
  readonly #signalled = (): void => void this.close("the turn is not shared any more");
  #closing = false;

  constructor(options: OpenShareOptions) {
    const { session, turn, signal, path, ticket } = options;
    this.#options = options;
    this.path = path;
    this.closed = this.#closed.promise;
    this.env = Object.freeze({ [SESSION_VARIABLE]: toVariable({ path, ticket }) });
    turn.signal.addEventListener("abort", this.#turnOver, { once: true });
    void turn.over?.then(this.#turnOver);
    signal?.addEventListener("abort", this.#signalled, { once: true });
    void session.closed.then(({ message }) => this.close(`the session that was shared is over: ${message}`));
  }

  get children(): number {
    return this.#options.listener.children;
  }

  async close(message = "the turn is not shared any more"): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      await this.#close(message);
      this.#closed.resolve();
    }
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(message: string): Promise<void> {
    const { turn, signal, listener, path, left } = this.#options;
    turn.signal.removeEventListener("abort", this.#turnOver);
    signal?.removeEventListener("abort", this.#signalled);
    left();
    // First: nobody is to find a door behind which nobody is.
    const closed = listener.close(message);
    removeSocket(path);
    await closed;
  }
}

function checkScopes({ scopes: granted }: Session, scopes: readonly string[] | undefined): void {
  if (scopes === undefined) return;
  const given: readonly unknown[] = Array.isArray(scopes) ? scopes : [undefined];
  for (const scope of given) {
    if (typeof scope !== "string" || scope === "")
      throw new UsageError("scopes must be an array of texts that are not empty");
    if (granted.includes(scope)) continue;
    throw new UsageError("scopes must be some of the session's own: a child gets no right that its session has not");
  }
}

function checkOpen(session: Session, turn: Turn, signal: AbortSignal | undefined): void {
  if (session.state === "closed") throw overError("the session is over: there is nothing to share");
  if (turn.signal.aborted) throw overError("the turn is over: there is nothing to share");
  if (signal?.aborted === true) throw overError("the signal was aborted already");
}

function overError(message: string): TurnmuxError {
  return new TurnmuxError("failed_precondition", message, { outcome: "not_started" });
}

/** The clock and timers of this process. What a child hears of lag is the gateway's: it is the one whom its calls wait for (CALL-019). */
function environmentOf(session: Session, log: Logger): Environment {
  return systemEnvironment({
    globals: globalThis,
    id: () => randomBytes(16).toString("base64url"),
    log,
    lagMs: () => session.upstream.lagMs ?? 0,
  });
}
