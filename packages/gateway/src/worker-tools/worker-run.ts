/**
 * One call in a worker's thread: its handler, what the handler is told, and how it ends.
 *
 * @module
 */

import type { Logger, ToolCall } from "@turnmux/core";
import type { MessagePort } from "node:worker_threads";
import { Cancellation } from "./cancellation.ts";
import { type Checks, checksOf, type Verdict } from "./checks.ts";
import { Items, Refused } from "./items.ts";
import {
  clockMs,
  type Job,
  Phase,
  post,
  type RunEnding,
  Shared,
  type ToolErrorFields,
  type ToWorker,
} from "./messages.ts";
import { type LoadedHandler, loadHandler } from "./module.ts";
import { parcel } from "./octets.ts";
import { Reports } from "./reports.ts";
import { describeThrown } from "./thrown.ts";
import type { SeesCancellation } from "./worker-tool.ts";

/** What the handler gave is not what it may give. */
class Forbidden extends Error {}

/** See the module's comment. */
export class WorkerRun {
  readonly #job: Job;
  readonly #port: MessagePort;
  readonly #cancellation: Cancellation;
  readonly #reports: Reports;
  readonly #items: Items;
  /** The first thing that the handler sent and may not send, even if it made light of it. */
  #fault: Forbidden | undefined;
  /** Settles when every validator has answered that was asked. */
  #asked: Promise<unknown> | undefined;

  constructor(job: Job) {
    const { port, shared } = job;
    this.#job = job;
    this.#port = port;
    this.#cancellation = new Cancellation(shared);
    this.#reports = new Reports(port, shared);
    this.#items = new Items(port, this.#cancellation);
  }

  /** Runs the handler, and tells the other thread how it ended. Never rejects. */
  async run(): Promise<void> {
    this.#port.on("message", (message: ToWorker) => this.#take(message));
    const ending = await this.#ending();
    this.#reports.flush(true);
    try {
      if (ending.kind === "result") {
        const { value, transfer } = parcel(ending.value);
        this.#tell({ kind: "result", value }, transfer);
      } else this.#tell(ending);
    } catch (error) {
      this.#tell({ kind: "forbidden", message: `its result cannot be cloned: ${describeThrown(error).message}` });
    }
  }

  #tell(ending: RunEnding, transfer?: readonly ArrayBuffer[]): void {
    post(this.#port, { kind: "end", ending }, transfer);
  }

  #take(message: ToWorker): void {
    switch (message.kind) {
      case "cancelled":
        this.#cancellation.look();
        return;
      case "room":
        this.#items.taken();
        return;
      case "refused":
        this.#items.refuse(message.message);
        return;
      case "taken":
        this.#reports.flush();
        return;
    }
  }

  async #ending(): Promise<RunEnding> {
    const { module, shared } = this.#job;
    let handler: LoadedHandler;
    let checks: Checks;
    let input: Verdict;
    try {
      handler = await loadHandler(module);
      checks = await checksOf(module);
      input = await checks.check("input", this.#job.input);
    } catch (error) {
      return { kind: "unloadable", error: describeThrown(error) };
    }
    if (!input.ok) return { kind: "invalid", details: input.details };
    const phase = Atomics.compareExchange(shared, Shared.phase, Phase.waiting, Phase.begun);
    if (phase !== Phase.waiting) return { kind: "withdrawn" };
    try {
      const value = await this.#handle(handler, input.value, checks);
      return { kind: "result", value };
    } catch (error) {
      // What was sent and may not be counts more than what came of it in the handler.
      return endingOf(this.#fault ?? error);
    }
  }

  async #handle(handler: LoadedHandler, input: unknown, checks: Checks): Promise<unknown> {
    const { hasItems, hasOutput } = this.#job;
    const returned: unknown = await handler(input, this.#call(checks));
    const result = hasItems && isAsyncIterable(returned) ? await this.#readItems(returned, checks) : returned;
    await this.#asked;
    await this.#items.flush();
    if (this.#fault !== undefined) throw this.#fault;
    if (!hasOutput) return undefined;
    const checked = await checks.check("output", result);
    if (!checked.ok) throw new Forbidden(JSON.stringify(checked.details.issues));
    return checked.value;
  }

  /** What the handler is told of its call, and does with it. All of it can be taken apart, and called without the call. */
  #call(checks: Checks): ToolCall<unknown, unknown> & SeesCancellation {
    const cancellation = this.#cancellation;
    const { module, call } = this.#job;
    const { deadlineAt, ...facts } = call;
    const log: Logger = this.#reports.log;
    return {
      ...facts,
      tool: module.tool,
      deadlineMs: deadlineAt === undefined ? undefined : Math.max(0, Math.round(deadlineAt - clockMs())),
      signal: cancellation.signal,
      get cancelled() {
        return cancellation.look();
      },
      log,
      waiting: (reason) => this.#reports.report({ kind: "waiting", reason }),
      progress: (value) => {
        const checked = this.#checked("progress", checks, value);
        const send = (late: unknown): void =>
          this.#remember(() => this.#reports.report({ kind: "progress", value: late }));
        if (checked instanceof Promise) checked.then(send).catch(() => {});
        else send(checked);
      },
      item: (value) => {
        const sent = this.#send(value, checks);
        // A handler need not wait for it, and then hears of it when it returns.
        sent.catch(() => {});
        return sent;
      },
    };
  }

  async #send(item: unknown, checks: Checks): Promise<void> {
    if (this.#cancellation.look()) throw this.#cancellation.reason;
    const checked = this.#checked("item", checks, item);
    const value: unknown = checked instanceof Promise ? await checked : checked;
    await this.#remember(() => this.#items.send(value));
  }

  async #readItems(items: AsyncIterable<unknown>, checks: Checks): Promise<unknown> {
    const iterator = items[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#cancellation.unlessCancelled(async () => iterator.next());
        if (next.done === true) return next.value;
        await this.#send(next.value, checks);
      }
    } catch (error) {
      // The iterator may be in the middle of something: it is told to stop, and nobody waits for it.
      void leave(iterator);
      throw error;
    }
  }

  /** The value as it is sent, now or when its validator has answered. */
  #checked(part: "item" | "progress", checks: Checks, value: unknown): unknown {
    const take = (verdict: Verdict): unknown =>
      this.#remember(() => {
        if (!verdict.ok) throw new Forbidden(`${part}: ${JSON.stringify(verdict.details.issues)}`);
        return verdict.value;
      });
    const checked = this.#remember(() => checks.check(part, value));
    if (!(checked instanceof Promise)) return take(checked);
    const late = checked.then(take, (error: unknown) =>
      this.#remember(() => {
        throw error;
      }),
    );
    const before = this.#asked;
    this.#asked = late.catch(() => {}).then(() => before);
    return late;
  }

  /** What is thrown at once is the handler's fault, whatever the handler makes of it. */
  #remember<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      this.#fault ??= error instanceof Forbidden ? error : new Forbidden(describeThrown(error).message);
      throw error;
    }
  }
}

async function leave(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // The call has ended with what came before.
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function endingOf(thrown: unknown): RunEnding {
  if (thrown instanceof Forbidden) return { kind: "forbidden", message: thrown.message };
  if (thrown instanceof Refused) return { kind: "refused" };
  try {
    if (isToolError(thrown)) return { kind: "toolError", fields: clonedFields(thrown) };
  } catch {
    // A proxy, a getter that throws, or details that cannot be cloned: it is no tool error that anybody could be told.
  }
  return { kind: "threw", error: describeThrown(thrown) };
}

/** The mark of the core's `ToolError`, whichever copy of it: a thread without one of its own starts sooner. */
const TOOL_ERROR = Symbol.for("turnmux.tool-error");

function isToolError(thrown: unknown): thrown is ToolErrorFields {
  return typeof thrown === "object" && thrown !== null && TOOL_ERROR in thrown;
}

function clonedFields(error: ToolErrorFields): ToolErrorFields {
  const { code, message, outcome, retryable, retryAfterMs, details } = error;
  return structuredClone({ code, message, outcome, retryable, retryAfterMs, details });
}
