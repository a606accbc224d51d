/**
 * What an application wants, kept in its store, and what becomes of it.
 *
 * @module
 */

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Session } from "@turnmux/client";
import { AppendFile, readRecords } from "./append-file.ts";
import { Caller, type AttemptOptions, type Intent } from "./caller.ts";
import { nameOf, storeFile } from "./files.ts";
import { invoke, look } from "./invoke.ts";
import type { ProcessSettings } from "./messages.ts";
import type { Random } from "./random.ts";
import { now, type Ending, type LookedUp, type Orders, type StoreRecord, type ToolName } from "./records.ts";

/** What one application's load is made of. */
export interface IntentsOptions {
  readonly settings: ProcessSettings;
  readonly random: Random;
  /** The session to call on at present. Waits for one. */
  readonly session: () => Promise<Session>;
  /** Which tools it calls, and how often. */
  readonly tools: Readonly<Partial<Record<ToolName, number>>>;
  /** Calls at a time. */
  readonly workers: number;
  /** Names of intents begin with this. */
  readonly prefix?: string | undefined;
}

/** Asks for one intent, in a row, before the application turns to others for a while. */
const TRIES = 6;

/** Asks for one intent once nothing breaks any more. Only what cannot be known needs more than one. */
const CALM_TRIES = 12;

const CALM_TIMEOUT_MS = 20_000;

/** The share of `once` calls that are made in a turn, without a key, as a model makes them. */
const TURNS = 0.15;

/** See the module's comment. */
export class Intents {
  readonly #options: IntentsOptions;
  readonly #store: AppendFile<StoreRecord>;
  readonly #caller: Caller;
  /** Those that the application is not done with. */
  readonly #open = new Map<string, Intent>();
  /** Those of `once` tools that have ended well: to be asked for again at the end. */
  readonly #well: Intent[] = [];
  /** Where the calls of a turn are made: only there they may be asked for again. */
  readonly #turns = new WeakMap<Intent, Session>();
  /** Left over from the process before this one. */
  readonly #inherited: Intent[];
  readonly #old: ReadonlySet<Intent>;
  #count = 0;
  #calm: boolean;

  constructor(options: IntentsOptions) {
    this.#options = options;
    const { settings, prefix = "" } = options;
    const name = nameOf(settings.process) + prefix;
    const path = join(settings.folder, storeFile(name));
    for (const record of readRecords<StoreRecord>(path)) {
      if (record.kind === "intent") this.#open.set(record.intent, record);
      if (record.kind === "closed") this.#open.delete(record.intent);
    }
    this.#inherited = [...this.#open.values()];
    this.#old = new Set(this.#inherited);
    this.#calm = settings.calm;
    this.#store = new AppendFile(path);
    this.#store.write({ kind: "born", at: now(), process: settings.process });
    const forget = () => settings.plants.includes("no-ending") && options.random.chance(0.1);
    this.#caller = new Caller(this.#store, settings.process, invoke, forget);
  }

  /** Calls that were begun, and those that have not ended. */
  get counts(): { readonly calls: number; readonly pending: number } {
    return { calls: this.#caller.calls, pending: this.#caller.pending };
  }

  /** The session ended although nobody ended it. */
  sessionEnded(cause: string, code: string, message: string): void {
    this.#store.write({ kind: "session", at: now(), cause, code, message });
  }

  /** Calls until {@link calm} is called, and then until nothing is left to know. */
  async work(): Promise<void> {
    const { workers } = this.#options;
    await Promise.all(Array.from({ length: workers }, () => this.#worker()));
    await Promise.all(Array.from({ length: workers }, () => this.#settle()));
    const again = this.#well.splice(0, 40);
    await Promise.all(Array.from({ length: workers }, () => this.#repeat(again)));
  }

  /** Begins nothing new. */
  calm(): void {
    this.#calm = true;
  }

  /** All calls have ended, and the process ends. */
  leave(): void {
    this.#store.write({ kind: "left", at: now(), process: this.#options.settings.process });
  }

  async #worker(): Promise<void> {
    const { random } = this.#options;
    while (!this.#calm) {
      const intent = this.#inherited.shift() ?? (await this.#make());
      await this.#serve(intent);
      await pause(random.between(0, 60));
    }
  }

  /** The intent is on the disk before it is called. */
  async #make(): Promise<Intent> {
    const { random, settings, tools } = this.#options;
    const tool = random.weighted(tools as Readonly<Record<ToolName, number>>);
    this.#count += 1;
    const id = `${settings.process}${this.#options.prefix ?? ""}/${this.#count}`;
    const keyed = tool.startsWith("once.") || tool === "device.note";
    const turn = keyed && random.chance(TURNS) ? `turn of ${id}` : null;
    const key = keyed && turn === null ? `key of ${id}` : null;
    const intent: Intent = { intent: id, tool, key, turn, orders: draw(id, random) };
    this.#open.set(id, intent);
    await this.#store.keep({ kind: "intent", at: now(), ...intent });
    return intent;
  }

  async #serve(intent: Intent): Promise<void> {
    const { random } = this.#options;
    let unknown = 0;
    for (let tries = 0; tries < TRIES && !this.#calm; tries++) {
      const on = await this.#sessionFor(intent);
      if (on === undefined) return;
      const ending = await this.#ask(on, intent, this.#draw(), intent.turn === null && random.chance(0.06));
      if (ending.ok || ending.outcome === "completed") {
        this.#close(intent, "it took effect");
        if (ending.ok && intent.key !== null && this.#well.length < 400) this.#well.push(intent);
        return;
      }
      const repeatable = intent.key !== null || intent.turn !== null;
      if ((ending.outcome !== "unknown" || !repeatable) && random.chance(0.3)) {
        this.#close(intent, "the application gives it up");
        return;
      }
      if (ending.outcome === "unknown") {
        unknown += 1;
        const answer = unknown >= 2 || random.chance(0.2) ? await this.#look(intent) : undefined;
        if (answer?.state === "settled" && !answer.ending.ok && answer.ending.outcome === "unknown") {
          this.#close(intent, "it will not be known");
          return;
        }
      }
      await pause(random.between(0, 200));
    }
  }

  /**
   * Where to call for an intent. The key of a turn's call is the session's alone. Where another session stands by now, as after a crash of this process,
   * such an intent cannot be asked for again: a call of it could be a second one.
   */
  async #sessionFor(intent: Intent): Promise<Session | undefined> {
    const on = await this.#options.session();
    if (intent.turn === null) return on;
    const first = this.#turns.get(intent);
    if (first === on || (first === undefined && !this.#old.has(intent))) {
      this.#turns.set(intent, on);
      return on;
    }
    this.#close(intent, "its key was the session's, and that is gone");
    return undefined;
  }

  /** One call, or two at once under the same key. Gives back the ending that says more. */
  async #ask(on: Session, intent: Intent, options: AttemptOptions, twice: boolean): Promise<Ending> {
    const { settings } = this.#options;
    const renamed =
      settings.plants.includes("new-key") && intent.key !== null
        ? { ...options, key: `${intent.key} ${now()}` }
        : options;
    const calls = [this.#caller.attempt(on, intent, renamed)];
    if (twice) calls.push(this.#caller.attempt(on, intent, { timeoutMs: CALM_TIMEOUT_MS, key: renamed.key }));
    const [first, second] = await Promise.all(calls);
    if (first === undefined) throw new Error("no call was made");
    return second !== undefined && !first.ok ? second : first;
  }

  #draw(): AttemptOptions {
    const { random } = this.#options;
    const kind = random.weighted({ patient: 78, late: 10, cancelled: 12 });
    const slowly = random.chance(0.3);
    if (kind === "late") return { timeoutMs: random.spread(5, 600), slowly };
    const cancelMs = kind === "cancelled" ? random.spread(1, 500) : undefined;
    return { timeoutMs: CALM_TIMEOUT_MS, cancelMs, slowly };
  }

  /** Nothing breaks any more: what was begun is asked for until there is an answer. */
  async #settle(): Promise<void> {
    for (let intent = this.#take(); intent !== undefined; intent = this.#take()) {
      await this.#look(intent);
      let answers = 0;
      let why = "no answer was to be had";
      for (let tries = 0; tries < CALM_TRIES; tries++) {
        const on = await this.#sessionFor(intent);
        if (on === undefined) break;
        const ending = await this.#ask(on, intent, { timeoutMs: CALM_TIMEOUT_MS }, false);
        why = ending.ok ? "ok" : ending.outcome;
        if (ending.ok || ending.outcome === "completed") break;
        if (ending.outcome !== "not_started") answers += 1;
        // It ran, and nobody breaks anything any more: a third answer would be the same.
        if (answers === 2) break;
        await pause(100);
      }
      this.#close(intent, `at the end: ${why}`);
      await this.#look(intent);
    }
  }

  #take(): Intent | undefined {
    for (const [id, intent] of this.#open) {
      this.#open.delete(id);
      return intent;
    }
    return undefined;
  }

  /** What ended well is asked for again: the answer must be the same. */
  async #repeat(intents: Intent[]): Promise<void> {
    for (let intent = intents.pop(); intent !== undefined; intent = intents.pop()) {
      await this.#ask(await this.#options.session(), intent, { timeoutMs: CALM_TIMEOUT_MS }, false);
    }
  }

  async #look(intent: Intent): Promise<LookedUp | undefined> {
    if (intent.key === null) return undefined;
    const on = await this.#options.session();
    const since = now();
    const answer = await look(on, intent.key);
    await this.#store.keep({ kind: "looked", at: now(), since, intent: intent.intent, answer });
    return answer;
  }

  #close(intent: Intent, why: string): void {
    this.#open.delete(intent.intent);
    this.#store.write({ kind: "closed", at: now(), intent: intent.intent, why });
  }
}

/** Sometimes the effect comes at once, sometimes late, and sometimes long before the handler returns. */
function draw(intent: string, random: Random): Orders {
  const soon = (): number => (random.chance(0.3) ? 0 : random.spread(1, 200));
  return {
    intent,
    before: soon(),
    after: random.chance(0.12) ? random.between(300, 1_500) : soon(),
    how: random.weighted({ work: 80, refuse: 8, break: 4, obey: 8 }),
    octets: random.chance(0.15) ? random.spread(1_000, 150_000) : random.between(0, 60),
    items: random.spread(1, 60),
  };
}
