/**
 * Runs of handlers that the I/O thread asks for.
 *
 * @module
 */

import { aftermathOf, Errand, failed, type RegisteredTool, type Settled } from "@turnmux/core";
import type { House } from "../../session/house.ts";
import { abortReason } from "../aborts.ts";
import type { AbortData, LeftRun, RunData, RunNumber, ToMain, ToThread } from "../messages.ts";
import { Postbox } from "../postbox.ts";
import { RunWords } from "../shared.ts";
import { RunEnds } from "./run-ends.ts";
import type { ToldTools } from "./told-tools.ts";

/** What {@link RunsHere} work with. */
export interface RunsHereOptions {
  readonly house: House;
  readonly tools: ToldTools;
  /** What a session may do now; undefined where it is over. */
  readonly scopesOf: (sessionId: string) => readonly string[] | undefined;
}

/** What belongs to the thread that asks at present. */
export interface AskingThread {
  readonly box: Postbox<ToThread>;
  readonly words: RunWords;
}

/** While there is no thread: what is said then, its successor is told. */
const NOBODY: AskingThread = { box: new Postbox({ postMessage() {} }, () => {}), words: new RunWords() };

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
  readonly #ended = new Map<RunNumber, LeftRun>();
  readonly #asked = new Map<number, AbortController>();
  #thread: AskingThread = NOBODY;
  /** Runs looked at in this turn. */
  #taken = 0;
  /** Told of each end of a run under a key, once there is no thread any more that could record it. */
  #ownEnds: ((left: LeftRun) => void) | undefined;
  /** The highest number that was used. */
  #last: RunNumber = 0;

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
      this.#end(data, refused ?? GONE);
      return;
    }
    const { run, sessionId, context, input, fingerprint } = data;
    const ends = new RunEnds({
      run,
      tool,
      environment: house.environment,
      post: (message, moved) => this.#thread.box.post(message, moved),
      over: (settled) => {
        const isForgotten = this.#runs.get(run)?.isForgotten === true;
        this.#runs.delete(run);
        if (isForgotten) house.changed();
        else this.#end(data, settled);
      },
    });
    const { environment, options } = house;
    const errand = new Errand({
      tool,
      input,
      context,
      keyed: fingerprint !== undefined,
      host: { environment, interceptors: options.interceptors ?? [], identity: { id: sessionId } },
      callers: { waits: () => words.wait(data.word), begins: () => words.begin(data.word) },
      participant: ends,
    });
    this.#runs.set(run, { data, tool, errand, ends, isForgotten: false });
    errand.start();
  }

  /** All that came in one message was looked at. */
  looked(): void {
    if (this.#taken === 0) return;
    this.#thread.box.post({ kind: "taken", count: this.#taken });
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

  recorded(run: RunNumber): void {
    this.#ended.delete(run);
    const running = this.#runs.get(run);
    if (running !== undefined) running.isForgotten = true;
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
      this.#end(data, NOT_BEGUN);
    }
    for (const { tool, errand, ends } of this.#runs.values()) {
      ends.unheard();
      if (tool.contract.whenSessionEnds === "abort") errand.abort(new Error("the session ended"));
    }
  }

  /** What a successor has to know: it is answered from now on. */
  left(successor: AskingThread): LeftRun[] {
    this.#thread = successor;
    const running = [...this.#runs.values()].map(({ data }) => leftRun(data, undefined));
    return [...this.#ended.values(), ...running.filter((run) => run !== undefined)];
  }

  /** No thread follows: `record` is told how runs under a key ended, now and later. */
  inherit(record: (left: LeftRun) => void): void {
    this.#thread = NOBODY;
    this.#ownEnds = record;
    for (const left of this.#ended.values()) record(left);
    this.#ended.clear();
  }

  #end(data: RunData, settled: Settled): void {
    const left = leftRun(data, settled);
    if (left !== undefined && this.#ownEnds !== undefined) this.#ownEnds(left);
    else if (left !== undefined) this.#ended.set(data.run, left);
    this.#options.house.changed();
  }

  /** Why it does not run although it was begun; told as its end. */
  #refusal(tool: RegisteredTool | undefined, { run, sessionId }: RunData): Settled | undefined {
    let refused: Settled | undefined;
    const scopes = this.#options.scopesOf(sessionId);
    if (tool === undefined) refused = GONE;
    else if (scopes !== undefined && !tool.contract.scopes.every((scope) => scopes.includes(scope))) {
      const message = `the scopes of this session do not allow ${tool.name}`;
      refused = failed("permission_denied", message, "not_started");
    }
    if (refused !== undefined) this.#thread.box.post({ kind: "settled", run, settled: refused });
    return refused;
  }
}

const GONE: Settled = failed("unimplemented", "the tool is there no more", "not_started");

const NOT_BEGUN: Settled = failed("unavailable", "the gateway's I/O thread ended before the call began", "not_started");

/** What is left of a run under a key; undefined for any other. */
function leftRun({ run, tool, context, fingerprint }: RunData, settled: Settled | undefined): LeftRun | undefined {
  const { principal, key, callId } = context;
  if (key === undefined || fingerprint === undefined) return undefined;
  return { run, tool, principal, key, callId, fingerprint, settled };
}
