/**
 * The caller's half of a session: opens calls, keeps their limits, and settles each with what is known of it.
 * `docs/spec.md` sections 6 and 7.
 *
 * @module
 */
import type { CallOptions } from "../contract/call-options.ts";
import type { ChannelEnd } from "../channel/events.ts";
import { isToolName } from "../contract/names.ts";
import { apart, bodyLength, cloneValue } from "../content/body.ts";
import { ValueError } from "../content/value.ts";
import { EMPTY_SET } from "../empty.ts";
import type { Code } from "../errors/codes.ts";
import { effectFromWire, isPriority, priorityToWire, type Effect } from "../errors/effect.ts";
import { UsageError } from "../errors/usage.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import type { Limits } from "../limits.ts";
import { endedBefore, endedUnderWay } from "../peer/endings.ts";
import { NumberTable } from "../peer/number-table.ts";
import type { CallPort, Ending, PortBody, PortEvent } from "../peer/port.ts";
import { fits, META_ENTRIES, StringLimit } from "../wire/limits.ts";
import { limitAcceptance } from "./accept-limit.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Environment } from "./environment.ts";
import type { ItemSink } from "./items.ts";
import type { CallKeeper, CallRequest, OutgoingCall } from "./outgoing.ts";

/** What a caller works with: its session, as it sees it. */
export interface CallerContext {
  readonly environment: Environment;
  readonly deadlines: Deadlines;
  readonly limits: Limits;
  /** For calls that do not say how long they wait for ACCEPT. */
  readonly acceptTimeoutMs: number | undefined;
  /** True while a call that no peer has taken may wait for another port. */
  readonly mayWait: boolean;
  /** Why calls cannot be made at all any more, or undefined. */
  readonly closedReason: { readonly code: Code; readonly message: string } | undefined;
}

/** One for each session. */
export class Caller implements CallKeeper {
  readonly #session: CallerContext;
  readonly #open = new NumberTable<OutgoingCall>();
  #waiting: Set<OutgoingCall> = EMPTY_SET;
  #port: CallPort | undefined;

  constructor(session: CallerContext) {
    this.#session = session;
  }

  /** Calls that are open or wait. */
  get running(): number {
    return this.#open.size + this.#waiting.size;
  }

  /** Calls are possible from now on: those that wait are opened. */
  attach(port: CallPort): void {
    this.#port = port;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const call of waiting) this.#openOn(port, call);
  }

  /** The port is gone: calls wait from now on, or fail where nothing can be waited for. */
  detach(end: ChannelEnd): void {
    this.#port = undefined;
    // Those whose end the port did not tell of before it went (CALL-014).
    const open = this.#open.values();
    this.#open.clear();
    for (const call of open) {
      if (call.port !== undefined) {
        if (call.sent) this.#ended(call.port, call, endedUnderWay(end), "cut");
        else this.#ended(call.port, call, endedBefore(end), "untaken");
      }
    }
    if (!this.#session.mayWait) this.failWaiting();
  }

  /** Nothing can be waited for any more. */
  failWaiting(): void {
    const closed = this.#session.closedReason;
    for (const call of this.#waiting) {
      this.#waiting.delete(call);
      const { cut } = call;
      if (cut !== undefined) call.ended(cut, undefined);
      else
        call.reject(call.error(closed?.code ?? "unavailable", closed?.message ?? "the session is over", "not_started"));
    }
  }

  /** Starts a call. It settles in any case. */
  start(call: OutgoingCall): void {
    const { request } = call;
    const { cancellation } = request;
    const aborted = cancellation?.aborted;
    if (aborted !== undefined) {
      call.reject(call.error("cancelled", "cancelled before it was sent", "not_started", { cause: aborted.reason }));
      return;
    }
    const closed = this.#session.closedReason;
    if (closed !== undefined) {
      call.reject(call.error(closed.code, closed.message, "not_started"));
      return;
    }
    // A model may call anything, and what is no name cannot travel.
    if (typeof request.tool !== "string" || !isToolName(request.tool)) {
      call.reject(call.error("unimplemented", "there is no such tool: this is no tool's name", "not_started"));
      return;
    }
    call.keeper = this;
    call.unlisten = cancellation?.listen((reason) => this.cancel(call, "the caller cancelled the call", reason));
    const { deadlines } = this.#session;
    const acceptTimeoutMs = request.options.acceptTimeoutMs ?? this.#session.acceptTimeoutMs;
    if (request.deadline !== undefined) {
      call.deadline = deadlines.set(request.deadline, expire, call);
    }
    if (acceptTimeoutMs !== undefined) {
      const message = `the call was not accepted within ${acceptTimeoutMs} ms`;
      limitAcceptance(call, this.#session, acceptTimeoutMs, () => this.#expired(call, message));
    }
    if (this.#port === undefined) this.#wait(call);
    else this.#openOn(this.#port, call);
  }

  expired(call: OutgoingCall): void {
    this.#expired(call, "the deadline is over");
  }

  /** Cancels a call; it ends with the truth, or after a moment with what is known here (CALL-005). */
  cancel(call: OutgoingCall, message: string, cause?: unknown): void {
    this.#giveUp(call, { code: "cancelled", message, cause }, this.#session.limits.cancelVerdictMs);
  }

  /** An event about an own call. */
  event(port: CallPort, event: Extract<PortEvent, { type: "sent" | "accept" | "progress" | "item" | "end" }>): void {
    const call = this.#open.get(event.call);
    if (call === undefined || call.port !== port) return;
    switch (event.type) {
      case "sent":
        call.sent = true;
        return;
      case "accept":
        if (!call.settled) this.#guard(call, () => call.accept(event.accept));
        return;
      case "progress": {
        const value = this.#decode(port, call, event.body);
        if (value !== FAILED && call.givenUp === undefined) this.#guard(call, () => call.progress(value));
        return;
      }
      case "item": {
        const { body } = event;
        // What waits to be read is to keep no more than it counts for.
        const keeps = call.items?.awaited === false && body.content !== "local";
        const value = this.#decode(port, call, keeps ? apart(body) : body);
        if (value === FAILED) return;
        this.#item(port, call, value, event.octets);
        return;
      }
      case "end":
        this.#open.delete(event.call);
        this.#ended(port, call, event.ending, event.again);
        return;
    }
  }

  #item(port: CallPort, call: OutgoingCall, value: unknown, octets: number): void {
    call.itemsReceived += 1;
    if (call.items === undefined) port.consumed(call.number, octets);
    else if (call.itemsDropped || this.#isTooMuch(call, call.items, octets)) call.itemsDropped = true;
    else call.items.push(value, octets, call);
  }

  /** Items of a call that was given up count for nothing, so that its end comes: what nobody reads must have a bound here. */
  #isTooMuch(call: OutgoingCall, items: ItemSink, octets: number): boolean {
    return call.givenUp !== undefined && items.octets + octets > this.#session.limits.streamCredit;
  }

  #wait(call: OutgoingCall): void {
    if (this.#waiting.size >= this.#session.limits.queuedCalls) {
      const message = `more than ${this.#session.limits.queuedCalls} calls wait for a connection`;
      call.reject(call.error("resource_exhausted", message, "not_started"));
      return;
    }
    call.port = undefined;
    if (this.#waiting === EMPTY_SET) this.#waiting = new Set();
    this.#waiting.add(call);
  }

  #openOn(port: CallPort, call: OutgoingCall): void {
    const { request } = call;
    const { options, tool, callId, key, deadline, turn, lineage, trace, meta } = request;
    const priority = options.priority === undefined ? undefined : priorityToWire(options.priority);
    let encoded = false;
    try {
      const body = call.bodyFor(port);
      encoded = true;
      if (body.content !== "local" && bodyLength(body) > port.messageLimit) {
        const message = `the arguments are larger than the ${port.messageLimit} octets that the peer takes`;
        call.reject(call.error("resource_exhausted", message, "not_started", { retryable: false }));
        return;
      }
      call.port = port;
      call.body = body;
      call.number = port.open({ tool, callId, key, deadline, priority, turn, lineage, trace, meta, body });
      this.#open.set(call.number, call);
    } catch (error) {
      const told = error instanceof ValueError || error instanceof UsageError;
      if (encoded && !told) {
        // The port throws for what the caller gave it before it queues anything. What else it throws tells nothing.
        this.#session.environment.log.error(`turnmux: a call of ${tool} could not be opened`, { error });
        call.reject(
          call.error("internal", "the call could not be opened, or was only in part", "unknown", { cause: error }),
        );
        return;
      }
      const message = told ? error.message : "the arguments cannot be read";
      call.reject(call.error("invalid_argument", message, "not_started", { cause: error }));
    }
  }

  #expired(call: OutgoingCall, message: string): void {
    this.#giveUp(
      call,
      { code: "deadline_exceeded", message, cause: undefined },
      this.#session.limits.deadlineVerdictMs,
    );
  }

  #giveUp(call: OutgoingCall, why: NonNullable<OutgoingCall["givenUp"]>, verdictMs: number): void {
    if (call.settled) return;
    if (call.givenUp !== undefined) {
      // Cancelled, and now its deadline is over, too: nothing is waited for much beyond that.
      this.#awaitVerdict(call, call.givenUp, verdictMs);
      return;
    }
    call.givenUp = why;
    const { port } = call;
    if (port === undefined) {
      this.#waiting.delete(call);
      call.reject(call.error(why.code, why.message, "not_started", { cause: why.cause }));
      return;
    }
    this.#awaitVerdict(call, why, verdictMs);
    port.reset(call.number, why.code === "cancelled" ? "cancelled" : "deadline_exceeded");
  }

  #awaitVerdict(call: OutgoingCall, why: NonNullable<OutgoingCall["givenUp"]>, verdictMs: number): void {
    const { deadlines, environment } = this.#session;
    const at = environment.now() + verdictMs;
    if (call.verdictDeadline !== undefined && call.verdictDeadline.at <= at) return;
    call.verdictDeadline?.cancel();
    call.verdictDeadline = deadlines.set(at, () => {
      call.reject(call.error(why.code, why.message, call.sent ? "unknown" : "not_started", { cause: why.cause }));
    });
  }

  #ended(port: CallPort, call: OutgoingCall, ending: Ending, again: "untaken" | "cut" | undefined): void {
    if (call.settled) return;
    const why = call.givenUp;
    if (again === "cut" && !ending.ok) call.cut = ending;
    if (again !== undefined && why !== undefined) {
      call.reject(call.error(why.code, why.message, "not_started", { cause: why.cause }));
      return;
    }
    if (again !== undefined && this.#session.mayWait) {
      if (call.itemsReceived === 0) this.#reopen(call);
      else this.#rejectHalfRead(call, ending);
      return;
    }
    // Not taken this time; but a session before was cut while it was under way (RESUME-008).
    if (again === "untaken" && call.cut !== undefined) {
      call.ended(call.cut, undefined);
      return;
    }
    const value = this.#decode(port, call, ending.body);
    if (value === FAILED) {
      call.reject(call.error("internal", "the peer's answer was not well-formed", "unknown"));
      return;
    }
    if (ending.ok) {
      call.resolve(value);
      return;
    }
    call.ended(ending, value);
  }

  /** Items arrive once (CALL-008): a call of which some were read does not start anew behind its reader's back. */
  #rejectHalfRead(call: OutgoingCall, ending: Ending): void {
    const why = ending.ok ? "" : `: ${ending.message}`;
    const message = `the items broke off after ${call.itemsReceived}, and start anew only with another call${why}`;
    call.reject(call.error("unavailable", message, "failed"));
  }

  /** The call waits for the next port, with what is left of its deadline: nobody took it, or its key tells what became of it. */
  #reopen(call: OutgoingCall): void {
    call.sent = false;
    call.reopened();
    if (this.#port === undefined || this.#port === call.port) this.#wait(call);
    else this.#openOn(this.#port, call);
  }

  #decode(port: CallPort, call: OutgoingCall, body: PortBody): unknown {
    try {
      return call.read(port, body);
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      port.fail(error);
      return FAILED;
    }
  }

  #guard(call: OutgoingCall, run: () => unknown): void {
    const threw = (error: unknown): void =>
      this.#session.environment.log.error(`turnmux: a callback of ${call.request.tool} threw`, { error });
    try {
      const returned = run();
      // An async function passes for one without a result.
      if (returned instanceof Promise) returned.catch(threw);
    } catch (error) {
      threw(error);
    }
  }
}

const expire = (call: OutgoingCall): void => call.expire();

const FAILED: unique symbol = Symbol("failed");

/** A copy of the input that waits for a port, so that the caller may go on with its own. Throws {@link ValueError}. */
export function copyOfInput(input: unknown): unknown {
  return cloneValue(input);
}

/** What the offer says about a tool's effect. */
export function offeredEffect(effect: number | undefined): Effect | undefined {
  return effect === undefined ? undefined : effectFromWire(effect);
}

/** Of a call whose caller gives none. */
export const NO_OPTIONS: CallOptions = Object.freeze({});

/** Throws {@link UsageError} where an option is not what it should be. */
export function checkCallOptions(options: CallOptions): void {
  if (options === NO_OPTIONS) return;
  checkLimit("timeoutMs", options.timeoutMs);
  checkLimit("acceptTimeoutMs", options.acceptTimeoutMs);
  if (options.priority !== undefined && !isPriority(options.priority)) {
    throw new UsageError('priority must be "interactive", "normal" or "bulk"');
  }
  if (options.signal !== undefined && typeof options.signal.addEventListener !== "function") {
    throw new UsageError("signal must be an AbortSignal");
  }
  checkText("key", options.key, StringLimit.key);
  checkText("lineage", options.lineage, StringLimit.lineage);
  checkText("trace", options.trace, StringLimit.trace);
  const { meta } = options;
  if (meta === undefined) return;
  const entries = Object.entries(meta);
  if (entries.length > META_ENTRIES) throw new UsageError(`meta must have at most ${META_ENTRIES} entries [LIMIT-003]`);
  for (const [name, value] of entries) {
    checkText("a name in meta", name, StringLimit.other);
    checkText(`meta.${name}`, value, StringLimit.other);
  }
}

function checkLimit(name: string, value: number | undefined): void {
  if (value === undefined || value === Number.POSITIVE_INFINITY) return;
  if (typeof value !== "number" || !(value > 0))
    throw new UsageError(`${name} must be a positive number of milliseconds`);
}

/** Throws {@link UsageError} where a text that travels in a header is too long or not well-formed. */
export function checkText(what: string, text: CallRequest["key"], limit: number): void {
  if (text === undefined) return;
  if (typeof text !== "string" || text === "" || !fits(text, limit)) {
    throw new UsageError(`${what} must be a well-formed string of 1 to ${limit} octets`);
  }
}
