/**
 * What an application does with a session: it calls, listens, cancels, tries again, and remembers its keys.
 *
 * @module
 */
import type { CallOptions, Session } from "@turnmux/core";
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

/** One life of an application. */
export class Application {
  /** What it is busy with. */
  busy = 0;
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
    for (let tries = 0; tries <= plan.retries; tries += 1) {
      const line = this.#line(plan.client);
      if (line === undefined) break;
      const told = await this.call(line, plan);
      if (told.ok || told.code === "already_exists") break;
      await this.#process.sleep(this.#process.world.random.real(0, RETRY_MS));
    }
    this.busy -= 1;
  }

  /** Makes one call, and hears its end. */
  async call(line: Line, plan: CallPlan): Promise<Told> {
    const { tool, script, key, timeoutMs, acceptTimeoutMs } = plan;
    const { site, principal, supports } = line;
    const caller = this.#process;
    const request = { caller, site, principal, tool, script, key, timeoutMs, acceptTimeoutMs, supports };
    const { attempt, options } = this.#calls.begin(request);
    const { cancelAfterMs, priority } = plan;
    const signal = cancelAfterMs === undefined ? undefined : this.#cancelled(attempt, cancelAfterMs);
    const told = await this.#tell(line, plan, attempt, { ...options, priority, signal });
    this.#calls.settle(attempt, told);
    return told;
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

  async #tell({ session }: Line, plan: CallPlan, attempt: Attempt, options: CallOptions): Promise<Told> {
    const { tool, script } = plan;
    try {
      if (sendsItems(tool)) return await this.#items(session, plan, attempt, options);
      return { ok: true, value: await session.call(tool, script, options) };
    } catch (error) {
      return toldOf(error);
    }
  }

  async #items(session: Session, plan: CallPlan, attempt: Attempt, options: CallOptions): Promise<Told> {
    const { tool, script, leaveAfter, takeMs } = plan;
    const call =
      tool === "rows"
        ? session.client(gatewayTools).rows(script, options)
        : session.client(clientTools).feed(script, options);
    const ended = (): void => {
      attempt.endedAt = this.#process.world.now;
    };
    call.result.then(ended, ended);
    for await (const item of call) {
      this.#calls.item(attempt, item);
      if (attempt.items === leaveAfter) {
        attempt.cancelledAt ??= this.#process.world.now;
        break;
      }
      if (takeMs > 0) await this.#process.sleep(takeMs);
    }
    return { ok: true, value: await call.result };
  }
}
