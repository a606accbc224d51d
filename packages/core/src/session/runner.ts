/**
 * Runs a handler inside its interceptors, checks what it gives, and says how it ended.
 *
 * @module
 */
import { issueDetails, validate, type Checked } from "../contract/validate.ts";
import { cloneValue } from "../content/body.ts";
import { ValueError } from "../content/value.ts";
import type { Environment } from "./environment.ts";
import type { Execution } from "./execution.ts";
import { abortReason, handlerCall, isForbiddenPart, Parts, type RunContext } from "./handler-call.ts";
import { forbiddenResult } from "./incoming.ts";
import type { RegisteredTool } from "./registry.ts";
import { intercepted, type InterceptedCall, type Interceptor } from "./interceptor.ts";
import { failed, settledOfThrown, type HandlerState, type Settled } from "./settled.ts";

/**
 * Runs the execution's handler to its end: at once, where nothing in it takes its time. Never throws, and never rejects.
 *
 * Callers are told that the handler runs where it is not over at once: otherwise END says all (CALL-001).
 */
export function runHandler(
  execution: Execution,
  context: RunContext,
  interceptors: readonly Interceptor[],
  environment: Environment,
): Settled | Promise<Settled> {
  const run = new HandlerRun(execution, context, environment);
  environment.handlerBegan?.();
  const settled = interceptors.length === 0 ? run.directly() : run.inside(interceptors);
  if (!(settled instanceof Promise)) environment.handlerEnded?.();
  return settled;
}

/** One run of a handler. */
class HandlerRun {
  readonly #execution: Execution;
  readonly #context: RunContext;
  readonly #environment: Environment;
  #state: HandlerState = "idle";

  constructor(execution: Execution, context: RunContext, environment: Environment) {
    this.#execution = execution;
    this.#context = context;
    this.#environment = environment;
  }

  /** Without interceptors. */
  directly(): Settled | Promise<Settled> {
    const execution = this.#execution;
    const { tool } = execution;
    try {
      const parts = this.#begin();
      // One that waited for another run of its key may have been told so.
      if (execution.fingerprint !== undefined) parts.began();
      const returned: unknown = tool.handler(execution.input, handlerCall(parts, this.#context, this.#environment));
      if (isLater(returned) || readsItems(tool, returned) || parts.unchecked) {
        parts.began();
        return this.#later(returned, parts);
      }
      parts.check();
      this.#state = "returned";
      const settled = checkedResult(tool, returned, this.#environment);
      return settled instanceof Promise ? this.#checkedLater(settled) : settled;
    } catch (error) {
      return this.#threw(error);
    }
  }

  async inside(interceptors: readonly Interceptor[]): Promise<Settled> {
    const execution = this.#execution;
    const { tool, signal } = execution;
    let told = false;
    const call: InterceptedCall = {
      direction: "incoming",
      tool: tool.name,
      input: execution.input,
      signal,
      ...this.#context,
      waiting: (reason) => {
        told = true;
        execution.accept({ state: "waiting", reason });
      },
    };
    try {
      const running = intercepted(interceptors, (inner) => this.#handle(inner))(call);
      // Whoever stands around the call takes its time: the caller hears that it is in good hands (CALL-001).
      if (this.#state === "idle" && !told)
        execution.accept({ state: "queued", reason: "it is looked at before it runs" });
      return await checkedResult(tool, await running, this.#environment);
    } catch (error) {
      return this.#settledOf(error);
    } finally {
      this.#environment.handlerEnded?.();
    }
  }

  /** What the innermost interceptor's `next` does. */
  async #handle({ input, trace, meta }: InterceptedCall): Promise<unknown> {
    const { tool } = this.#execution;
    const parts = this.#begin();
    parts.began();
    try {
      const context = { ...this.#context, trace, meta };
      const returned: unknown = await tool.handler(input, handlerCall(parts, context, this.#environment));
      const result = readsItems(tool, returned) ? await parts.readItems(returned) : returned;
      await parts.checked();
      this.#state = "returned";
      return result;
    } catch (error) {
      this.#state = "threw";
      throw error;
    }
  }

  /** The handler is about to be called. */
  #begin(): Parts {
    const execution = this.#execution;
    // Whoever stood around the call took too long: nobody waits any more, and the handler must not run.
    if (execution.aborted) throw abortReason(execution.signal);
    execution.started = true;
    this.#state = "running";
    return new Parts(execution);
  }

  /** The handler takes its time. */
  async #later(returned: unknown, parts: Parts): Promise<Settled> {
    const { tool } = this.#execution;
    try {
      const value: unknown = await returned;
      const result = readsItems(tool, value) ? await parts.readItems(value) : value;
      if (parts.unchecked) await parts.checked();
      else parts.check();
      this.#state = "returned";
      const settled = checkedResult(tool, result, this.#environment);
      return settled instanceof Promise ? await settled : settled;
    } catch (error) {
      return this.#threw(error);
    } finally {
      this.#environment.handlerEnded?.();
    }
  }

  /** The validator of the result takes its time. */
  async #checkedLater(settled: Promise<Settled>): Promise<Settled> {
    try {
      return await settled;
    } catch (error) {
      return this.#settledOf(error);
    } finally {
      this.#environment.handlerEnded?.();
    }
  }

  #threw(error: unknown): Settled {
    if (this.#state === "running") this.#state = "threw";
    return this.#settledOf(error);
  }

  #settledOf(error: unknown): Settled {
    const { tool, aborted } = this.#execution;
    const environment = this.#environment;
    if (isForbiddenPart(error)) return forbiddenResult(tool, error.message, environment);
    const settled = settledOfThrown(error, tool.contract.effect, this.#state, aborted);
    if (!settled.ok && settled.code === "internal") {
      environment.log.error(`turnmux: ${tool.name} failed`, { tool: tool.name, callId: this.#context.callId, error });
    }
    return settled;
  }
}

/** True for what is waited for. */
function isLater(returned: unknown): boolean {
  if (returned instanceof Promise) return true;
  const isObject = (typeof returned === "object" && returned !== null) || typeof returned === "function";
  return isObject && "then" in returned;
}

function readsItems(tool: RegisteredTool, returned: unknown): returned is AsyncIterable<unknown> {
  return tool.contract.item !== undefined && isAsyncIterable(returned);
}

/** A result that was checked against the tool's contract, or why it is none (CALL-012). At once, where the validator answers at once. */
export function checkedResult(
  tool: RegisteredTool,
  returned: unknown,
  environment: Environment,
): Settled | Promise<Settled> {
  const { output } = tool.contract;
  if (output === undefined) return NO_RESULT;
  let checked: Checked | Promise<Checked>;
  try {
    checked = validate(output, returned);
  } catch (error) {
    return uncheckable(tool, error, environment);
  }
  if (!(checked instanceof Promise)) return resultOf(tool, checked, environment);
  return checked.then(
    (late) => resultOf(tool, late, environment),
    (error: unknown) => uncheckable(tool, error, environment),
  );
}

const NO_RESULT: Settled = { ok: true, value: undefined };

/** The handler ran to its end; it is the contract that cannot be checked. */
function uncheckable(tool: RegisteredTool, error: unknown, environment: Environment): Settled {
  environment.log.error(`turnmux: the validator of ${tool.name}'s result failed`, { tool: tool.name, error });
  return failed("internal", "the tool's result could not be checked against its contract", "completed");
}

function resultOf(tool: RegisteredTool, checked: Checked, environment: Environment): Settled {
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
