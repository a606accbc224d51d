import type { Evidence } from "../../src/judge/evidence.ts";
import type { DiaryRecord, DriverRecord, Effect, Ending, LookedUp, StoreRecord, ToolName } from "../../src/records.ts";

/** Makes up what a run might have written, about one intent of the client `c1`. Time passes by one with each line. */
export class Story {
  readonly #store: StoreRecord[] = [];
  readonly #ledger: Effect[] = [];
  readonly #diary: DiaryRecord[] = [];
  readonly #driver: DriverRecord[] = [];
  readonly #tool: ToolName;
  #at = 0;

  constructor(tool: ToolName = "once.plain") {
    this.#tool = tool;
    this.#store.push({ kind: "born", at: this.#tick(), process: "c1#1" });
    const orders = { intent: "i", before: 0, after: 0, how: "work", octets: 0, items: 0 } as const;
    this.#store.push({ kind: "intent", at: this.#tick(), intent: "i", tool, key: "k", turn: null, orders });
  }

  /** What the run has written. */
  get evidence(): Evidence {
    return {
      stores: new Map([["c1", this.#store]]),
      ledger: this.#ledger,
      diary: this.#diary,
      driver: this.#driver,
    };
  }

  asks(attempt: string, process = "c1#1"): this {
    const more = { timeoutMs: 1_000, cancelMs: null };
    this.#store.push({ kind: "asked", at: this.#tick(), process, intent: "i", attempt, key: "k", ...more });
    return this;
  }

  told(attempt: string, ending: Ending, wrong?: string): this {
    this.#store.push({ kind: "told", at: this.#tick(), attempt, ending, ...(wrong === undefined ? {} : { wrong }) });
    return this;
  }

  hangs(attempt: string): this {
    this.#store.push({ kind: "hung", at: this.#tick(), attempt });
    return this;
  }

  looks(answer: LookedUp): this {
    this.#store.push({ kind: "looked", since: this.#tick(), at: this.#tick(), intent: "i", answer });
    return this;
  }

  runs(run: string, attempt: string, process = "gateway#1"): this {
    this.#diary.push({ kind: "began", at: this.#tick(), run, intent: "i", attempt, tool: this.#tool, process });
    return this;
  }

  effect(effect: string, run: string, attempt: string, process = "gateway#1"): this {
    const at = this.#tick();
    this.#ledger.push({ kind: "effect", at, effect, run, intent: "i", attempt, key: "k", tool: this.#tool, process });
    return this;
  }

  kills(process: string): this {
    this.#driver.push({ kind: "driver", at: this.#tick(), what: "kill", process });
    return this;
  }

  exits(process: string): this {
    this.#driver.push({ kind: "driver", at: this.#tick(), what: "exit", process, detail: "exit code 1" });
    return this;
  }

  session(cause: string): this {
    this.#store.push({ kind: "session", at: this.#tick(), cause, code: "internal", message: "a rule was broken" });
    return this;
  }

  leaves(process = "c1#1"): this {
    this.#store.push({ kind: "left", at: this.#tick(), process });
    return this;
  }

  #tick(): number {
    this.#at += 1;
    return this.#at;
  }
}

/** Told that it took this effect. */
export function ok(effect: string): Ending {
  return { ok: true, value: { intent: "i", effect } };
}

/** Told that it failed with this outcome. */
export function not(outcome: "not_started" | "failed" | "completed" | "unknown"): Ending {
  return { ok: false, code: "aborted", outcome, message: "no" };
}
