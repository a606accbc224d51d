/**
 * Runs of handlers that the I/O thread asks for.
 *
 * @module
 */

import { aftermathOf, Errand, failed, type RegisteredTool, type Settled } from "@turnmux/core";
import type { House } from "../../session/house.ts";
import { abortReason } from "../aborts.ts";
import type { AbortData, LeftRun, RunData, RunNumber, ToMain, ToThread } from "../messages.ts";
import { toolData } from "../tool-data.ts";
import { Postbox } from "../postbox.ts";
import { RunWords } from "../shared.ts";
import type { Mirror } from "./mirror.ts";
import { KeptEndings } from "./kept-endings.ts";
import { RunEnds } from "./run-ends.ts";
import type { ToldTools } from "./told-tools.ts";

/** What {@link RunsHere} work with. */
export interface RunsHereOptions {
  readonly house: House;
  readonly tools: ToldTools;
  /** A session that stands. */
  readonly mirrorOf: (sessionId: string) => Pick<Mirror, "session" | "ending"> | undefined;
}

/** What belongs to the thread that asks at present. */
export interface AskingThread {
  readonly box: Postbox<ToThread>;
  readonly words: RunWords;
}

/** While there is no thread: what is said then, its successor is told. */
const NOBODY: AskingThread = { box: new Postbox({ postMessage() {} }, () => {}), words: new RunWords() };

/** A run under a key that is over. */
export interface EndedRun {
  readonly tool: RegisteredTool;
  readonly data: RunData;
  readonly settled: Settled;
}

interface Running {
  readonly data: RunData;
  readonly tool: RegisteredTool;
  readonly errand: Errand;
  readonly ends: RunEnds;
  /** True where the other thread has taken it back, and knows of it no more. */
  isForgotten: boolean;
}

/** See the module's comment. It outlives the thread that asks. */
export class RunsHere {
  readonly #options: RunsHereOptions;
  readonly #runs = new Map<RunNumber, Running>();
  /** How runs under a key ended, until the journal has that. */
  readonly #ended = new Map<RunNumber, EndedRun>();
  readonly #kept = new KeptEndings();
  readonly #asked = new Map<number, AbortController>();
  #thread: AskingThread = NOBODY;
  /** Runs looked at in this turn. */
  #taken = 0;
  /** Told of each end of a run under a key, once there is no thread any more that could record it. */
  #ownEnds: ((ended: EndedRun) => void) | undefined;
  /** The highest number that was used. */
  #last: RunNumber = 0;
  #closed = false;

  constructor(options: RunsHereOptions) {
    this.#options = options;
  }

  /** The highest number of a run that there has been. */
  get last(): RunNumber {
    return this.#last;
  }

  /** A call that is to be run, unless it was taken back. */
  begin(data: RunData): void {
    const { box, words } = this.#thread;
    this.#taken += 1;
    this.#last = Math.max(this.#last, data.run);
    if (!words.begin(data.word)) {
      box.post({ kind: "dropped", run: data.run });
      return;
    }
    const { tools, house } = this.#options;
    const tool = tools.get(data.tool);
    const refused = this.#refusal(tool, data);
    if (tool === undefined || refused !== undefined) {
      this.#end(tool, data, refused ?? GONE);
      return;
    }
    const { run, sessionId, context, input, claimed } = data;
    const { key } = context;
    // What the handler asks for is on behalf of the run of its key, which others may wait for.
    const ofKey = key === undefined || claimed === undefined ? undefined : house.lanes.runs({ ...context, key });
    const ends = new RunEnds({
      run,
      tool,
      environment: house.environment,
      post: (message, moved) => this.#thread.box.post(message, moved),
      over: (settled) => {
        ofKey?.over();
        const isForgotten = this.#runs.get(run)?.isForgotten === true;
        this.#runs.delete(run);
        if (isForgotten) house.changed();
        else this.#end(tool, data, settled);
      },
    });
    const { environment, options } = house;
    const errand = new Errand({
      tool,
      input,
      context,
      keyed: claimed !== undefined,
      ofKey,
      host: { environment, interceptors: options.interceptors ?? [], identity: { id: sessionId } },
      callers: { waits: () => words.wait(data.word), begins: () => words.begin(data.word) },
      participant: ends,
    });
    if (claimed !== undefined) this.#kept.begins(data);
    this.#runs.set(run, { data, tool, errand, ends, isForgotten: false });
    errand.start();
  }

  /** The gateway is closed: nothing begins any more. */
  close(): void {
    this.#closed = true;
  }

  /** So many messages were read. */
  read(messages: number): void {
    this.#thread.box.post({ kind: "taken", messages, runs: this.#taken });
    this.#taken = 0;
  }

  abort(run: RunNumber, reason: AbortData): void {
    const running = this.#runs.get(run);
    running?.errand.abort(abortReason(reason, running.tool.name));
  }

  room(run: RunNumber, item: number): void {
    this.#runs.get(run)?.ends.room(item);
  }

  itemRefused(run: RunNumber, item: number, message: string): void {
    this.#runs.get(run)?.ends.refused(item, message);
  }

  /** `refused`: the journal has not taken it so far. False where it is not known any more that this one had begun. */
  recorded(run: RunNumber, refused: boolean): boolean {
    const ended = this.#ended.get(run);
    this.#ended.delete(run);
    const isKnown = !refused || ended === undefined || this.#kept.add(ended);
    const running = this.#runs.get(run);
    if (running !== undefined) running.isForgotten = true;
    return isKnown;
  }

  /** A key whose run was cut off is asked about. */
  async askAftermath({ ask, tool: number, call }: Extract<ToMain, { kind: "askAftermath" }>): Promise<void> {
    const tool = this.#options.tools.get(number);
    const controller = new AbortController();
    this.#asked.set(ask, controller);
    const found =
      tool === undefined
        ? ({ kind: "open", settled: GONE } as const)
        : await aftermathOf(tool, { ...call, signal: controller.signal }, this.#options.house.environment);
    if (this.#asked.get(ask) !== controller) return;
    this.#asked.delete(ask);
    this.#thread.box.post({ kind: "aftermath", ask, found });
  }

  leaveAftermath(ask: number): void {
    this.#asked.get(ask)?.abort(new Error("nobody waits any more"));
  }

  /** The thread is gone, and so are its sessions. `unlooked` are runs that nobody has looked at. */
  orphaned(unlooked: readonly RunData[]): void {
    this.#thread = NOBODY;
    this.#taken = 0;
    for (const controller of this.#asked.values()) controller.abort(new Error("the I/O thread has ended"));
    this.#asked.clear();
    for (const data of unlooked) {
      this.#last = Math.max(this.#last, data.run);
      this.#end(this.#options.tools.get(data.tool), data, NOT_BEGUN);
    }
    for (const { tool, errand, ends } of this.#runs.values()) {
      ends.unheard();
      if (tool.contract.whenSessionEnds === "abort") errand.abort(new Error("the session ended"));
    }
  }

  /** What a successor has to know: it is answered from now on. */
  left(successor: AskingThread): LeftRun[] {
    this.#thread = successor;
    for (const [run, ended] of this.#kept.take()) this.#ended.set(run, ended);
    const running = [...this.#runs.values()].map(({ tool, data }) => leftRun(tool, data, undefined));
    const ended = [...this.#ended.values()].map(({ tool, data, settled }) => leftRun(tool, data, settled));
    return [...ended, ...running].filter((run) => run !== undefined);
  }

  /** No thread follows: `record` is told how runs under a key ended, now and later. */
  inherit(record: (ended: EndedRun) => void): void {
    this.#thread = NOBODY;
    this.#ownEnds = record;
    for (const ended of [...this.#kept.take().map(([, kept]) => kept), ...this.#ended.values()]) record(ended);
    this.#ended.clear();
  }

  /** `tool` is undefined for one that was taken away before: then nobody can have begun it. */
  #end(tool: RegisteredTool | undefined, data: RunData, settled: Settled): void {
    if (tool !== undefined && data.claimed !== undefined) {
      // Its arguments are needed no more.
      const ended = { tool, data: { ...data, input: undefined }, settled };
      if (this.#ownEnds === undefined) this.#ended.set(data.run, ended);
      else this.#ownEnds(ended);
    }
    this.#options.house.changed();
  }

  /** Why it does not run although it was begun; told as its end. */
  #refusal(tool: RegisteredTool | undefined, { run, sessionId, tool: number }: RunData): Settled | undefined {
    let refused: Settled | undefined;
    // Of one that is over nothing is looked at: what its tool lets go on was not taken back before that.
    const mirror = this.#options.mirrorOf(sessionId);
    if (this.#closed) refused = SHUT;
    else if (tool === undefined || !this.#options.tools.isThere(number)) refused = GONE;
    else if (mirror !== undefined) refused = refusalBy(mirror, tool);
    if (refused === undefined) return undefined;
    this.#thread.box.post({ kind: "settled", run, settled: refused, bySession: !this.#closed });
    return refused;
  }
}

/** Why a session may not begin this. */
function refusalBy({ session, ending }: Pick<Mirror, "session" | "ending">, tool: RegisteredTool): Settled | undefined {
  const { scopes, whenSessionEnds } = tool.contract;
  if (ending === "revoke") return REVOKED;
  if (ending === "close" && whenSessionEnds === "abort") return CLOSED;
  if (scopes.every((scope) => session.scopes.includes(scope))) return undefined;
  const message = `the scopes of this session do not allow ${tool.name}`;
  return failed("permission_denied", message, "not_started");
}

const REVOKED: Settled = failed("permission_denied", "the grant of this session was taken back", "not_started");

const CLOSED: Settled = failed("unavailable", "the session was closed", "not_started");

const SHUT: Settled = failed("unavailable", "the gateway was closed", "not_started");

/** Another session may have another tool of this name, and even this one may: who calls again finds out. */
const GONE: Settled = failed("unavailable", "the tool was taken away meanwhile, or implemented anew", "not_started");

const NOT_BEGUN: Settled = failed("unavailable", "the gateway's I/O thread ended before the call began", "not_started");

/** What a successor is told of a run under a key; undefined for any other. */
function leftRun(tool: RegisteredTool, data: RunData, settled: Settled | undefined): LeftRun | undefined {
  const { run, context, claimed } = data;
  const { principal, key, callId } = context;
  if (key === undefined || claimed === undefined) return undefined;
  // It is here, so that it is no affair of a pool of the other thread's.
  return { run, tool: toolData(data.tool, tool, false), principal, key, callId, claimed, settled };
}
