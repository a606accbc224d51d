/**
 * The I/O thread of a gateway, as the main thread has it: started with the first endpoint, and again when it dies.
 *
 * @module
 */

import { UsageError, type CancelTimer, type SessionEnd } from "@turnmux/core";
import type { Endpoint, ListenOptions } from "../../endpoint/options.ts";
import { threadOf } from "../../journal/reach.ts";
import { LaneDesk } from "../../lanes/remote.ts";
import { publish } from "../../observe/diagnostics.ts";
import type { CallsByOutcome } from "../../observe/stats.ts";
import type { Entry, Guest, House } from "../../session/house.ts";
import type { WorkerStats } from "../../worker-tools/stats.ts";
import { KeyExchange } from "../keys.ts";
import type { IoThreadStart, KeyMessage, RunData, ToMain, ToThread } from "../messages.ts";
import { unpackRun, type RunMessage } from "../packed.ts";
import { Postbox } from "../postbox.ts";
import { lagMemory, LagStamp, outcomesMemory, RunWords, SharedOutcomes } from "../shared.ts";
import { publishHandlers, publishWorkers, readHandlers, readWorkers, workersMemory } from "../shared-workers.ts";
import { noteWatched, watchedMemory } from "../watched.ts";
import { EndpointsOfThread } from "./endpoints.ts";
import { Heir } from "./heir.ts";
import { Mirrors } from "./mirrors.ts";
import { RunsHere } from "./runs.ts";
import { ToldTools } from "./told-tools.ts";
import { TracesOfThread } from "./traces.ts";
import { SILENT_MS, SilenceWatch } from "./watch.ts";
import { IoWorker, type WorkerListener } from "./worker.ts";

/** A thread that dies this soon, in milliseconds, is not started again at once. */
const SHORT_LIFE_MS = 10_000;

const FIRST_RESTART_MS = 100;
const LAST_RESTART_MS = 5_000;

const DIED: SessionEnd = Object.freeze({
  cause: "lost",
  code: "unavailable",
  message: "the gateway's I/O thread has ended",
  byPeer: false,
});

/** A box that nobody opens: while there is no thread there is nothing that it would have to be told one by one. */
function noBox(): Postbox<ToThread> {
  return new Postbox({ postMessage() {} }, () => {});
}

/** See the module's comment. */
export class IoThread implements Entry, Guest, WorkerListener {
  readonly #house: House;
  readonly #lag = lagMemory();
  readonly #stamp: LagStamp;
  readonly #outcomes = outcomesMemory();
  readonly #counter: SharedOutcomes;
  readonly #watched = watchedMemory();
  readonly #workersSeen = workersMemory();
  readonly #traces = new TracesOfThread();
  /** Its name in the journal, and that of its successors. */
  readonly #owner: string;
  /** Which thread of this name there is, or was last. */
  #life = 0;
  /** See `OwnerLife` of the core. */
  #knownSince = 1;
  readonly #tools: ToldTools;
  readonly #runs: RunsHere;
  readonly #keys: KeyExchange;
  /** What a successor is to be asked about keys. */
  readonly #toAsk: KeyMessage[] = [];
  readonly #lanes: LaneDesk;
  readonly #mirrors: Mirrors;
  readonly #endpoints: EndpointsOfThread;
  readonly #watch: SilenceWatch;
  readonly #gone = Promise.withResolvers<undefined>();
  #worker: IoWorker | undefined;
  #box: Postbox<ToThread> = noBox();
  #words = new RunWords();
  /** Keys that the thread holds. */
  #held = 0;
  #startedAt = 0;
  #restartMs = 0;
  #cancelRestart: CancelTimer | undefined;
  #exits = false;

  /** Starts no thread yet. Throws {@link UsageError} where the gateway's journal cannot be asked from another thread. */
  constructor(house: House) {
    this.#house = house;
    const { journal } = house.options;
    if (journal !== undefined && threadOf(journal) === undefined) {
      throw new UsageError(
        `listen({ ioThread: true }): the journal ${JSON.stringify(journal.name)} has functions, which exist in one thread only, and both threads record calls: ` +
          "use sqliteJournal() or memoryJournal()",
      );
    }
    this.#owner = house.environment.id();
    this.#counter = new SharedOutcomes(this.#outcomes);
    this.#stamp = new LagStamp(this.#lag, () => noteWatched(this.#watched));
    const isDirect = (house.options.interceptors ?? []).length === 0;
    this.#tools = new ToldTools((message) => this.#box.now(message), isDirect);
    const { environment } = house;
    this.#watch = new SilenceWatch({
      environment,
      ask: () => this.#box.now({ kind: "probe" }),
      waits: () => this.#exits || this.#endpoints.closing,
      silent: () => this.#silent(),
    });
    this.#endpoints = new EndpointsOfThread({
      environment,
      send: (message) => this.#sent(message),
      closes: () => this.#watch.begin(),
      empty: () => {
        if (this.#worker === undefined) this.#askNobody();
        else this.#worker.keepUp(false);
      },
    });
    this.#mirrors = new Mirrors({
      house,
      tools: this.#tools,
      post: (message, moved) => this.#box.post(message, moved),
      now: (message) => this.#box.now(message),
      onSession: (endpoint) => this.#endpoints.get(endpoint)?.onSession,
      closing: (endpoint) => this.#endpoints.get(endpoint)?.closing !== false,
    });
    this.#runs = new RunsHere({ house, tools: this.#tools, mirrorOf: (sessionId) => this.#mirrors.get(sessionId) });
    this.#keys = new KeyExchange(
      (message) => this.#askForKey(message),
      () => house.once,
    );
    house.otherKeys = this.#keys;
    this.#lanes = new LaneDesk(house.lanes, (reply) => this.#box.post(reply));
    this.#tools.tell(house.registry);
    house.entries.add(this);
    house.guests.add(this);
  }

  /** Opens an endpoint. Throws {@link UsageError} for options that make no sense, or cannot cross to another thread. */
  listen(options: ListenOptions): Endpoint {
    const endpoint = this.#endpoints.add(options);
    try {
      if (this.#worker === undefined) this.#start();
      else this.#endpoints.open(endpoint);
    } catch (error) {
      this.#endpoints.gone(endpoint.number);
      throw error;
    }
    this.#worker?.keepUp(true);
    return endpoint;
  }

  /** Connections without a session. */
  get unauthenticated(): number {
    return this.#endpoints.unauthenticated;
  }

  /** Calls of clients that it has answered. */
  get answered(): CallsByOutcome {
    return this.#counter.read();
  }

  /** The pool of worker tools that it has. */
  get workers(): WorkerStats {
    return readWorkers(this.#workersSeen);
  }

  /** Handlers that it runs without this thread. */
  get handlers(): number {
    return readHandlers(this.#workersSeen);
  }

  /** True when every ending is recorded. */
  get idle(): boolean {
    return this.#held === 0;
  }

  drain(message: string, retryAfterMs: number | undefined): void {
    this.#box.now({ kind: "drain", message, retryAfterMs });
  }

  close(message: string): void {
    this.#runs.close();
    this.#box.now({ kind: "close", message });
  }

  /** Closes all endpoints. */
  async closeEndpoints(message: string): Promise<void> {
    await this.#endpoints.close(message);
  }

  /** Ends the thread, whose endpoints are closed. Resolves when it has ended. */
  async end(): Promise<void> {
    this.#exits = true;
    this.#askNobody();
    this.#stamp.close();
    this.#cancelRestart?.();
    this.#house.entries.delete(this);
    this.#house.guests.delete(this);
    if (this.#worker !== undefined) {
      this.#worker.keepUp(true);
      this.#box.now({ kind: "exit" });
      this.#watch.begin();
      await this.#gone.promise;
    }
    const { options, environment } = this.#house;
    const { journal } = options;
    if (journal === undefined) return;
    const heir = new Heir({ journal, environment, owner: this.#owner });
    const records: Promise<void>[] = [];
    this.#runs.inherit((ended) => records.push(heir.record(ended)));
    await Promise.all(records);
  }

  messages(messages: readonly ToMain[]): void {
    // Deadlines that are late since this thread was busy wait for what has come meanwhile (CALL-015).
    this.#house.environment.arrived?.();
    this.#watch.heard();
    for (const message of messages) {
      if ("kind" in message) this.#take(message);
      else this.#runs.begin(this.#unpacked(message));
    }
    this.#runs.read(messages.length);
    this.#box.flush();
  }

  died(cause: unknown, unread: readonly ToMain[]): void {
    this.#worker = undefined;
    this.#watch.end();
    publishWorkers(this.#workersSeen, { threads: 0, running: 0, queued: 0 });
    publishHandlers(this.#workersSeen, 0);
    const unlooked: RunData[] = [];
    for (const message of unread) {
      if (!("kind" in message)) unlooked.push(this.#unpacked(message));
      // Who closes a gateway wants to hear no more of its sessions.
      else if (!this.#exits || message.kind === "recorded" || message.kind === "log") this.#take(message);
    }
    if (this.#exits) {
      this.#runs.orphaned(unlooked);
      this.#traces.abandon();
      this.#gone.resolve(undefined);
      return;
    }
    const { log } = this.#house;
    log.error("turnmux: the I/O thread has ended, and with it all its sessions", { error: cause });
    this.#box = noBox();
    this.#runs.orphaned(unlooked);
    this.#held = 0;
    this.#mirrors.close(DIED);
    this.#keys.reset();
    this.#lanes.abandon();
    this.#traces.abandon();
    this.#endpoints.orphaned(cause);
    if (this.#endpoints.size > 0) this.#startAgain();
    this.#house.changed();
  }

  #start(): void {
    const { limits, options, environment } = this.#house;
    this.#startedAt = environment.now();
    const words = new RunWords();
    const { journal } = options;
    const port = journal === undefined ? undefined : threadOf(journal)?.connect();
    let box = noBox();
    const left = this.#runs.left({
      get box() {
        return box;
      },
      words,
    });
    this.#life += 1;
    const start: Omit<IoThreadStart, "port"> = {
      limits,
      workers: options.workers,
      journal: journal === undefined ? undefined : { name: journal.name, durable: journal.durable, port },
      owner: this.#owner,
      life: { number: this.#life, knownSince: this.#knownSince },
      lag: this.#lag,
      outcomes: this.#outcomes,
      watched: this.#watched,
      workersSeen: this.#workersSeen,
      tools: this.#tools.all(),
      lastRun: this.#runs.last,
      left,
    };
    this.#worker = new IoWorker(start, this);
    box = new Postbox(this.#worker.port, (message, error) => this.#unsendable(message, error));
    this.#box = box;
    this.#words = words;
    for (const message of this.#toAsk.splice(0)) box.post(message);
    const { closing } = this.#house;
    if (closing !== undefined) this.drain(closing.message, closing.retryAfterMs);
    this.#endpoints.openAll();
  }

  #startAgain(): void {
    const { environment } = this.#house;
    const now = environment.now();
    const isShort = now - this.#startedAt < SHORT_LIFE_MS;
    const waitMs = isShort ? this.#restartMs : 0;
    this.#restartMs = isShort ? Math.min(LAST_RESTART_MS, Math.max(FIRST_RESTART_MS, 2 * this.#restartMs)) : 0;
    const start = (): void => {
      if (this.#exits || this.#worker !== undefined || this.#endpoints.size === 0) return;
      try {
        this.#start();
      } catch (error) {
        this.#house.log.error("turnmux: the I/O thread could not be started again", { error });
        this.#startAgain();
      }
    };
    if (waitMs === 0) start();
    else this.#cancelRestart = environment.setTimer(now + waitMs, start, false, true);
  }

  /** The thread is to do something, and does not answer. */
  #silent(): void {
    const cause = new Error(`it was to end, and has not answered for ${SILENT_MS / 1_000} s`);
    if (this.#exits) this.#house.log.error("turnmux: the I/O thread was ended", { error: cause });
    this.#worker?.end(cause);
  }

  /** Sends a message at once. False where there is nobody. */
  #sent(message: ToThread): boolean {
    if (this.#worker === undefined) return false;
    this.#box.now(message);
    return true;
  }

  /** Where there is no thread at present, its successor knows what becomes of its keys. */
  #askForKey(message: KeyMessage): void {
    if (this.#worker !== undefined) this.#box.post(message);
    else if (this.#endpoints.size > 0 && !this.#exits) this.#toAsk.push(message);
    else queueMicrotask(() => this.#unanswered(message));
  }

  /** No thread follows that could be asked. */
  #askNobody(): void {
    for (const message of this.#toAsk.splice(0)) this.#unanswered(message);
  }

  #unanswered(message: KeyMessage): void {
    if (message.kind !== "join") return;
    this.#keys.take({ kind: "joinedEnd", join: message.join, verdict: { kind: "elsewhere" } });
  }

  #unsendable(message: ToThread, error: unknown): void {
    this.#house.log.error("turnmux: a message to the I/O thread could not be sent", { kind: kindOf(message), error });
  }

  #unpacked(message: RunMessage): RunData {
    return unpackRun(message, this.#mirrors.get(message[3])?.session);
  }

  #take(message: Exclude<ToMain, RunMessage>): void {
    switch (message.kind) {
      case "abort":
        this.#runs.abort(message.run, message.reason);
        return;
      case "room":
        this.#runs.room(message.run, message.item);
        return;
      case "itemRefused":
        this.#runs.itemRefused(message.run, message.item, message.message);
        return;
      case "recorded":
        // Of what is not in the list then nobody knows any more whether it began.
        if (!this.#runs.recorded(message.run, message.refused)) this.#knownSince = this.#life + 1;
        return;
      case "words":
        this.#words.add(message.page);
        return;
      case "askAftermath":
        void this.#runs.askAftermath(message);
        return;
      case "leaveAftermath":
        this.#runs.leaveAftermath(message.ask);
        return;
      case "enterLane":
      case "leaveLane":
      case "waitForKey":
      case "leaveKey":
        this.#lanes.take(message);
        return;
      case "forgotten":
        this.#tools.forget(message.tools);
        return;
      case "held":
        this.#held = message.keys;
        this.#house.changed();
        return;
      case "refused":
        this.#house.handshakeRefused(message.code, message.message, message.requirement, message.times);
        return;
      case "log":
        this.#house.log[message.level](message.message, message.fields);
        return;
      case "committed":
        publish("journal", { event: "committed", fields: { operations: message.operations } });
        return;
      case "traceBegan":
      case "traceEnded":
        this.#traces.take(message);
        return;
      case "listening":
      case "listenFailed":
      case "endpointClosed":
      case "unauthenticated":
        this.#endpoints.take(message);
        return;
      case "probed":
        return;
      case "session":
      case "suspended":
      case "resumed":
      case "sessionClosed":
      case "event":
      case "lateness":
      case "running":
        this.#mirrors.take(message);
        return;
      default:
        this.#keys.take(message);
    }
  }
}

/** For the log. */
function kindOf(message: ToThread): string {
  return "kind" in message ? message.kind : "result";
}
