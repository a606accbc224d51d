/**
 * What really happened, written down outside of all processes: each run of a handler, and each effect.
 *
 * @module
 */
import type { Process } from "./process.ts";
import { isOnce, type Script } from "./tools.ts";
import type { World } from "./world.ts";

/** How a handler ended, in its own words. */
export type RunEnd = "ok" | "failed" | "completed" | "threw";

/** One run of a handler. */
export interface Run {
  readonly number: number;
  readonly process: Process;
  /** Whose journal counts: gateways and clients have one each. */
  readonly site: string;
  readonly tool: string;
  readonly principal: string;
  readonly key: string | undefined;
  readonly turn: string | undefined;
  readonly script: Script;
  /** The attempt that the handler was told of: the first one, where several share the run. */
  readonly attempt: number;
  /** True once it has changed the world. */
  effect: boolean;
  end: RunEnd | undefined;
  /** When it ended, in milliseconds since the schedule began. */
  endedAt: number | undefined;
}

/** All that happened under one key. */
export interface KeyHistory {
  readonly runs: Run[];
  effects: number;
}

/** See the module's comment. */
export class Ledger {
  readonly runs: Run[] = [];
  readonly #world: World;
  readonly #keys = new Map<string, KeyHistory>();
  readonly #begunAnew = new Set<string>();
  /** Turns whose call has had its effect. */
  readonly #turns = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** A handler begins. */
  begin(run: Omit<Run, "number" | "effect" | "end" | "endedAt">): Run {
    const begun: Run = { ...run, number: this.runs.length, effect: false, end: undefined, endedAt: undefined };
    this.runs.push(begun);
    const { tool, key, principal, site, process } = begun;
    if (this.#world.trace !== undefined) {
      this.#world.note(process.name, `run ${begun.number} of ${tool} for ${principal}, key ${key ?? "none"}`);
    }
    if (key === undefined || !isOnce(tool)) return begun;
    const history = this.history(site, principal, key);
    for (const earlier of history.runs) {
      if (earlier.end === "failed" || mayRunAgain(earlier)) continue;
      const how = earlier.end ?? (earlier.process.alive ? "still runs" : "died with its process");
      this.#world.violate(
        "at most once",
        `${tool} runs again for ${principal}, key ${key}: run ${earlier.number} ${how}${earlier.effect ? ", and had its effect" : ""}`,
      );
    }
    history.runs.push(begun);
    return begun;
  }

  /** A handler changes the world. False where its process is dead: then nothing changes. */
  effect(run: Run): boolean {
    if (!run.process.perform()) return false;
    run.effect = true;
    const { tool, key, principal, site, process, number, turn } = run;
    this.#world.note(process.name, `run ${number} has its effect`);
    if (key === undefined || !isOnce(tool)) return true;
    const history = this.history(site, principal, key);
    history.effects += 1;
    if (turn !== undefined) this.#effectInTurn(turn, tool);
    if (history.effects > 1 && tool !== "redo") {
      this.#world.violate("at most once", `${tool} had ${history.effects} effects for ${principal}, key ${key}`);
    }
    return true;
  }

  /** A turn asks for one thing only, and tries again where it must. */
  #effectInTurn(turn: string, tool: string): void {
    if (this.#turns.has(turn)) this.#world.violate("at most once", `${tool} had two effects in ${turn}`);
    this.#turns.add(turn);
  }

  /** A handler ends. */
  end(run: Run, end: RunEnd): void {
    if (!run.process.alive) return;
    run.end = end;
    run.endedAt = this.#world.now;
    this.#world.note(run.process.name, `run ${run.number} ends: ${end}`);
  }

  /** A process of this site dies, or takes up its calls with new objects: those before may be beyond its reach. */
  beginsAnew(site: string): void {
    this.#begunAnew.add(site);
  }

  /** Whether a call may have run that this site knows nothing of but its record. */
  hasBegunAnew(site: string): boolean {
    return this.#begunAnew.has(site);
  }

  /** What happened under a key. */
  history(site: string, principal: string, key: string): KeyHistory {
    const address = `${site}\n${principal}\n${key}`;
    let history = this.#keys.get(address);
    if (history === undefined) {
      history = { runs: [], effects: 0 };
      this.#keys.set(address, history);
    }
    return history;
  }
}

/** Whether the tool says that a call may run again after this run, which died with its process. */
function mayRunAgain({ tool, process, effect }: Run): boolean {
  if (process.alive) return false;
  return tool === "redo" || (tool === "book" && !effect);
}
