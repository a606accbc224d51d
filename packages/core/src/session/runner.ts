/**
 * Runs a handler inside its interceptors, checks what it gives, and says how it ended.
 *
 * @module
 */
import { issueDetails, validate, type Checked } from "../contract/validate.ts";
import type { Schema } from "../contract/schema.ts";
import type { Logger } from "../contract/tool-call.ts";
import { cloneValue } from "../content/body.ts";
import { ValueError } from "../content/value.ts";
import { UsageError } from "../errors/usage.ts";
import type { Environment } from "./environment.ts";
import type { Execution } from "./execution.ts";
import { forbiddenResult } from "./incoming.ts";
import type { RegisteredTool } from "./registry.ts";
import { intercepted, type InterceptedCall, type Interceptor } from "./interceptor.ts";
import { failed, settledOfThrown, type HandlerState, type Settled } from "./settled.ts";

/** What a handler is told of its call, beside what the execution knows. */
export interface RunContext {
  readonly callId: string;
  readonly key: string | undefined;
  readonly turn: string | undefined;
  readonly principal: string;
  readonly scopes: readonly string[];
  readonly deadlineMs: number | undefined;
  readonly trace: string | undefined;
  readonly meta: Readonly<Record<string, string>>;
}

/** Thrown inside a handler whose item or progress report is not what the contract says (CALL-012). */
class ForbiddenPart extends UsageError {}

function isForbiddenPart(thrown: unknown): thrown is ForbiddenPart {
  try {
    return thrown instanceof ForbiddenPart;
  } catch {
    // A proxy can refuse even that.
    return false;
  }
}

/** Runs the execution's handler to its end. Never rejects. */
export async function runHandler(
  execution: Execution,
  context: RunContext,
  interceptors: readonly Interceptor[],
  environment: Environment,
): Promise<Settled> {
  const { tool, signal } = execution;
  const call: InterceptedCall = {
    direction: "incoming",
    tool: tool.name,
    input: execution.input,
    signal,
    ...context,
    waiting: (reason) => {
      told = true;
      execution.accept({ state: "waiting", reason });
    },
  };
  let told = false;
  let state: HandlerState = "idle";
  const handle = async (inner: InterceptedCall): Promise<unknown> => {
    // Whoever stood around the call took too long: nobody waits any more, and the handler must not run.
    if (signal.aborted) throw abortReason(signal);
    execution.started = true;
    state = "running";
    execution.accept({ state: "running" });
    try {
      const returned = await runTool(execution, inner, context, environment);
      state = "returned";
      return returned;
    } catch (error) {
      state = "threw";
      throw error;
    }
  };
  try {
    const run = interceptors.length === 0 ? handle : intercepted(interceptors, handle);
    const running = run(call);
    // Whoever stands around the call takes its time: the caller hears that it is in good hands (CALL-001).
    if (!execution.started && !told) execution.accept({ state: "queued", reason: "it is looked at before it runs" });
    const returned = await running;
    return await checkedResult(tool, returned, environment);
  } catch (error) {
    if (isForbiddenPart(error)) return forbiddenResult(tool, error.message, environment);
    const settled = settledOfThrown(error, tool.contract.effect, state, signal.aborted);
    if (!settled.ok && settled.code === "internal") {
      environment.log.error(`turnmux: ${tool.name} failed`, { tool: tool.name, callId: context.callId, error });
    }
    return settled;
  }
}

async function runTool(
  execution: Execution,
  call: InterceptedCall,
  context: RunContext,
  environment: Environment,
): Promise<unknown> {
  const { tool, signal } = execution;
  const { contract } = tool;
  const parts = new Parts(execution);
  const handlerCall = {
    ...context,
    trace: call.trace,
    meta: call.meta,
    tool: tool.name,
    signal,
    waiting: (reason: string) => execution.accept({ state: "waiting", reason }),
    progress: (value: unknown) => parts.progress(value),
    item: (value: unknown) => parts.item(value),
    log: callLogger(environment.log, tool.name, context.callId),
  };
  const returned: unknown = await tool.handler(call.input, handlerCall);
  const result =
    contract.item === undefined || !isAsyncIterable(returned) ? returned : await readItems(signal, parts, returned);
  await parts.checked();
  return result;
}

/** What a handler sends before its result: checked, and remembered where it was wrong. */
class Parts {
  readonly #execution: Execution;
  /** Settles when every validator has answered that was asked. */
  #asked: Promise<unknown> | undefined;
  #fault: { readonly error: unknown } | undefined;

  constructor(execution: Execution) {
    this.#execution = execution;
  }

  /** Resolves when there is room for the next one; rejects when the call is cancelled, so that a loop over items ends. */
  item(value: unknown): Promise<void> {
    const execution = this.#execution;
    const sent = unlessAborted(execution.signal, async () => {
      const checked = this.#check("item", value);
      await execution.item(checked instanceof Promise ? await checked : checked);
    });
    // A handler need not wait for it, and then hears of it when it returns.
    sent.catch(() => {});
    return sent;
  }

  progress(value: unknown): void {
    const checked = this.#check("progress", value);
    if (!(checked instanceof Promise)) {
      this.#execution.progress(checked);
      return;
    }
    checked.then((late) => this.#execution.progress(late)).catch(() => {});
  }

  /** @throws what was wrong with one of them, even if the handler made light of it */
  async checked(): Promise<void> {
    await this.#asked;
    if (this.#fault !== undefined) throw this.#fault.error;
  }

  /** The value as it is sent, now or when its validator has answered. */
  #check(name: "item" | "progress", value: unknown): unknown {
    const { tool } = this.#execution;
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

/** Sends what an async iterable yields, and gives back what it returns. Leaves it when the call is cancelled. */
async function readItems(signal: AbortSignal, parts: Parts, items: AsyncIterable<unknown>): Promise<unknown> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await unlessAborted(signal, () => iterator.next());
      if (next.done === true) return next.value;
      await parts.item(next.value);
    }
  } catch (error) {
    // The iterator may be in the middle of something: it is told to stop, and nobody waits for it.
    void leave(iterator);
    throw error;
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
  if (signal.aborted) throw abortReason(signal);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const aborted = (): void => reject(abortReason(signal));
  signal.addEventListener("abort", aborted, { once: true });
  try {
    // A custom iterator may answer without a promise.
    Promise.resolve(run()).then(resolve, reject);
    return await promise;
  } finally {
    signal.removeEventListener("abort", aborted);
  }
}

function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error("the call was cancelled");
}

/** The parsed value; a copy, so that the handler may go on with its own. */
function passed(checked: Checked, name: "item" | "progress"): unknown {
  if (!checked.ok) throw new ForbiddenPart(`${name}: ${JSON.stringify(issueDetails(checked.issues).issues)}`);
  try {
    return cloneValue(checked.value);
  } catch (error) {
    if (error instanceof ValueError) throw new ForbiddenPart(`${name}: ${error.message}`);
    throw error;
  }
}

/** A result that was checked against the tool's contract, or why it is none (CALL-012). */
export async function checkedResult(
  tool: RegisteredTool,
  returned: unknown,
  environment: Environment,
): Promise<Settled> {
  const { output } = tool.contract;
  if (output === undefined) return { ok: true, value: undefined };
  let checked: Checked;
  try {
    checked = await validate(output, returned);
  } catch (error) {
    // The handler ran to its end; it is the contract that cannot be checked.
    environment.log.error(`turnmux: the validator of ${tool.name}'s result failed`, { tool: tool.name, error });
    return failed("internal", "the tool's result could not be checked against its contract", "completed");
  }
  if (!checked.ok) return forbiddenResult(tool, JSON.stringify(issueDetails(checked.issues).issues), environment);
  // A call that may be joined or replayed keeps its result: a copy, of which nobody changes anything.
  if (tool.contract.effect !== "once") return { ok: true, value: checked.value };
  try {
    return { ok: true, value: cloneValue(checked.value) };
  } catch (error) {
    if (error instanceof ValueError) return forbiddenResult(tool, error.message, environment);
    throw error;
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
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
