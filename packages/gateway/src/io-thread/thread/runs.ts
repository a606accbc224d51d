/**
 * Runs of handlers that are in the main thread: asks for them, takes them back, and passes on what the main thread says.
 *
 * @module
 */

import {
  failed,
  TurnmuxError,
  type AcceptInfo,
  type Aftermath,
  type CutOff,
  type Elsewhere,
  type ElsewhereRun,
  type Environment,
  type Execution,
  type RunContext,
  type SessionIdentity,
  type Settled,
} from "@turnmux/core";
import { abortData } from "../aborts.ts";
import type { RunNumber, ToMain, ToolNumber } from "../messages.ts";
import { crossing } from "../postbox.ts";
import type { RunWords } from "../shared.ts";
import { packRun } from "../packed.ts";
import { COUNTED_OCTETS, sizeOf } from "../size.ts";
import type { Outbox } from "./outbox.ts";
import { RunQueue, type QueuedRun } from "./run-queue.ts";

/** Runs that are posted and that the main thread has not looked at: what lies in its queue has a bound. */
const MOST_POSTED = 1_024;

/** Octets of their arguments, likewise. */
const MOST_POSTED_OCTETS = 64 * 1024 * 1024;

/** How long the main thread may take to answer until callers hear that their calls are queued, in milliseconds: up to twice as long. */
const QUEUED_AFTER_MS = 10;

/** A main thread that is as late as this, in milliseconds, is not waited for until that is said. */
const BUSY_MS = 50;

const BUSY = "the gateway's main thread is busy";

/** What {@link RunsOfMain} work with. */
export interface RunsOptions {
  readonly box: Outbox<ToMain>;
  readonly words: RunWords;
  readonly environment: Environment;
  /** A session as the main thread knows it; undefined where it may not know it so. */
  readonly identityOf: (sessionId: string) => Pick<SessionIdentity, "principal" | "scopes"> | undefined;
  /** The highest number of a run that is not to be used again. */
  readonly lastRun: RunNumber;
}

/** All runs of one I/O thread. */
export class RunsOfMain {
  readonly #options: RunsOptions;
  readonly #runs = new Map<RunNumber, Run>();
  /** Words of runs that were withdrawn and that the main thread has still to look at. */
  readonly #withdrawn = new Map<RunNumber, number>();
  /** Those under a key whose endings are not recorded. */
  readonly #keyed = new Map<Execution, RunNumber>();
  /** Not posted yet. */
  readonly #queue = new RunQueue<Run>();
  /** Of which the main thread has said nothing since they came: the younger ones, and those that were looked at once. */
  #young: Run[] = [];
  #old: Run[] = [];
  #timer = false;
  /** True while the main thread is late. */
  #late = false;
  /** What each of the posted runs counts for, in their order. */
  readonly #posted: number[] = [];
  #postedOctets = 0;
  #last: RunNumber;
  readonly #asked = new Map<number, (found: Aftermath) => void>();
  #lastAsked = 0;

  constructor(options: RunsOptions) {
    this.#options = options;
    this.#last = options.lastRun;
  }

  /** Runs under a key that are not over, and that the main thread knows of. */
  get keyed(): number {
    let count = 0;
    for (const { execution, asked, word } of this.#runs.values()) {
      const isUntold = asked !== undefined && word === undefined;
      if (execution.fingerprint !== undefined && !isUntold) count += 1;
    }
    return count;
  }

  /** What a tool of the main thread is to the dispatchers here. */
  elsewhere(tool: ToolNumber): Elsewhere {
    return {
      run: (execution, context, sessionId) => this.#run(tool, execution, context, sessionId),
      aftermath: (call) => this.#aftermath(tool, call),
    };
  }

  /** The main thread has looked at so many, and takes others. */
  taken(count: number): void {
    this.#late = false;
    for (const octets of this.#posted.splice(0, count)) this.#postedOctets -= octets;
    for (const run of this.#queue) {
      if (!this.#mayPost) return;
      this.#queue.delete(run);
      this.#post(run);
    }
  }

  /** A session is over. What its calls have asked for and goes on without it waits on, within bounds. */
  leave(sessionId: string): void {
    for (const run of this.#queue.leave(sessionId)) {
      this.#runs.delete(run.number);
      run.execution.started = false;
      run.over(CROWDED);
    }
  }

  dropped(number: RunNumber): void {
    const word = this.#withdrawn.get(number);
    this.#withdrawn.delete(number);
    if (word !== undefined) this.#options.words.giveBack(word);
  }

  accept(number: RunNumber, accept: AcceptInfo): void {
    const run = this.#runs.get(number);
    if (run === undefined) return;
    run.heard = true;
    run.execution.accept(accept);
  }

  progress(number: RunNumber, value: unknown): void {
    this.#runs.get(number)?.execution.progress(value);
  }

  item(number: RunNumber, item: number, value: unknown): void {
    const { box } = this.#options;
    const run = this.#runs.get(number);
    if (run === undefined) return;
    run.itemsUnderWay += 1;
    run.execution.item(value).then(
      () => {
        run.itemsUnderWay -= 1;
        box.post({ kind: "room", run: number, item });
      },
      (error: unknown) => {
        run.itemsUnderWay -= 1;
        const message = error instanceof Error ? error.message : "the item could not be sent";
        run.refused ??= message;
        box.post({ kind: "itemRefused", run: number, item, message });
      },
    );
  }

  /** `refused`: it was not begun, because of the session that called. */
  settled(number: RunNumber, settled: Settled, refused = false): void {
    const run = this.#runs.get(number);
    if (run === undefined) {
      // One that was taken back while it waited for its turn in the main thread.
      this.dropped(number);
      return;
    }
    this.#runs.delete(number);
    if (refused) run.execution.refused = true;
    if (run.word !== undefined) this.#options.words.giveBack(run.word);
    if (run.itemsUnderWay === 0) run.over(settled);
    // Whether one of them is more than its caller takes is known in a moment, and the handler did not wait for it.
    else this.#options.environment.defer(() => run.over(settled));
  }

  aftermath(ask: number, found: Aftermath): void {
    this.#asked.get(ask)?.(found);
    this.#asked.delete(ask);
  }

  /** A key was let go of: the main thread need not remember how the run of it ended. */
  released(execution: Execution, refused: boolean): void {
    const number = this.#keyed.get(execution);
    if (number === undefined) return;
    this.#keyed.delete(execution);
    this.#options.box.post({ kind: "recorded", run: number, refused });
  }

  /** Takes over a run that a thread before has left behind. Resolves with its end. */
  adopt(number: RunNumber, execution: Execution): Promise<Settled> {
    this.remember(number, execution);
    execution.started = true;
    return new Promise((resolve) => {
      const run = new Run(this, number, execution, resolve);
      this.#runs.set(number, run);
      execution.run = run;
    });
  }

  /** The main thread knows of this run under a key until it hears of {@link released}. */
  remember(number: RunNumber, execution: Execution): void {
    this.#keyed.set(execution, number);
  }

  /** For a run: whether it was taken back in time. */
  withdraw(run: Run): boolean {
    if (run.word === undefined) {
      if (!this.#queue.delete(run)) return false;
    } else {
      if (!this.#options.words.withdraw(run.word)) return false;
      this.#withdrawn.set(run.number, run.word);
    }
    this.#runs.delete(run.number);
    run.execution.started = false;
    // It waits for its turn there, and is to keep no place.
    if (run.heard) this.abort(run, WITHDRAWN);
    run.over(failed("cancelled", "the call was cancelled before it ran", "not_started"));
    return true;
  }

  /** For a run: it is to end. */
  abort(run: Run, reason: unknown): void {
    this.#options.box.post({ kind: "abort", run: run.number, reason: abortData(reason) });
  }

  #run(tool: ToolNumber, execution: Execution, context: RunContext, sessionId: string): Promise<Settled> {
    if (execution.aborted) {
      return Promise.resolve(failed("cancelled", "the call was cancelled before it ran", "not_started"));
    }
    return new Promise((resolve) => {
      this.#last += 1;
      const run = new Run(this, this.#last, execution, resolve, { tool, context, sessionId });
      this.#runs.set(run.number, run);
      execution.started = true;
      execution.run = run;
      if (this.#mayPost) this.#post(run);
      else this.#queue.add(run);
      // Looked at when nothing has been asked for a while, and then at each time that something is waited for.
      if (!this.#timer) this.#lookAtLag();
      if (this.#late) this.#tellQueued(run);
      else this.#watch(run);
    });
  }

  #post(run: Run): void {
    const { box, words } = this.#options;
    const { number, execution, asked } = run;
    if (asked === undefined) return;
    const { tool, context, sessionId } = asked;
    const word = words.take((page) => box.post({ kind: "words", page }));
    run.word = word;
    const { input, fingerprint, epoch, repeats } = execution;
    const octets = run.octets();
    this.#posted.push(octets);
    this.#postedOctets += octets;
    if (fingerprint !== undefined) this.#keyed.set(execution, number);
    // What is under a key may have to be asked for again.
    const { value, transfer } = crossing(input, fingerprint !== undefined);
    const claimed = fingerprint === undefined ? undefined : { fingerprint, epoch: epoch ?? 0, repeats };
    const data = { run: number, word, tool, sessionId, context, input: value, claimed };
    box.post(packRun(data, this.#options.identityOf(sessionId)), transfer);
  }

  get #mayPost(): boolean {
    // What the box would keep is kept here, where it leaves nothing behind.
    if (this.#options.box.full) return false;
    return this.#posted.length < MOST_POSTED && this.#postedOctets < MOST_POSTED_OCTETS;
  }

  #watch(run: Run): void {
    this.#young.push(run);
    if (this.#timer) return;
    this.#timer = true;
    const { environment } = this.#options;
    environment.setTimer(environment.now() + QUEUED_AFTER_MS, () => this.#look(), true, true);
  }

  #lookAtLag(): void {
    this.#late = (this.#options.environment.lagMs?.() ?? 0) >= BUSY_MS;
  }

  #look(): void {
    this.#timer = false;
    this.#lookAtLag();
    const old = this.#old;
    this.#old = this.#young;
    this.#young = [];
    for (const run of old) this.#tellQueued(run);
    if (this.#old.length === 0) return;
    this.#timer = true;
    const { environment } = this.#options;
    environment.setTimer(environment.now() + QUEUED_AFTER_MS, () => this.#look(), true, true);
  }

  #tellQueued(run: Run): void {
    if (!run.heard && !run.isOver) run.execution.accept({ state: "queued", reason: BUSY });
  }

  #aftermath(tool: ToolNumber, { key, principal, callId, input, signal }: CutOff): Promise<Aftermath> {
    const { box } = this.#options;
    this.#lastAsked += 1;
    const ask = this.#lastAsked;
    const waiting = `aftermath ${ask}`;
    box.post({ kind: "askAftermath", ask, tool, call: { key, principal, callId, input } }, undefined, waiting);
    const leave = (): void => {
      if (box.takeBack(waiting)) this.aftermath(ask, NOT_ASKED);
      else box.post({ kind: "leaveAftermath", ask });
    };
    signal.addEventListener("abort", leave, { once: true });
    return new Promise((resolve) => this.#asked.set(ask, resolve));
  }
}

const NOT_ASKED: Aftermath = {
  kind: "open",
  settled: failed("cancelled", "the call was cancelled before it was found out what became of it", "unknown"),
};

const CROWDED: Settled = failed(
  "unavailable",
  "too many calls wait for the gateway's main thread whose sessions are over",
  "not_started",
);

const WITHDRAWN = new TurnmuxError("cancelled", "the call was cancelled before it ran", { outcome: "not_started" });

/** What is asked of the main thread. */
interface Asked {
  readonly tool: ToolNumber;
  readonly context: RunContext;
  readonly sessionId: string;
}

/** One run, from the execution's side. */
class Run implements ElsewhereRun, QueuedRun {
  readonly number: RunNumber;
  readonly execution: Execution;
  /** Undefined for one that was taken over. */
  readonly asked: Asked | undefined;
  /** Its word, once it was posted. */
  word: number | undefined;
  /** True once the main thread has said something of it. */
  heard = false;
  isOver = false;
  /** Items that its callers have no room for yet. */
  itemsUnderWay = 0;
  /** Why an item was not sent. */
  refused: string | undefined;
  readonly #runs: RunsOfMain;
  readonly #resolve: (settled: Settled) => void;

  constructor(
    runs: RunsOfMain,
    number: RunNumber,
    execution: Execution,
    resolve: (settled: Settled) => void,
    asked?: Asked,
  ) {
    this.#runs = runs;
    this.number = number;
    this.execution = execution;
    this.#resolve = resolve;
    this.asked = asked;
  }

  get sessionId(): string {
    return this.asked?.sessionId ?? "";
  }

  octets(): number {
    return sizeOf(this.execution.input, COUNTED_OCTETS);
  }

  withdraw(): boolean {
    return !this.isOver && this.#runs.withdraw(this);
  }

  abort(reason: unknown): void {
    if (!this.isOver && !this.withdraw()) this.#runs.abort(this, reason);
  }

  over(settled: Settled): void {
    this.isOver = true;
    this.execution.run = undefined;
    // The handler may have returned before it could hear of it.
    const told = settled.ok && this.refused !== undefined ? lacksItem(this.refused) : settled;
    this.#resolve(told);
  }
}

/** The end of a call that would be whole but for an item. Tools with items may be repeated: they are no `once` tools. */
function lacksItem(message: string): Settled {
  return { ...failed("resource_exhausted", message, "failed"), retryable: false };
}
