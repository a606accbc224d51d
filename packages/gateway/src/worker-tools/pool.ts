/**
 * The threads that run worker tools.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { UsageError, type AnyHandler, type Effect, type Logger } from "@turnmux/core";
import type { Piscina } from "piscina";
import type { ModuleReference, ThrownText } from "./messages.ts";
import { type PoolSettings, poolSettings, type WorkersOptions } from "./options.ts";
import type { WorkerStats } from "./stats.ts";
import { errorOf } from "./thrown.ts";
import { ToolRun, type ToolFacts } from "./tool-run.ts";
import type { WorkerToolDescription } from "./worker-tool.ts";

/** How long a module may take to load before anybody calls its tools, in milliseconds. */
const LOAD_MS = 30_000;

/** The identifier of a thread that has ended. */
const GONE = -1;

/** The threads' own file, as source or as build, whichever this is. */
const IS_SOURCE = import.meta.url.endsWith(".ts");
const WORKER_FILE = fileURLToPath(
  IS_SOURCE ? new URL("./worker.ts", import.meta.url) : new URL("./worker.js", import.meta.url),
);

/** What a thread that runs from source finds the packages of this repository by. */
const SOURCE_CONDITION = "--conditions=turnmux-source";

/** What a pool is told of a tool: plain data, which another thread's pool may be told as well. */
export interface WorkerToolFacts {
  readonly description: WorkerToolDescription;
  readonly name: string;
  readonly effect: Effect;
  readonly hasItems: boolean;
  readonly hasOutput: boolean;
  /** Whether the contract is to be checked by the thread that runs the handler, since the one that has the call has no schemas. */
  readonly checksThere: boolean;
}

/** See the module's comment. It is made from plain data, in whichever thread has the calls, and starts none before there is a tool. */
export class WorkerPool {
  readonly #settings: PoolSettings;
  readonly #log: Logger;
  #piscina: Piscina | undefined;
  readonly #threads = new Set<Worker>();
  readonly #queue: ToolRun[] = [];
  readonly #runs = new Map<ToolRun, Promise<void>>();
  /** Modules that are to be loaded, one after the other. */
  #loading: Promise<void> = Promise.resolve();
  readonly #stopLoading = new AbortController();
  /** Threads that load: none or one. */
  #loads = 0;
  /** What is to be loaded next waits for a thread that no call needs. */
  #mayLoad: (() => void) | undefined;
  #closed: Promise<void> | undefined;
  readonly #changed: (stats: WorkerStats) => void;

  /**
   * `changed` is told whenever it does something else.
   *
   * @throws {UsageError} where an option is not what it should be
   */
  constructor(options: WorkersOptions | undefined, log: Logger, changed: (stats: WorkerStats) => void = () => {}) {
    this.#changed = changed;
    this.#settings = poolSettings(options);
    this.#log = log;
  }

  /** What it does. */
  get stats(): WorkerStats {
    this.#watchThreads();
    return this.#stats;
  }

  get #stats(): WorkerStats {
    return { threads: this.#threads.size, running: this.#runs.size, queued: this.#queue.length };
  }

  /**
   * The handler of a tool: has each call run by a thread. Its module is loaded before the first one, and what is wrong with it is logged.
   *
   * @throws {UsageError} where no thread can be started
   */
  handler(facts: WorkerToolFacts): AnyHandler {
    const { name, effect, hasItems, hasOutput, checksThere, description } = facts;
    const { url, export: exported, contract, terminateAfterMs } = description;
    const module: ModuleReference = { url, export: exported, contract: checksThere ? contract : undefined, tool: name };
    const tool: ToolFacts = { module, effect, hasItems, hasOutput, terminateAfterMs };
    this.#start();
    this.#load(module);
    const handler: AnyHandler = (input, call) => {
      const run = new ToolRun(tool, input, call);
      this.#take(run);
      return run.result;
    };
    told.set(handler, facts);
    return handler;
  }

  /**
   * Takes no more calls, cancels those that are under way, ends those that do not yield, and resolves when no thread is left.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#stopLoading.abort();
    this.#mayLoad?.();
    for (const run of this.#queue.splice(0)) run.cancel("unavailable");
    for (const run of this.#runs.keys()) run.cancel("unavailable");
    await Promise.all([this.#loading, ...this.#runs.values()]);
    this.#watchThreads();
    const exits = [...this.#threads].map((thread) => new Promise<void>((gone) => thread.once("exit", () => gone())));
    await this.#piscina?.destroy();
    await Promise.all(exits);
    // One that had loaded a module, and that ended behind the others, has been replaced.
    await this.#piscina?.destroy();
    // Who waited for the calls has heard of their ends, and has had them recorded, when this turn of the event loop is over.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }

  #start(): void {
    if (this.#piscina !== undefined) return;
    if (!existsSync(WORKER_FILE)) {
      throw new UsageError(
        `The threads of worker tools have their own file, ${WORKER_FILE}, and that is missing: leave @turnmux/gateway out of the bundle.`,
      );
    }
    const { maxThreads, minThreads, idleTimeoutMs, resourceLimits, execArgv } = this.#settings;
    // Loaded here: a gateway without worker tools does without it. It is what package.json names, at that very version.
    const { Piscina: Pool } = createRequire(import.meta.url)("piscina") as { readonly Piscina: typeof Piscina };
    try {
      this.#piscina = new Pool({
        filename: WORKER_FILE,
        name: "run",
        maxThreads,
        minThreads,
        idleTimeout: idleTimeoutMs,
        // A thread that waits in Atomics.wait between calls would let the sockets and timers of its tools wait, too.
        atomics: "disabled",
        recordTiming: false,
        ...(resourceLimits === undefined ? {} : { resourceLimits }),
        ...argvFor(execArgv),
      });
    } catch (cause) {
      throw new UsageError("The threads of worker tools cannot be started: see `workers` of createGateway().", {
        cause,
      });
    }
    // Of threads that have no call. Those that have one say so by its end.
    this.#piscina.on("error", (error: unknown) => this.#threadFailed(error));
    this.#watchThreads();
  }

  /** Notes the threads that there are by now, to see all of them end. */
  #watchThreads(): void {
    for (const thread of this.#piscina?.threads ?? []) {
      // A thread that was ended while it started may still be on piscina's list.
      if (this.#threads.has(thread) || thread.threadId === GONE) continue;
      this.#threads.add(thread);
      thread.once("exit", () => {
        this.#threads.delete(thread);
        this.#changed(this.#stats);
      });
    }
    this.#changed(this.#stats);
  }

  #threadFailed(error: unknown): void {
    this.#log.error("turnmux: a thread of the worker tools has failed", { error });
    // A call waits here only for a thread that is starting. Where that has failed, none will come.
    if ((this.#piscina?.queueSize ?? 0) === 0) return;
    for (const run of this.#runs.keys()) run.refuse("internal", "no thread could be started for the tool", error);
  }

  #take(run: ToolRun): void {
    if (this.#closed !== undefined) {
      run.cancel("unavailable");
    } else if (this.#free > 0) {
      this.#run(run);
    } else if (this.#queue.length >= this.#settings.maxQueue) {
      run.refuse("resource_exhausted", `${this.#queue.length} calls wait for a worker thread already`);
    } else {
      this.#queue.push(run);
      this.#changed(this.#stats);
      const { maxThreads } = this.#settings;
      run.queued(
        `${maxThreads === 1 ? "the worker thread is" : `all ${maxThreads} worker threads are`} busy`,
        this.#queue.length,
      );
      // One that is cancelled keeps no place.
      run.result.catch(() => this.#leave(run));
    }
  }

  #leave(run: ToolRun): void {
    const index = this.#queue.indexOf(run);
    if (index < 0) return;
    this.#queue.splice(index, 1);
    this.#changed(this.#stats);
  }

  get #free(): number {
    return this.#settings.maxThreads - this.#runs.size - this.#loads;
  }

  #next(): void {
    while (this.#free > 0) {
      const run = this.#queue.shift();
      if (run === undefined) {
        this.#mayLoad?.();
        return;
      }
      if (!run.isSettled) this.#run(run);
    }
  }

  #run(run: ToolRun): void {
    const over = run.start(async (job, transferList, signal) => {
      const done = this.#piscina?.run(job, { transferList: [...transferList], signal });
      this.#watchThreads();
      await done;
    });
    this.#runs.set(
      run,
      over.then(() => {
        this.#runs.delete(run);
        this.#next();
        this.#changed(this.#stats);
      }),
    );
    this.#changed(this.#stats);
  }

  #load(module: ModuleReference): void {
    this.#loading = this.#loading.then(() => this.#loadNow(module));
  }

  /** Whoever calls the tool hears that it cannot be loaded; whoever implements it is to hear of it before. */
  async #loadNow(module: ModuleReference): Promise<void> {
    while (this.#free <= 0 && !this.#stopLoading.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#mayLoad = resolve;
      });
    }
    this.#mayLoad = undefined;
    if (this.#stopLoading.signal.aborted || this.#piscina === undefined) return;
    const tooLong = new AbortController();
    const timer = setTimeout(() => tooLong.abort(), LOAD_MS);
    timer.unref();
    this.#loads += 1;
    try {
      const signal = AbortSignal.any([this.#stopLoading.signal, tooLong.signal]);
      // What `load` gives.
      const loaded = this.#piscina.run(module, { name: "load", signal }) as Promise<ThrownText | undefined>;
      this.#watchThreads();
      const problem = await loaded;
      if (problem !== undefined) this.#unloadable(module, errorOf(problem));
    } catch (error) {
      const late = new Error(`${module.url} has not been loaded within ${LOAD_MS / 1000} s`);
      if (!this.#stopLoading.signal.aborted) this.#unloadable(module, tooLong.signal.aborted ? late : error);
    } finally {
      clearTimeout(timer);
      this.#loads -= 1;
      this.#next();
    }
  }

  #unloadable({ tool }: ModuleReference, error: unknown): void {
    this.#log.error(`turnmux: ${tool} cannot run: its worker module is not what it should be`, { tool, error });
  }
}

const told = new WeakMap<AnyHandler, WorkerToolFacts>();

/** What a pool was told of a tool, by its handler; undefined where that is of no pool. */
export function workerToolFacts(handler: AnyHandler): WorkerToolFacts | undefined {
  return told.get(handler);
}

function argvFor(given: readonly string[] | undefined): { execArgv?: string[] } {
  if (!IS_SOURCE) return given === undefined ? {} : { execArgv: [...given] };
  const argv = given ?? process.execArgv;
  return { execArgv: argv.includes(SOURCE_CONDITION) ? [...argv] : [...argv, SOURCE_CONDITION] };
}
