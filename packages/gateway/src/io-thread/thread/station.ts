/**
 * The I/O thread: what it has, and what it does with each message of the main thread.
 *
 * @module
 */

import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { Execution, type Journal, type Logger, type RegisteredTool, type Settled } from "@turnmux/core";
import { portJournal } from "../../journal/port-journal.ts";
import { KeyExchange } from "../keys.ts";
import type { IoThreadStart, KeyMessage, LeftRun, ToMain, ToolNumber, ToolsMessage, ToThread } from "../messages.ts";
import type { ResultMessage } from "../packed.ts";
import { LagOfMain, RunWords, SharedOutcomes } from "../shared.ts";
import { weightOf } from "../size.ts";
import { publishHandlers, publishWorkers } from "../shared-workers.ts";
import { toolOf } from "../tool-data.ts";
import { Watched } from "../watched.ts";
import { ThreadEndpoints } from "./endpoints.ts";
import { ThreadHouse } from "./house.ts";
import { portLogger } from "./log.ts";
import { Outbox } from "./outbox.ts";
import { RunsOfMain } from "./runs.ts";
import { tracing } from "./traces.ts";

/** How long the thread waits at its end for the journal to take endings, in milliseconds. */
const LAST_RECORDS_MS = 5_000;

/** See the module's comment. */
export class Station {
  readonly #box: Outbox<ToMain>;
  readonly #log: Logger;
  readonly #house: ThreadHouse;
  readonly #runs: RunsOfMain;
  readonly #keys: KeyExchange;
  readonly #endpoints: ThreadEndpoints;
  readonly #tools = new Map<ToolNumber, { readonly tool: RegisteredTool; readonly remove: () => void }>();

  /** Takes the main thread's messages from now on. */
  static open(start: IoThreadStart): Station {
    return new Station(start);
  }

  private constructor(start: IoThreadStart) {
    const { port, limits, workers, owner, lag, outcomes, tools, lastRun, left } = start;
    const watched = new Watched(start.watched);
    this.#box = new Outbox<ToMain>(port, weightOf, (message, error) => {
      this.#log.error("turnmux: a message to the main thread could not be sent", {
        kind: "kind" in message ? message.kind : "run",
        error,
      });
    });
    this.#log = portLogger(this.#box);
    this.#keys = new KeyExchange(
      (message) => this.#box.post(message, undefined, keyOf(message)),
      () => this.#house.once,
      (join) => this.#box.takeBack(`join ${join}`),
    );
    this.#house = new ThreadHouse({
      limits,
      workers,
      journal: this.#journalOf(start, watched),
      owner,
      life: start.life,
      others: this.#keys,
      released: (execution, refused) => this.#runs.released(execution, refused),
      sessionOver: (sessionId) => this.#runs.leave(sessionId),
      log: this.#log,
      lag: new LagOfMain(lag),
      outcomes: new SharedOutcomes(outcomes),
      tracing: tracing(this.#box, watched),
      workersChanged: (stats) => publishWorkers(start.workersSeen, stats),
      handlersChanged: (count) => publishHandlers(start.workersSeen, count),
      box: this.#box,
      beforeInput: () => this.#catchUp(port),
    });
    const { environment } = this.#house;
    this.#runs = new RunsOfMain({
      box: this.#box,
      words: new RunWords(),
      environment,
      identityOf: (sessionId) => this.#house.tap(sessionId)?.session,
      lastRun,
    });
    this.#endpoints = new ThreadEndpoints(this.#house, this.#box);
    for (const message of tools) this.#takeTools(message);
    for (const run of left) this.#adopt(run);
    port.on("message", (messages: readonly ToThread[]) => this.#takeAll(messages));
  }

  /** What the main thread said before a peer sent this counts: the loop might look at the peer first. */
  #catchUp(port: MessagePort): void {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      // What the main thread posts: messages alone.
      this.#takeAll(next.message as readonly ToThread[]);
    }
  }

  #takeAll(messages: readonly ToThread[]): void {
    for (const message of messages) {
      if ("kind" in message) this.#take(message);
      else this.#runs.settled(message[0], { ok: true, value: message[1] });
    }
  }

  #take(message: Exclude<ToThread, ResultMessage>): void {
    switch (message.kind) {
      case "accept":
        this.#runs.accept(message.run, message.accept);
        return;
      case "progress":
        this.#runs.progress(message.run, message.value);
        return;
      case "item":
        this.#runs.item(message.run, message.item, message.value);
        return;
      case "settled":
        this.#runs.settled(message.run, message.settled, message.bySession);
        return;
      case "taken":
        this.#box.read(message.messages);
        this.#runs.taken(message.runs);
        return;
      case "dropped":
        this.#runs.dropped(message.run);
        return;
      case "aftermath":
        this.#runs.aftermath(message.ask, message.found);
        return;
      case "open":
        this.#house.tap(message.sessionId)?.port?.openFor(message.call, message.request);
        return;
      case "reset":
        this.#house.tap(message.sessionId)?.port?.resetFor(message.call, message.code);
        return;
      case "consumed":
        this.#house.tap(message.sessionId)?.port?.consumedFor(message.call, message.octets);
        return;
      case "ask":
        this.#house.tap(message.sessionId)?.port?.ask();
        return;
      case "tools":
        this.#takeTools(message);
        return;
      case "introduced":
        this.#house.tap(message.sessionId)?.introduced();
        return;
      case "scopes":
        this.#house.tap(message.sessionId)?.setScopes(message.scopes);
        return;
      case "endSession": {
        const tap = this.#house.tap(message.sessionId);
        if (message.how === "close") void tap?.session.close(message.message);
        else tap?.revoke(message.message);
        return;
      }
      case "listen":
        void this.#endpoints.listen(message.endpoint, message.options);
        return;
      case "closeEndpoint":
        void this.#endpoints.close(message.endpoint, message.message);
        return;
      case "drain":
        this.#house.closing ??= { message: message.message, retryAfterMs: message.retryAfterMs };
        for (const entry of this.#house.entries) entry.drain(message.message, message.retryAfterMs);
        return;
      case "close":
        this.#house.closing ??= { message: message.message };
        for (const entry of this.#house.entries) entry.close(message.message);
        return;
      case "laneQueued":
      case "laneVerdict":
      case "keyRefused":
        this.#house.remoteLanes.take(message);
        return;
      case "probe":
        this.#box.now({ kind: "probed" });
        return;
      case "exit":
        void this.#exit();
        return;
      default:
        this.#keys.take(message);
    }
  }

  /** The threads of worker tools end before this one: what their calls came to is to be recorded. */
  async #exit(): Promise<void> {
    await this.#house.workers.close();
    const { once, environment } = this.#house;
    // Those that run on in the main thread are recorded there.
    const recorded = (): boolean => (once?.running ?? 0) <= this.#runs.keyed;
    await this.#house.until(recorded, environment.now() + LAST_RECORDS_MS);
    this.#house.lag.close();
    this.#box.flush();
    process.exit(0);
  }

  #journalOf({ journal }: IoThreadStart, watched: Watched): Journal | undefined {
    if (journal === undefined) return undefined;
    let untold = 0;
    return portJournal(journal.name, journal.durable, journal.port, (operations) => {
      if (!watched.journal) return;
      // Commits that the main thread has not heard of are told together.
      untold = this.#box.takeBack("committed") ? untold + operations : operations;
      this.#box.post({ kind: "committed", operations: untold }, undefined, "committed");
    });
  }

  #takeTools({ sessionId, added, removed }: ToolsMessage): void {
    const registry = sessionId === undefined ? this.#house.registry : this.#house.tap(sessionId)?.registry;
    for (const id of removed) {
      this.#tools.get(id)?.remove();
      this.#tools.delete(id);
    }
    if (removed.length > 0) this.#box.post({ kind: "forgotten", tools: removed });
    // The session may be over by now.
    if (registry === undefined) return;
    for (const data of added) {
      const tool = toolOf(data, this.#runs.elsewhere(data.id), this.#house.workers);
      this.#tools.set(data.id, { tool, remove: registry.add([tool]) });
    }
  }

  /** A run under a key goes on, or its end is to be recorded. */
  #adopt({ run, tool: data, principal, key, callId, claimed, settled }: LeftRun): void {
    const { once } = this.#house;
    if (once === undefined) return;
    const tool = toolOf(data, this.#runs.elsewhere(data.id), this.#house.workers);
    const { fingerprint, epoch, repeats } = claimed;
    const execution = new Execution(tool, undefined, fingerprint);
    execution.mayHaveRun = repeats;
    execution.repeats = repeats;
    once.adopt(principal, key, callId, epoch, execution);
    const ends = (how: Settled): void => {
      // That it could not begin is for the callers of the dead thread to hear. Whoever has joined meanwhile runs anew.
      execution.refused = isNotBegun(how);
      once.end(principal, key, execution, how).catch((error: unknown) => {
        this.#log.error("turnmux: the end of a call could not be recorded", { error });
      });
    };
    if (settled !== undefined) {
      this.#runs.remember(run, execution);
      ends(settled);
      return;
    }
    // For those that join it.
    execution.accept({ state: "running" });
    void this.#runs.adopt(run, execution).then(ends);
  }
}

function isNotBegun(how: Settled): boolean {
  return !how.ok && how.code === "unavailable" && how.outcome === "not_started";
}

/** Of what is told of a run that another thread's calls have joined the latest waits. */
function keyOf({ kind, join }: KeyMessage): string | undefined {
  return kind === "join" || kind === "joinedAccept" || kind === "joinedProgress" ? `${kind} ${join}` : undefined;
}
