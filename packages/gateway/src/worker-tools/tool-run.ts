/**
 * One call of a worker tool, in the thread that has the call: what its handler's thread is told, and what comes back.
 *
 * @module
 */

import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import {
  ForbiddenPart,
  lateStart,
  ToolError,
  TurnmuxError,
  type Effect,
  type HandlerCall,
  type Outcome,
  type Value,
} from "@turnmux/core";
import {
  CANCELLED,
  type CancelCode,
  clockMs,
  type FromWorker,
  type Job,
  type ModuleReference,
  Phase,
  post,
  type RunEnding,
  Shared,
  type ToWorker,
} from "./messages.ts";
import { type Parcel, parcel } from "./octets.ts";
import { describeThrown, errorOf } from "./thrown.ts";

/** What is known of a worker tool where its calls come in. */
export interface ToolFacts {
  readonly module: ModuleReference;
  readonly effect: Effect;
  readonly hasItems: boolean;
  readonly hasOutput: boolean;
  readonly terminateAfterMs: number;
}

/** Has a job run by a thread. Resolves when that is free again; rejects when it is no more, or `signal` ended it. */
export type RunsJobs = (
  job: Job,
  transfer: readonly (ArrayBuffer | MessagePort)[],
  signal: AbortSignal,
) => Promise<void>;

const SENTENCES: Readonly<Record<CancelCode, string>> = {
  cancelled: "the call was cancelled",
  deadline_exceeded: "the deadline is over",
  unavailable: "the gateway was closed",
};

/** See the module's comment. The pool owns it, and starts it when there is a thread. */
export class ToolRun {
  /** What the handler gives, or what it or its thread ends with. */
  readonly result: Promise<unknown>;
  readonly #facts: ToolFacts;
  readonly #input: unknown;
  readonly #call: HandlerCall;
  readonly #since: number = clockMs();
  readonly #shared: Int32Array = new Int32Array(new SharedArrayBuffer(Shared.count * Int32Array.BYTES_PER_ELEMENT));
  readonly #thread = new AbortController();
  readonly #settled = Promise.withResolvers<unknown>();
  #port: MessagePort | undefined;
  #told = false;
  #isSettled = false;
  #cancelled: CancelCode | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Items that came, one behind the other. */
  #items: Promise<void> = Promise.resolve();
  #refusal: { readonly error: unknown } | undefined;
  #ending: RunEnding | undefined;

  constructor(facts: ToolFacts, input: unknown, call: HandlerCall) {
    this.#facts = facts;
    this.#input = input;
    this.#call = call;
    this.result = this.#settled.promise;
    call.signal.addEventListener("abort", this.#aborted, { once: true });
  }

  /** True when no thread needs to run it any more. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** It has to wait for a thread. */
  queued(reason: string, place: number): void {
    this.#told = true;
    this.#call[lateStart].queued(reason, place);
  }

  /** There is a thread. Resolves when that is free again, or is no more. */
  async start(runs: RunsJobs): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on("message", (message: FromWorker) => this.#take(message));
    try {
      const { value, transfer } = this.#parcel();
      if (this.#told && !this.#call[lateStart].begin()) {
        // Those who have taken it back know that already.
        this.#fail("cancelled", SENTENCES.cancelled, "not_started");
        return;
      }
      await runs(this.#job(port2, value), [port2, ...transfer], this.#thread.signal);
      this.#read();
      // It says how it ended before the thread is free.
      if (this.#ending === undefined) this.#died(new Error("the thread did not say how the call ended"));
    } catch (error) {
      this.#read();
      if (this.#ending === undefined) this.#died(error);
    } finally {
      clearTimeout(this.#timer);
      port1.close();
      port2.close();
    }
  }

  /** Nobody waits any more. The handler is told; one that does not yield is ended with its thread. */
  cancel(code: CancelCode): void {
    if (this.#isSettled || this.#cancelled !== undefined) return;
    this.#cancelled = code;
    Atomics.store(this.#shared, Shared.cancelled, CANCELLED.indexOf(code) + 1);
    if (this.#withdrawn()) this.#fail(code, SENTENCES[code], "not_started");
    // Also where the thread is still to load the module.
    if (this.#port === undefined) return;
    this.#post({ kind: "cancelled" });
    this.#timer = setTimeout(() => this.#terminate(), this.#facts.terminateAfterMs);
  }

  /** No thread can run it. */
  refuse(code: "unavailable" | "resource_exhausted" | "internal", message: string, cause?: unknown): void {
    if (!this.#withdrawn()) return;
    this.#fail(code, message, "not_started", cause);
    // Takes it from the pool's queue.
    this.#thread.abort();
  }

  readonly #aborted = (): void => {
    const reason: unknown = this.#call.signal.reason;
    const code = TurnmuxError.is(reason) ? CANCELLED.find((each) => each === reason.code) : undefined;
    this.cancel(code ?? "cancelled");
  };

  #parcel(): Parcel {
    // What cannot be cloned is noticed when it is posted.
    return parcel(this.#input);
  }

  #job(port: MessagePort, input: unknown): Job {
    const { module, hasItems, hasOutput } = this.#facts;
    const { callId, key, turn, lineage, principal, scopes, trace, meta, deadlineMs } = this.#call;
    const deadlineAt = deadlineMs === undefined ? undefined : this.#since + deadlineMs;
    const call = { callId, key, turn, lineage, principal, scopes, trace, meta, deadlineAt };
    return { port, shared: this.#shared, module, input, call, hasItems, hasOutput };
  }

  /** True where the handler was not called, and never will be. */
  #withdrawn(): boolean {
    const phase = Atomics.compareExchange(this.#shared, Shared.phase, Phase.waiting, Phase.withdrawn);
    return phase !== Phase.begun;
  }

  #terminate(): void {
    // What has come meanwhile counts, however late this thread is.
    this.#read();
    if (this.#ending === undefined) this.#thread.abort();
  }

  /** Reads what the thread has posted, and this thread has not come to. */
  #read(): void {
    const port = this.#port;
    if (port === undefined) return;
    for (;;) {
      const received = receiveMessageOnPort(port);
      if (received === undefined) return;
      // The other end posts nothing else.
      this.#take(received.message as FromWorker);
    }
  }

  #post(message: ToWorker): void {
    if (this.#port !== undefined) post(this.#port, message);
  }

  #take(message: FromWorker): void {
    // What a handler leaves running may still have something to say.
    if (this.#ending !== undefined && message.kind !== "log") return;
    const call = this.#call;
    switch (message.kind) {
      case "item":
        this.#items = this.#items.then(() => this.#item(message.value));
        return;
      case "progress":
        try {
          call.progress(message.value);
        } catch {
          // The call remembers that it was wrong, and ends so.
        }
        this.#reportTaken();
        return;
      case "waiting":
        call.waiting(message.reason);
        this.#reportTaken();
        return;
      case "log":
        call.log[message.level](message.message, message.fields);
        Atomics.add(this.#shared, Shared.linesTaken, 1);
        return;
      case "end":
        this.#ending = message.ending;
        clearTimeout(this.#timer);
        void this.#ended(message.ending);
        return;
    }
  }

  #reportTaken(): void {
    Atomics.add(this.#shared, Shared.reportsTaken, 1);
    this.#post({ kind: "taken" });
  }

  async #item(value: unknown): Promise<void> {
    try {
      await this.#call.item(value);
      this.#post({ kind: "room" });
    } catch (error) {
      this.#refusal ??= { error };
      this.#post({ kind: "refused", message: describeThrown(error).message });
    }
  }

  async #ended(ending: RunEnding): Promise<void> {
    // What was sent before the end comes before it.
    await this.#items;
    if (ending.kind === "result") this.#settle(() => this.#settled.resolve(ending.value));
    else this.#settle(() => this.#settled.reject(this.#errorOf(ending)));
  }

  #errorOf(ending: Exclude<RunEnding, { kind: "result" }>): unknown {
    switch (ending.kind) {
      case "toolError": {
        const { code, message, ...rest } = ending.fields;
        // As with any handler, the core looks whether it is one that the peer may be told.
        return Object.assign(new ToolError("internal", ""), { code, message, ...rest });
      }
      case "threw":
        return errorOf(ending.error);
      case "forbidden":
        return new ForbiddenPart(ending.message);
      case "refused":
        return this.#refusal?.error;
      case "invalid":
        return new ToolError("invalid_argument", "the arguments do not fit the tool's contract", {
          outcome: "not_started",
          details: ending.details as Value,
        });
      case "unloadable":
        return new ToolError("internal", "the tool could not be loaded; the log of the side that runs it says why", {
          outcome: "not_started",
          cause: errorOf(ending.error),
        });
      case "withdrawn":
        // Whoever withdrew it has settled it.
        return new Error("the call was withdrawn");
    }
  }

  /** The thread is no more. */
  #died(error: unknown): void {
    const { effect } = this.#facts;
    const begun = !this.#withdrawn();
    const outcome = begun ? (effect === "once" ? "unknown" : "failed") : "not_started";
    const cancelled = this.#thread.signal.aborted ? this.#cancelled : undefined;
    if (cancelled !== undefined) {
      this.#call.log.warn("turnmux: a worker tool did not yield when it was cancelled, and its thread was ended", {
        afterMs: this.#facts.terminateAfterMs,
      });
      this.#fail(cancelled, SENTENCES[cancelled], outcome);
      return;
    }
    if (this.#isSettled) return;
    const { code, message } = reasonOf(error, begun);
    // What is `internal` is logged with its cause by whoever tells the peer.
    if (code !== "internal") this.#call.log.error("turnmux: the thread of a worker tool has ended", { error });
    this.#fail(code, message, outcome, error);
  }

  #fail(
    code: CancelCode | "resource_exhausted" | "internal",
    message: string,
    outcome: Outcome,
    cause?: unknown,
  ): void {
    const retryable = code === "resource_exhausted" && outcome !== "not_started" ? false : undefined;
    this.#settle(() => this.#settled.reject(new ToolError(code, message, { outcome, cause, retryable })));
  }

  #settle(settle: () => void): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#call.signal.removeEventListener("abort", this.#aborted);
    settle();
  }
}

/** What the caller is told of a thread that is no more. */
function reasonOf(
  error: unknown,
  begun: boolean,
): { readonly code: "resource_exhausted" | "internal" | "unavailable"; readonly message: string } {
  if (error instanceof Error) {
    if ("code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
      return { code: "resource_exhausted", message: "the tool took more memory than its thread may have" };
    }
    if (!begun && error.name === "DataCloneError") {
      return { code: "internal", message: "the tool's arguments cannot be passed to another thread" };
    }
    if (/^worker exited with code/i.test(error.message)) {
      return begun
        ? { code: "internal", message: "the tool ended its thread before it was done" }
        : { code: "unavailable", message: "the thread that was to run the tool has ended" };
    }
  }
  return begun
    ? { code: "internal", message: "the tool crashed its thread; the log of the side that ran it says why" }
    : { code: "unavailable", message: "the thread that was to run the tool has crashed" };
}
