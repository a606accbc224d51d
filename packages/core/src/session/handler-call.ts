/**
 * What a handler is told of its call, and what it sends before its result.
 *
 * @module
 */
import type { Schema } from "../contract/schema.ts";
import type { Logger } from "../contract/tool-call.ts";
import { issueDetails, validate, type Checked } from "../contract/validate.ts";
import { cloneItem, cloneValue } from "../content/body.ts";
import { ValueError } from "../content/value.ts";
import { UsageError } from "../errors/usage.ts";
import type { Environment } from "./environment.ts";
import type { Execution } from "./execution.ts";

/** What a handler is told of its call, beside what the execution knows. */
export interface RunContext {
  readonly callId: string;
  readonly key: string | undefined;
  readonly turn: string | undefined;
  readonly lineage: string | undefined;
  readonly principal: string;
  readonly scopes: readonly string[];
  /** When its time is over, on the environment's clock: it may wait for long before its handler is called. */
  readonly deadlineAt: number | undefined;
  readonly trace: string | undefined;
  readonly meta: Readonly<Record<string, string>>;
}

/**
 * Where a {@link HandlerCall} has its {@link LateStart}. A symbol, since it is for what runs handlers elsewhere: no handler begins late
 * on its own account.
 */
export const lateStart: unique symbol = Symbol("turnmux.late-start");

/** A handler that waits for its turn somewhere else before it does anything. */
export interface LateStart {
  /** Says that it waits, why, and at which place. Until {@link begin} the call counts as not started. */
  queued(reason: string, place: number): void;
  /** Its turn has come. False where nobody waits for it any more, and nobody was told that it began: then it does nothing. */
  begin(): boolean;
}

/** What a handler is told of its call, and does with it. */
export interface HandlerCall extends Omit<RunContext, "deadlineAt"> {
  readonly tool: string;
  /** From now on. */
  readonly deadlineMs: number | undefined;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly waiting: (reason: string) => void;
  readonly progress: (value: unknown) => void;
  readonly item: (value: unknown) => Promise<void>;
  readonly [lateStart]: LateStart;
}

/** Much of it is made only where the handler asks for it. Handlers get it from {@link handlerCall}. */
class HandlerCallOnDemand implements HandlerCall {
  readonly tool: string;
  readonly callId: string;
  readonly key: string | undefined;
  readonly turn: string | undefined;
  readonly principal: string;
  readonly scopes: readonly string[];
  readonly deadlineMs: number | undefined;
  readonly trace: string | undefined;
  readonly meta: Readonly<Record<string, string>>;
  readonly #parts: Parts;
  readonly #lineage: string | undefined;
  readonly #log: Logger;
  #own: Logger | undefined;

  constructor(parts: Parts, context: RunContext, environment: Environment) {
    this.tool = parts.execution.tool.name;
    this.callId = context.callId;
    this.key = context.key;
    this.turn = context.turn;
    this.principal = context.principal;
    this.scopes = context.scopes;
    const { deadlineAt } = context;
    this.deadlineMs = deadlineAt === undefined ? undefined : Math.max(0, Math.ceil(deadlineAt - environment.now()));
    this.trace = context.trace;
    this.meta = context.meta;
    this.#parts = parts;
    this.#lineage = context.lineage;
    this.#log = environment.log;
  }

  get lineage(): string | undefined {
    const { ofKey } = this.#parts.execution;
    return ofKey === undefined ? this.#lineage : ofKey.lineage;
  }

  get signal(): AbortSignal {
    return this.#parts.execution.signal;
  }

  get log(): Logger {
    this.#own ??= callLogger(this.#log, this.tool, this.callId);
    return this.#own;
  }

  get [lateStart](): LateStart {
    return this.#parts;
  }

  // Functions of their own: a handler may take them off the call.

  get waiting(): (reason: string) => void {
    return (reason) => this.#parts.waiting(reason);
  }

  get progress(): (value: unknown) => void {
    return (value) => this.#parts.progress(value);
  }

  get item(): (value: unknown) => Promise<void> {
    return (value) => this.#parts.item(value);
  }
}

/** What stands on the class for all calls: as if each call had it. */
const MADE_WHEN_ASKED = ["lineage", "signal", "log", "waiting", "progress", "item"] as const;

/**
 * A handler may pass on `{ ...call, meta }`, or what `{ key, ...rest }` leaves: that takes along what an object has of its own, and what
 * stands on its class not. To give each call a getter of its own costs more than all the rest of a call does.
 */
const ownsAll: ProxyHandler<HandlerCallOnDemand> = {
  // A getter of the class looks into the call, and not into what stands before it.
  get: (call, name): unknown => Reflect.get(call, name, call),
  ownKeys: (call) => [...Reflect.ownKeys(call), ...MADE_WHEN_ASKED],
  getOwnPropertyDescriptor: (call, name) => {
    const made = MADE_WHEN_ASKED.find((one) => one === name);
    if (made === undefined) return Reflect.getOwnPropertyDescriptor(call, name);
    return { value: call[made], writable: true, enumerable: true, configurable: true };
  },
};

/** What a handler gets with its arguments. All of it can be spread, taken apart, and called without the call. */
export function handlerCall(parts: Parts, context: RunContext, environment: Environment): HandlerCall {
  return new Proxy(new HandlerCallOnDemand(parts, context, environment), ownsAll);
}

/** What a handler sends before its result: checked, and remembered where it was wrong. */
export class Parts implements LateStart {
  readonly execution: Execution;
  /** True once the callers were told that the handler runs, or waits. */
  #told = false;
  /** Settles when every validator has answered that was asked. */
  #asked: Promise<unknown> | undefined;
  #fault: { readonly error: unknown } | undefined;

  constructor(execution: Execution) {
    this.execution = execution;
  }

  /** The handler was called, and is not over. */
  began(): void {
    if (this.#told) return;
    this.#told = true;
    this.execution.accept({ state: "running" });
  }

  queued(reason: string, place: number): void {
    this.#told = true;
    this.execution.started = false;
    this.execution.callers?.waits();
    this.execution.accept({ state: "queued", reason, place });
  }

  begin(): boolean {
    if (this.execution.callers?.begins() === false) return false;
    this.execution.started = true;
    this.execution.accept({ state: "running" });
    return true;
  }

  waiting(reason: string): void {
    this.#told = true;
    this.execution.accept({ state: "waiting", reason });
  }

  /** Resolves when there is room for the next one; rejects when the call is cancelled, so that a loop over items ends. */
  item(value: unknown): Promise<void> {
    this.began();
    if (this.execution.aborted) this.execution.lacksItems = true;
    const sent = unlessAborted(this.execution.signal, () => this.#send(value));
    // A handler need not wait for it, and then hears of it when it returns.
    sent.catch(() => {});
    return sent;
  }

  async #send(value: unknown): Promise<void> {
    const checked = this.#check("item", value);
    await this.execution.item(checked instanceof Promise ? await checked : checked);
  }

  progress(value: unknown): void {
    this.began();
    const checked = this.#check("progress", value);
    if (!(checked instanceof Promise)) {
      this.execution.progress(checked);
      return;
    }
    checked.then((late) => this.execution.progress(late)).catch(() => {});
  }

  /** Sends what an async iterable yields, and gives back what it returns. Leaves it when the call is cancelled. */
  async readItems(items: AsyncIterable<unknown>): Promise<unknown> {
    const iterator = items[Symbol.asyncIterator]();
    const waits = new AbortableWaits(this.execution.signal);
    try {
      for (;;) {
        const next = await waits.on(() => iterator.next());
        if (next.done === true) return next.value;
        this.began();
        await waits.on(() => this.#send(next.value));
      }
    } catch (error) {
      // The iterator may be in the middle of something: it is told to stop, and nobody waits for it.
      void leave(iterator);
      throw error;
    } finally {
      waits.over();
    }
  }

  /** True while validators have still to answer. */
  get unchecked(): boolean {
    return this.#asked !== undefined;
  }

  /** @throws what was wrong with one of them, even if the handler made light of it */
  check(): void {
    if (this.#fault !== undefined) throw this.#fault.error;
  }

  /** The same when every validator has answered. */
  async checked(): Promise<void> {
    await this.#asked;
    this.check();
  }

  /** The value as it is sent, now or when its validator has answered. */
  #check(name: "item" | "progress", value: unknown): unknown {
    const { tool } = this.execution;
    const take = (answer: Checked): unknown => this.#remember(() => passed(answer, name));
    const schema: Schema | undefined = tool.contract[name];
    const checked = this.#remember(() => {
      if (schema === undefined) throw new ForbiddenPart(`${tool.name}: the contract has no ${name}`);
      return validate(schema, value);
    });
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

  #remember<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      this.#fault ??= { error };
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

/** What `run` gives, or a rejection as soon as the call is cancelled. */
export async function unlessAborted<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  const waits = new AbortableWaits(signal);
  try {
    return await waits.on(run);
  } finally {
    waits.over();
  }
}

/** Waits for one thing after the other, unless the call is cancelled: a listener for each costs more than the wait. */
class AbortableWaits {
  readonly #signal: AbortSignal;
  #reject: ((error: Error) => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    if (!signal.aborted) signal.addEventListener("abort", this.#aborted, { once: true });
  }

  /** What `run` gives, or a rejection as soon as the call is cancelled. One at a time. */
  on<T>(run: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#signal.aborted) throw abortReason(this.#signal);
      this.#reject = reject;
      // A custom iterator may answer without a promise.
      Promise.resolve(run()).then(resolve, reject);
    });
  }

  over(): void {
    this.#signal.removeEventListener("abort", this.#aborted);
  }

  readonly #aborted = (): void => this.#reject?.(abortReason(this.#signal));
}

/** Why a call was cancelled, as an error. */
export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error("the call was cancelled");
}

/** The parsed value; a copy, so that the handler may go on with its own. */
function passed(checked: Checked, name: "item" | "progress"): unknown {
  if (!checked.ok) throw new ForbiddenPart(`${name}: ${JSON.stringify(issueDetails(checked.issues).issues)}`);
  try {
    return name === "item" ? cloneItem(checked.value) : cloneValue(checked.value);
  } catch (error) {
    if (error instanceof ValueError) throw new ForbiddenPart(`${name}: ${error.message}`);
    throw error;
  }
}

/** Thrown inside a handler whose item or progress report is not what the contract says (CALL-012). */
export class ForbiddenPart extends UsageError {}

/** Whether a handler ended with what {@link Parts} refused. */
export function isForbiddenPart(thrown: unknown): thrown is ForbiddenPart {
  try {
    return thrown instanceof ForbiddenPart;
  } catch {
    // A proxy can refuse even that.
    return false;
  }
}

/** A logger whose lines name the tool and the call. */
export function callLogger(log: Logger, tool: string, callId: string): Logger {
  const fields = { tool, callId };
  return {
    debug: (message, more) => log.debug(message, { ...fields, ...more }),
    info: (message, more) => log.info(message, { ...fields, ...more }),
    warn: (message, more) => log.warn(message, { ...fields, ...more }),
    error: (message, more) => log.error(message, { ...fields, ...more }),
  };
}
