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
import type { Environment } from "./environment.ts";
import type { Execution } from "./execution.ts";
import { forbiddenPart, forbiddenResult } from "./incoming.ts";
import { intercepted, type InterceptedCall, type Interceptor } from "./interceptor.ts";
import { settledOfThrown, type Settled } from "./settled.ts";

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

/** Thrown inside a handler whose item or progress report is not what the contract says. */
class ForbiddenPart extends Error {}

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
    waiting: (reason) => execution.accept({ state: "waiting", reason }),
  };
  const handle = async (inner: InterceptedCall): Promise<unknown> => {
    // Whoever stood around the call took too long: nobody waits any more, and the handler must not run.
    if (signal.aborted) throw abortReason(signal);
    execution.started = true;
    execution.accept({ state: "running" });
    return runTool(execution, inner, context, environment);
  };
  try {
    const run = interceptors.length === 0 ? handle : intercepted(interceptors, handle);
    return await checkedResult(execution, await run(call), environment);
  } catch (error) {
    if (error instanceof ForbiddenPart) return forbiddenResult(tool, error.message, environment);
    const settled = settledOfThrown(error, tool.contract.effect, execution.started, signal.aborted);
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
  const handlerCall = {
    ...context,
    trace: call.trace,
    meta: call.meta,
    tool: tool.name,
    signal,
    waiting: (reason: string) => execution.accept({ state: "waiting", reason }),
    progress: (value: unknown) => passProgress(execution, value),
    item: (value: unknown) => passItem(execution, value),
    log: callLogger(environment.log, tool.name, context.callId),
  };
  const returned: unknown = await tool.handler(call.input, handlerCall);
  if (contract.item === undefined || !isAsyncIterable(returned)) return returned;
  return readItems(execution, returned);
}

/** Sends what an async iterable yields, and gives back what it returns. Leaves it when the call is cancelled. */
async function readItems(execution: Execution, items: AsyncIterable<unknown>): Promise<unknown> {
  const { signal } = execution;
  const iterator = items[Symbol.asyncIterator]();
  let aborted: (() => void) | undefined;
  const cancelled = new Promise<never>((_resolve, reject) => {
    aborted = () => reject(abortReason(signal));
    signal.addEventListener("abort", aborted, { once: true });
  });
  cancelled.catch(() => {});
  try {
    for (;;) {
      if (signal.aborted) throw abortReason(signal);
      const next = await Promise.race([iterator.next(), cancelled]);
      if (next.done === true) return next.value;
      await Promise.race([passItem(execution, next.value), cancelled]);
    }
  } catch (error) {
    // The iterator may be in the middle of something: it is told to stop, and nobody waits for it.
    void Promise.resolve(iterator.return?.()).catch(() => {});
    throw error;
  } finally {
    if (aborted !== undefined) signal.removeEventListener("abort", aborted);
  }
}

function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error("the call was cancelled");
}

async function passItem(execution: Execution, value: unknown): Promise<void> {
  await execution.item(await part(execution, "item", value));
}

function passProgress(execution: Execution, value: unknown): void {
  const { progress } = execution.tool.contract;
  if (progress === undefined) throw forbiddenPart(execution.tool, "progress", "it has no progress");
  const checked = validate(progress, value);
  if (checked instanceof Promise) {
    checked.then((late) => execution.progress(passed(late, "progress"))).catch(() => {});
    return;
  }
  execution.progress(passed(checked, "progress"));
}

async function part(execution: Execution, name: "item", value: unknown): Promise<unknown> {
  const schema: Schema | undefined = execution.tool.contract[name];
  if (schema === undefined) throw forbiddenPart(execution.tool, name, "it has none");
  return passed(await validate(schema, value), name);
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

async function checkedResult(execution: Execution, returned: unknown, environment: Environment): Promise<Settled> {
  const { tool } = execution;
  const { output } = tool.contract;
  if (output === undefined) return { ok: true, value: undefined };
  const checked = await validate(output, returned);
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

function callLogger(log: Logger, tool: string, callId: string): Logger {
  const fields = { tool, callId };
  return {
    debug: (message, more) => log.debug(message, { ...fields, ...more }),
    info: (message, more) => log.info(message, { ...fields, ...more }),
    warn: (message, more) => log.warn(message, { ...fields, ...more }),
    error: (message, more) => log.error(message, { ...fields, ...more }),
  };
}
