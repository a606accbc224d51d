/**
 * All that a run has written down, read together.
 *
 * @module
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readRecords } from "../append-file.ts";
import { FILES } from "../files.ts";
import type { DiaryRecord, DriverRecord, Effect, Ending, Orders, StoreRecord, ToolName } from "../records.ts";

/** What the processes wrote, in the order of each file. */
export interface Evidence {
  /** By name of the store. */
  readonly stores: ReadonlyMap<string, readonly StoreRecord[]>;
  readonly ledger: readonly Effect[];
  readonly diary: readonly DiaryRecord[];
  readonly driver: readonly DriverRecord[];
}

/** One call for an intent. */
export interface Attempt {
  readonly attempt: string;
  readonly process: string;
  readonly askedAt: number;
  told?: { readonly at: number; readonly ending: Ending; readonly wrong: string | undefined };
  hung: boolean;
}

/** An intent, and all that is known about it. */
export interface Case {
  readonly intent: string;
  readonly tool: ToolName;
  readonly key: string | null;
  readonly orders: Orders;
  readonly store: string;
  readonly attempts: Attempt[];
  readonly looked: Extract<StoreRecord, { kind: "looked" }>[];
  readonly effects: Effect[];
}

/** Reads the files of a run. */
export function readEvidence(folder: string): Evidence {
  const stores = new Map<string, StoreRecord[]>();
  for (const file of readdirSync(folder)) {
    const name = /^store-(.*)\.jsonl$/.exec(file)?.[1];
    if (name !== undefined) stores.set(name, readRecords<StoreRecord>(join(folder, file)));
  }
  return {
    stores,
    ledger: readRecords<Effect>(join(folder, FILES.ledger)),
    diary: readRecords<DiaryRecord>(join(folder, FILES.diary)),
    driver: readRecords<DriverRecord>(join(folder, FILES.driver)),
  };
}

/** Sorts the evidence by intent. `strays` are effects that no intent asked for. */
export function casesOf({ stores, ledger }: Evidence): {
  readonly cases: ReadonlyMap<string, Case>;
  readonly strays: readonly Effect[];
} {
  const cases = new Map<string, Case>();
  const attempts = new Map<string, Attempt>();
  for (const [store, records] of stores) {
    for (const record of records) {
      if (record.kind === "intent") {
        const { intent, tool, key, orders } = record;
        cases.set(intent, { intent, tool, key, orders, store, attempts: [], looked: [], effects: [] });
      } else if (record.kind === "asked") {
        const attempt = { attempt: record.attempt, process: record.process, askedAt: record.at, hung: false };
        attempts.set(record.attempt, attempt);
        cases.get(record.intent)?.attempts.push(attempt);
      } else if (record.kind === "told") {
        const attempt = attempts.get(record.attempt);
        if (attempt !== undefined) attempt.told = { at: record.at, ending: record.ending, wrong: record.wrong };
      } else if (record.kind === "hung") {
        const attempt = attempts.get(record.attempt);
        if (attempt !== undefined) attempt.hung = true;
      } else if (record.kind === "looked") cases.get(record.intent)?.looked.push(record);
    }
  }
  const strays = ledger.filter((effect) => {
    const found = attempts.has(effect.attempt) ? cases.get(effect.intent) : undefined;
    found?.effects.push(effect);
    return found === undefined;
  });
  return { cases, strays };
}
