/**
 * One own call: from the caller's request to the promise that settles exactly once.
 *
 * @module
 */
import type { Acceptance, CallOptions } from "../contract/call-options.ts";
import type { Value } from "../content/value.ts";
import type { Code } from "../errors/codes.ts";
import type { Effect } from "../errors/effect.ts";
import type { Outcome } from "../errors/outcome.ts";
import { TurnmuxError } from "../errors/turnmux-error.ts";
import type { CallNumber, CallPort, Ending, PortBody } from "../peer/port.ts";
import type { Cancellation } from "./cancellation.ts";
import type { Deadline } from "./deadlines.ts";
import type { CallEnd } from "./environment.ts";
import type { ItemSink, ItemSource } from "./items.ts";

/** What the caller asked for. */
export interface CallRequest {
  readonly tool: string;
  readonly callId: string;
  /** A value, or what was copied of it while there was no port. */
  readonly input: unknown;
  readonly key: string | undefined;
  /** When the caller's deadline is over, on the session's clock. */
  readonly deadline: number | undefined;
  readonly turn: string | undefined;
  readonly lineage: string | undefined;
  readonly trace: string | undefined;
  readonly meta: Readonly<Record<string, string>> | undefined;
  readonly options: CallOptions;
  /** What cancels it: the signal in the options, and others. */
  readonly cancellation: Cancellation | undefined;
  /** What the caller knows of the tool, for errors. */
  readonly effect: Effect | undefined;
  readonly verify: string | undefined;
}

const OK: CallEnd = { ok: true };

/** What looks after calls that are under way. */
export interface CallKeeper {
  /** The deadline of a call is over. */
  expired(call: OutgoingCall): void;
}

/** See the module's comment. The caller's side of the session owns it. */
export abstract class OutgoingCall implements ItemSource {
  readonly request: CallRequest;
  readonly items: ItemSink | undefined;
  /** The arguments: the caller's own value until it was encoded for the first time, from then on a copy. */
  input: unknown;
  /** The arguments as they were encoded for {@link port}. */
  body: PortBody | undefined;
  /** Where it is open. Undefined while it waits for a port. */
  port: CallPort | undefined;
  number: CallNumber = 0;
  /** True once OPEN was handed to the carrier. */
  sent = false;
  accepted = false;
  /** Items of its result that have arrived. */
  itemsReceived = 0;
  /** True once items were dropped that came behind its cancellation. */
  itemsDropped = false;
  /** How it ended with a session that was cut while it was under way; what came of it is known only by its key. */
  cut: Extract<Ending, { readonly ok: false }> | undefined;
  /** Why it was given up, once it was: what the peer says of it is still awaited for a moment. */
  givenUp: { readonly code: Code; readonly message: string; readonly cause: unknown } | undefined;
  deadline: Deadline | undefined;
  acceptDeadline: Deadline | undefined;
  verdictDeadline: Deadline | undefined;
  /** Who looks after it, once it is under way. */
  keeper: CallKeeper | undefined;
  /** Told how it ended, where somebody counts. */
  over: ((end: CallEnd) => void) | undefined;
  /** Takes the listeners off the caller's signals. */
  unlisten: (() => void) | undefined;
  #settled = false;

  constructor(request: CallRequest, items: ItemSink | undefined) {
    this.request = request;
    this.input = request.input;
    this.items = items;
  }

  /** The call has ended well. Once, or {@link failed}. */
  protected abstract succeeded(value: unknown): void;

  /** The call has failed. Once, or {@link succeeded}. */
  protected abstract failed(error: TurnmuxError): void;

  /** Its arguments for a port. Throws what {@link CallPort.encode} throws. */
  bodyFor(port: CallPort): PortBody {
    return port.encode(this.input);
  }

  /** What is made of a body of the peer's. Throws `ProtocolViolation`. */
  read(port: CallPort, body: PortBody): unknown {
    return port.decode(body);
  }

  /** It waits for another port: the caller may have changed its own value since it was encoded. */
  reopened(): void {
    if (this.port !== undefined && this.body !== undefined) this.input = this.port.decode(this.body);
  }

  /** How the peer ended it, where that is no success. `details` are what {@link read} made of its body. */
  ended(ending: Extract<Ending, { readonly ok: false }>, details: unknown): void {
    const { code, message, outcome, retryable, retryAfterMs, requirement } = ending;
    const cause = this.givenUp?.cause;
    // What `read` gives is a value, where nobody says otherwise.
    const value = details as Value | undefined;
    this.reject(this.error(code, message, outcome, { retryable, retryAfterMs, details: value, requirement, cause }));
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Its deadline is over. */
  expire(): void {
    this.keeper?.expired(this);
  }

  /** The peer took the call, or says what became of it since. */
  accept(acceptance: Acceptance): unknown {
    this.accepted = true;
    this.acceptDeadline?.cancel();
    return this.request.options.onAccept?.(acceptance);
  }

  /** The handler reports how far it is. */
  progress(report: unknown): unknown {
    return this.request.options.onProgress?.(report);
  }

  itemTaken(octets: number): void {
    this.port?.consumed(this.number, octets);
  }

  /** The result. */
  resolve(value: unknown): void {
    if (!this.#settle()) return;
    if (this.itemsDropped) {
      const message = "items that came after the call was given up were dropped, since the ones before were not read";
      this.items?.fail(this.error(this.givenUp?.code ?? "cancelled", message, "completed"));
    } else this.items?.finish();
    this.over?.(OK);
    this.succeeded(value);
  }

  /** The failure. */
  reject(error: TurnmuxError): void {
    if (!this.#settle()) return;
    this.items?.fail(error);
    this.over?.({ ok: false, code: error.code, outcome: error.outcome });
    this.failed(error);
  }

  /** An error about this call. What did not start this time may have, in a session before (RESUME-008). */
  error(
    code: Code,
    message: string,
    outcome: Outcome,
    more: {
      retryable?: boolean | undefined;
      retryAfterMs?: number | undefined;
      details?: Value | undefined;
      requirement?: string | undefined;
      cause?: unknown;
    } = {},
  ): TurnmuxError {
    const { tool, callId, key, effect, verify } = this.request;
    const known = outcome === "not_started" && this.cut !== undefined ? "unknown" : outcome;
    return new TurnmuxError(code, message, { outcome: known, tool, callId, key, effect, verify, ...more });
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.deadline?.cancel();
    this.acceptDeadline?.cancel();
    this.verdictDeadline?.cancel();
    this.unlisten?.();
    return true;
  }
}

/** A call that somebody in this process awaits. */
export class AwaitedCall extends OutgoingCall {
  readonly result: Promise<unknown>;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: TurnmuxError) => void;

  constructor(request: CallRequest, items: ItemSink | undefined) {
    super(request, items);
    let resolve = (_value: unknown): void => {};
    let reject = (_error: TurnmuxError): void => {};
    this.result = new Promise((whenDone, whenFailed) => {
      resolve = whenDone;
      reject = whenFailed;
    });
    this.#resolve = resolve;
    this.#reject = reject;
  }

  protected override succeeded(value: unknown): void {
    this.#resolve(value);
  }

  protected override failed(error: TurnmuxError): void {
    this.#reject(error);
  }
}
