/**
 * What an application does with a session: it calls, listens, cancels, tries again, and remembers its keys.
 *
 * @module
 */
import { TurnmuxError, type CallOptions, type Session } from "@turnmux/core";
import { toldOf, type Attempt, type Calls, type Support, type Told } from "./calls.ts";
import type { CallPlan } from "./plan.ts";
import type { Process } from "./process.ts";
import { clientTools, gatewayTools, sendsItems } from "./tools.ts";

/** From where, and to whom, calls go. */
export interface Line {
  readonly session: Session;
  /** Whose journal counts at the other side. */
  readonly site: string;
  /** Whom the other side takes the caller for. */
  readonly principal: string;
  /** Undefined while something is wrong. */
  readonly supports: readonly Support[] | undefined;
}

/** Milliseconds between two tries, at most. */
const RETRY_MS = 120;

/** How often one that knows the end asks all the same. */
const DOUBTS = 0.3;

/** One life of an application. */
export class Application {
  /** What it is busy with. */
  busy = 0;
  #turns = 0;
  readonly #process: Process;
  readonly #calls: Calls;
  readonly #line: (client: number) => Line | undefined;

  /** `line` gives the way to the other side, where there is one: for a gateway, to this client. */
  constructor(process: Process, calls: Calls, line: (client: number) => Line | undefined) {
    this.#process = process;
    this.#calls = calls;
    this.#line = line;
  }

  /** Does what a plan says, with its retries. */
  async perform(plan: CallPlan): Promise<void> {
    this.busy += 1;
    this.#turns += plan.inTurn ? 1 : 0;
    const turn = plan.inTurn ? `${this.#process.name}, turn ${this.#turns}` : undefined;
    let session: Session | undefined;
    for (let tries = 0; tries <= plan.retries; tries += 1) {
      const line = this.#line(plan.client);
      session ??= line?.session;
      // Another session knows nothing of the turn.
      if (line === undefined || (turn !== undefined && line.session !== session)) break;
      const told = await this.call(
        turn === undefined || tries === 0 ? line : { ...line, supports: undefined },
        plan,
        turn,
      );
      if (told.ok || told.code === "already_exists" || (turn !== undefined && told.outcome === "completed")) break;
      await this.#process.sleep(this.#process.world.random.real(0, RETRY_MS));
    }
    this.busy -= 1;
  }

  /** Makes one call, and hears its end. */
  async call(line: Line, plan: CallPlan, turn?: string): Promise<Told> {
    const { tool, script, key, timeoutMs, acceptTimeoutMs } = plan;
    const { site, principal, supports } = line;
    const caller = this.#process;
    const { unread } = plan;
    const request = { caller, site, principal, tool, script, key, timeoutMs, acceptTimeoutMs, supports, unread };
    const { attempt, options } = this.#calls.begin(request);
    const { cancelAfterMs, priority } = plan;
    const signal = cancelAfterMs === undefined ? undefined : this.#cancelled(attempt, cancelAfterMs);
    const told = await this.#tell(line, plan, attempt, { ...options, priority, signal }, turn);
    this.#calls.settle(attempt, told);
    const wonders = (!told.ok && told.outcome === "unknown") || caller.world.random.chance(DOUBTS);
    if (plan.asks && key !== undefined && wonders) await this.#ask(line, attempt, key);
    return told;
  }

  /** Asks what became of a call. */
  async #ask({ session }: Line, attempt: Attempt, key: string): Promise<void> {
    const before = this.#calls.effectsOf(attempt);
    try {
      this.#calls.told(attempt, await session.outcome({ key }), before);
    } catch (error) {
      // The session is over, or the journal cannot be read.
      if (!TurnmuxError.is(error)) throw error;
    }
  }

  /** A signal that cancels the call, if it is not over by then. */
  #cancelled(attempt: Attempt, afterMs: number): AbortSignal {
    const controller = new AbortController();
    this.#process.after(afterMs, () => {
      if (attempt.told !== undefined) return;
      attempt.cancelledAt ??= this.#process.world.now;
      controller.abort();
    });
    return controller.signal;
  }

  async #tell(
    { session }: Line,
    plan: CallPlan,
    attempt: Attempt,
    options: CallOptions,
    turn: string | undefined,
  ): Promise<Told> {
    const { tool, script } = plan;
    try {
      if (sendsItems(tool)) return await this.#items(session, plan, attempt, options);
      const by = turn === undefined ? session : session.turn(turn);
      return { ok: true, value: await by.call(tool, script, options) };
    } catch (error) {
      return toldOf(error);
    }
  }

  async #items(session: Session, plan: CallPlan, attempt: Attempt, options: CallOptions): Promise<Told> {
    const { tool, script, leaveAfter, takeMs, stop, unread } = plan;
    const call =
      tool === "rows"
        ? session.client(gatewayTools).rows(script, options)
        : session.client(clientTools).feed(script, options);
    const ended = (): void => {
      attempt.endedAt = this.#process.world.now;
    };
    call.result.then(ended, ended);
    if (unread) return { ok: true, value: await call.result };
    if (stop?.after === 0) await this.#process.sleep(stop.forMs);
    for await (const item of call) {
      this.#calls.item(attempt, item);
      if (attempt.items === leaveAfter) {
        attempt.cancelledAt ??= this.#process.world.now;
        attempt.left = true;
        break;
      }
      if (attempt.items === stop?.after) await this.#process.sleep(stop.forMs);
      if (takeMs > 0) await this.#process.sleep(takeMs);
    }
    return { ok: true, value: await call.result };
  }
}
