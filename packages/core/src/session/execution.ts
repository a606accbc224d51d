/**
 * One run of a handler, and the calls that wait for it: one, or several that share a key (KEY-005).
 *
 * @module
 */
import type { AcceptInfo } from "../peer/port.ts";
import type { RegisteredTool } from "./registry.ts";
import { freesKey, type Settled } from "./settled.ts";

/** A call that waits for an execution. Implemented by the dispatcher of its session. */
export interface Participant {
  /** Tells the caller what became of the call since. */
  accept(accept: AcceptInfo): void;
  /** Passes progress on. The value is checked. */
  progress(value: unknown): void;
  /** Passes an item on. The value is checked. Resolves when there is room for the next one. */
  item(value: unknown): Promise<void>;
  /** The end. */
  settle(settled: Settled): void;
}

/** See the module's comment. */
export class Execution {
  readonly tool: RegisteredTool;
  readonly input: unknown;
  readonly fingerprint: string | undefined;
  /** Each with what it does where the run, broken off before it joined, left the key free: start anew. */
  readonly #participants = new Map<Participant, (() => void) | undefined>();
  readonly #abort = new AbortController();
  /** True once the handler was called. */
  started = false;
  /**
   * True while the handler may have run under the same key before: that is known when the journal has answered, and where it
   * ran when its side died, when that was found out. Until then nobody is told that nothing was started.
   */
  mayHaveRun: boolean;
  #accepted: AcceptInfo | undefined;
  /** False where it is only to be found out what became of a call: what joins runs anew where it may. */
  readonly runs: boolean;
  #settled: Settled | undefined;

  constructor(tool: RegisteredTool, input: unknown, fingerprint?: string, runs = true) {
    this.tool = tool;
    this.input = input;
    this.fingerprint = fingerprint;
    this.mayHaveRun = fingerprint !== undefined;
    this.runs = runs;
  }

  /** The handler's signal: aborted when the last participant has left. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** How it ended, once it has. */
  get ending(): Settled | undefined {
    return this.#settled;
  }

  /** True when nobody else waits. */
  isLast(participant: Participant): boolean {
    return this.#participants.size === 1 && this.#participants.has(participant);
  }

  /**
   * Adds a call. One that comes late hears how things stand. Where the run is being broken off already, since those that
   * waited for it have left, or where nothing is to run at all, `again` is called in place of an ending that leaves the key
   * free: the call that joined was not cancelled, and may run.
   */
  join(participant: Participant, again?: () => void): void {
    if (this.#settled !== undefined) {
      participant.settle(this.#settled);
      return;
    }
    this.#participants.set(participant, this.signal.aborted || !this.runs ? again : undefined);
    const accepted = this.#accepted;
    // Whoever caused the run was there before: also one that nobody else waits for any more is another call's (CALL-002).
    if (accepted !== undefined) {
      participant.accept(accepted.state === "waiting" ? accepted : { ...accepted, state: "joined" });
    }
  }

  /**
   * A call is cancelled. The last one aborts the handler and goes on waiting, for the truth (CALL-005); where others
   * wait it just leaves, and the answer is false.
   */
  cancel(participant: Participant, reason: unknown): boolean {
    if (this.#participants.size > 1) {
      this.#participants.delete(participant);
      return false;
    }
    // It does not run for a call that is cancelled.
    if (this.#participants.has(participant)) this.#participants.set(participant, undefined);
    this.#abort.abort(reason);
    return true;
  }

  /** A call gives up. The handler is aborted when it was the last one. */
  leave(participant: Participant, reason: unknown): void {
    if (this.#participants.delete(participant) && this.#participants.size === 0) this.#abort.abort(reason);
  }

  /** Tells every caller. The first one hears `running`, those that share its key hear `joined`. */
  accept(accept: AcceptInfo): void {
    this.#accepted = accept;
    let first = true;
    for (const participant of this.#participants.keys()) {
      const joined = !first && accept.state === "running";
      participant.accept(joined ? { ...accept, state: "joined" } : accept);
      first = false;
    }
  }

  progress(value: unknown): void {
    for (const participant of this.#participants.keys()) participant.progress(value);
  }

  async item(value: unknown): Promise<void> {
    await Promise.all([...this.#participants.keys()].map((participant) => participant.item(value)));
  }

  /** The end: every call that still waits hears of it, or starts anew where it may and the key is free for it. */
  settle(settled: Settled, free: boolean = freesKey(settled)): void {
    if (this.#settled !== undefined) return;
    this.#settled = settled;
    const waiting = [...this.#participants];
    this.#participants.clear();
    for (const [participant, again] of waiting) {
      if (free && again !== undefined) again();
      else participant.settle(settled);
    }
  }
}
