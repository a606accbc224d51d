/**
 * Makes own calls: from what a caller asks for, through interceptors and tracing, to a call that goes out.
 *
 * @module
 */
import type { CallOptions, ItemCall } from "../contract/call-options.ts";
import type { ToolDefinition } from "../contract/tool.ts";
import { ValueError } from "../content/value.ts";
import type { Code } from "../errors/codes.ts";
import type { Outcome } from "../errors/outcome.ts";
import { ToolError } from "../errors/tool-error.ts";
import { TurnmuxError } from "../errors/turnmux-error.ts";
import { UsageError } from "../errors/usage.ts";
import type { OfferEntry } from "../wire/frame.ts";
import { checkCallOptions, copyOfInput, offeredEffect, type Caller } from "./caller.ts";
import { cancellationOf } from "./cancellation.ts";
import type { Deadlines } from "./deadlines.ts";
import type { CallEnd, Environment } from "./environment.ts";
import { intercepted, type InterceptedCall, type Interceptor } from "./interceptor.ts";
import { ItemQueue } from "./items.ts";
import { AwaitedCall, type CallRequest } from "./outgoing.ts";
import { Retries, subjectOf } from "./retries.ts";

/** What a turn adds to a call. */
export interface CallMore {
  readonly turn?: string | undefined;
  readonly lineage?: string | undefined;
  /** What cancels the call beside its own signal. */
  readonly signals?: readonly (AbortSignal | undefined)[] | undefined;
}

/** What a caller's contract says of a tool, which may be more than the peer's offer does. */
export type KnownTool = Pick<ToolDefinition, "effect" | "timeoutMs" | "verify">;

/** What {@link OutgoingCalls} work with: their session, as it is at present. Interceptors and tracing see of it who it is. */
export interface OutgoingContext {
  readonly environment: Environment;
  readonly deadlines: Deadlines;
  readonly interceptors: readonly Interceptor[];
  /** The deadline of a call whose caller and tool give none, in milliseconds. Tools with items have none then. */
  readonly timeoutMs: number;
  readonly identity: { readonly id: string; readonly principal: string; readonly scopes: readonly string[] };
  /** True while calls go out at once. */
  readonly attached: boolean;
  /** What the peer offers under this name. */
  offered(tool: string): OfferEntry | undefined;
  /** The tool that tells what became of a call of this one, as the peer says. */
  verify(tool: string): string | undefined;
}

/** One for each session. */
export class OutgoingCalls {
  readonly #session: OutgoingContext;
  readonly #caller: Caller;
  /** Made with the first call that may be repeated. */
  #retries: Retries | undefined;
  /** What identifiers of calls begin with: random, and drawn with the first one. */
  #idPrefix: string | undefined;
  #lastId = 0;

  constructor(session: OutgoingContext, caller: Caller) {
    this.#session = session;
    this.#caller = caller;
  }

  /** Makes a call. What cannot even be tried rejects, too. */
  call(
    name: string,
    input: unknown,
    options: CallOptions,
    more: CallMore,
    contract: KnownTool | undefined,
  ): Promise<unknown> {
    try {
      return this.#start(name, input, options, more, contract, undefined);
    } catch (error) {
      return Promise.reject(errorOf(error));
    }
  }

  /** Makes a call whose tool sends items. */
  items(
    name: string,
    input: unknown,
    options: CallOptions,
    more: CallMore,
    contract: KnownTool,
  ): ItemCall<unknown, unknown> {
    const leaving = new AbortController();
    const items = new ItemQueue(() =>
      leaving.abort(
        new TurnmuxError("cancelled", "the loop over the items was left", { outcome: "unknown", tool: name }),
      ),
    );
    const signals = [...(more.signals ?? []), leaving.signal];
    const result = this.#start(name, input, options, { ...more, signals }, contract, items);
    // Whoever iterates gets the error there; nobody has to look at the result as well.
    result.catch(() => {});
    return {
      result,
      cancel: (reason?: string) => leaving.abort(reason === undefined ? undefined : new Error(reason)),
      [Symbol.asyncIterator]: () => items,
    };
  }

  #start(
    name: string,
    input: unknown,
    options: CallOptions,
    more: CallMore,
    contract: KnownTool | undefined,
    items: ItemQueue | undefined,
  ): Promise<unknown> {
    checkCallOptions(options);
    const made = this.#request(name, input, options, more, contract, items !== undefined);
    const subject = subjectOf(made);
    if (subject === undefined) return this.#begin(made, items);
    this.#retries ??= new Retries();
    return this.#retries.make(subject, made, (request) => this.#begin(request, items));
  }

  #begin(request: CallRequest, items: ItemQueue | undefined): Promise<unknown> {
    const { environment, interceptors } = this.#session;
    if (interceptors.length === 0) {
      if (!this.traces) return this.#launch(request, items, environment.callEnded).result;
      return this.#traced(request, () => this.#launch(request, items, environment.callEnded).result);
    }
    const result = this.#traced(request, () => this.#intercepted(request, items));
    result.then(
      () => {
        environment.callEnded?.({ ok: true });
        // An interceptor that answers or refuses in place of the peer ends the items, too.
        items?.finish();
      },
      (error: unknown) => {
        environment.callEnded?.(endOfError(error));
        items?.fail(errorOf(error));
      },
    );
    return result;
  }

  #request(
    name: string,
    input: unknown,
    options: CallOptions,
    more: CallMore,
    contract: KnownTool | undefined,
    streams: boolean,
  ): CallRequest {
    const { environment } = this.#session;
    const offer = this.#session.offered(name);
    const effect = contract?.effect ?? offeredEffect(offer?.effect);
    const fallback = streams || offer?.streams === true ? undefined : this.#session.timeoutMs;
    const timeoutMs = options.timeoutMs ?? contract?.timeoutMs ?? offer?.deadlineMs ?? fallback;
    // What a tool is not known to be harmless to repeat gets a key.
    const key = options.key ?? (effect === "once" || effect === undefined ? environment.id() : undefined);
    return {
      tool: name,
      callId: this.#callId(),
      input,
      key,
      deadline:
        timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY ? undefined : environment.now() + timeoutMs,
      turn: more.turn,
      lineage: options.lineage ?? more.lineage,
      trace: options.trace,
      meta: options.meta,
      options,
      cancellation: cancellationOf(options.signal, more.signals),
      effect,
      verify: contract?.verify ?? this.#session.verify(name),
    };
  }

  /** One draw for all calls of the session, and a counter (CALL-018). */
  #callId(): string {
    this.#idPrefix ??= `${this.#session.environment.id()}.`;
    this.#lastId += 1;
    return this.#idPrefix + this.#lastId.toString(36);
  }

  #launch(request: CallRequest, items: ItemQueue | undefined, over: Environment["callEnded"]): AwaitedCall {
    let ready = request;
    if (!this.#session.attached) {
      try {
        ready = { ...request, input: copyOfInput(request.input) };
      } catch (error) {
        if (!(error instanceof ValueError)) throw error;
        const call = new AwaitedCall(request, items);
        call.over = over;
        call.reject(call.error("invalid_argument", error.message, "not_started", { cause: error }));
        return call;
      }
    }
    const call = new AwaitedCall(ready, items);
    call.over = over;
    this.#caller.start(call);
    return call;
  }

  /** A call inside its interceptors. Until one of them lets it pass its limits are kept here. */
  async #intercepted(request: CallRequest, items: ItemQueue | undefined): Promise<unknown> {
    const { deadlines } = this.#session;
    const { cancellation } = request;
    let passed = false;
    /** What became of the call that was let pass, as far as it is known. */
    let outcome: Outcome = "not_started";
    /** What the caller was told meanwhile: a call that is over does not start any more. */
    let over: TurnmuxError | undefined;
    const run = intercepted(this.#session.interceptors, async ({ input, trace, meta }) => {
      if (over !== undefined) throw over;
      passed = true;
      checkCallOptions({ trace, meta });
      const { result } = this.#launch({ ...request, input, trace, meta }, items, undefined);
      outcome = "unknown";
      result.then(
        () => (outcome = "completed"),
        (error: unknown) => (outcome = TurnmuxError.is(error) ? error.outcome : "unknown"),
      );
      return result;
    });
    const held = Promise.withResolvers<never>();
    const giveUp = (code: Code, message: string, cause?: unknown): void => {
      if (passed || over !== undefined) return;
      over = errorAbout(request, code, message, "not_started", cause);
      held.reject(over);
    };
    /** What interceptors see of all that may cancel the call. */
    const controller = new AbortController();
    const abort = (reason: unknown): void => {
      controller.abort(reason);
      giveUp("cancelled", "cancelled before an interceptor let it pass", reason);
    };
    const deadline =
      request.deadline === undefined
        ? undefined
        : deadlines.set(request.deadline, () =>
            giveUp("deadline_exceeded", "the deadline is over, and no interceptor let the call pass"),
          );
    const unlisten = cancellation?.listen(abort);
    const aborted = cancellation?.aborted;
    if (aborted !== undefined) abort(aborted.reason);
    try {
      return await Promise.race([run(this.#interceptable(request, controller.signal)), held.promise]);
    } catch (error) {
      throw refusal(request, error, outcome);
    } finally {
      deadline?.cancel();
      unlisten?.();
    }
  }

  #interceptable(request: CallRequest, signal: AbortSignal): InterceptedCall {
    const { tool, callId, input, key, turn, lineage, trace, meta } = request;
    const { principal, scopes } = this.#session.identity;
    return {
      direction: "outgoing",
      tool,
      callId,
      input,
      key,
      turn,
      lineage,
      principal,
      scopes,
      signal,
      trace,
      meta: meta ?? {},
      waiting: () => {
        throw new UsageError("waiting() is for the side that runs the handler");
      },
    };
  }

  /** Whether somebody may trace calls at present. */
  get traces(): boolean {
    const { environment } = this.#session;
    return environment.traceCall !== undefined && environment.tracesCalls?.() !== false;
  }

  #traced(request: CallRequest, run: () => Promise<unknown>): Promise<unknown> {
    const { environment, identity } = this.#session;
    if (environment.traceCall === undefined || !this.traces) return run();
    const { tool, callId, turn, trace } = request;
    const { id: sessionId, principal } = identity;
    return environment.traceCall({ direction: "outgoing", tool, callId, turn, sessionId, principal, trace }, run);
  }
}

/** What an interceptor threw, as the caller gets it: every failure of a call has an outcome (ERR-001). */
function refusal(request: CallRequest, thrown: unknown, outcome: Outcome): Error {
  if (thrown instanceof UsageError || TurnmuxError.is(thrown)) return errorOf(thrown);
  if (!ToolError.is(thrown)) return errorAbout(request, "internal", "an interceptor failed", outcome, thrown);
  const { code, message, retryable, retryAfterMs, details } = thrown;
  const { tool, callId, key, effect, verify } = request;
  const about = { tool, callId, key, effect, verify, retryable, retryAfterMs, details, cause: thrown };
  return new TurnmuxError(code, message, { outcome, ...about });
}

function errorAbout(
  { tool, callId, key, effect, verify }: CallRequest,
  code: Code,
  message: string,
  outcome: Outcome,
  cause: unknown,
): TurnmuxError {
  return new TurnmuxError(code, message, { outcome, tool, callId, key, effect, verify, cause });
}

function endOfError(error: unknown): CallEnd {
  if (!TurnmuxError.is(error)) return { ok: false, code: "unknown", outcome: "unknown" };
  return { ok: false, code: error.code, outcome: error.outcome };
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error("the call could not be made", { cause: thrown });
}
