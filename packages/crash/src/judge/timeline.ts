/**
 * The story of one intent, out of all records.
 *
 * @module
 */

import { nameOf } from "../files.ts";
import type { Ending } from "../records.ts";
import type { Evidence } from "./evidence.ts";

interface Line {
  readonly at: number;
  readonly text: string;
}

/** One line for each thing that happened, with milliseconds since the first one. Processes that were killed meanwhile are in it. */
export function timelineOf(evidence: Evidence, intent: string): string[] {
  const lines = [...storeLines(evidence, intent), ...ledgerLines(evidence, intent)].sort((a, b) => a.at - b.at);
  const first = lines[0]?.at ?? 0;
  const last = lines.at(-1)?.at ?? 0;
  const involved = new Set(["gateway", ...storesOf(evidence, intent).map((store) => store.replace(/^gateway-/, ""))]);
  for (const { at, what, process, detail } of evidence.driver) {
    if (at < first || at > last || !involved.has(nameOf(process))) continue;
    lines.push({ at, text: `${process}  ${what}${detail === undefined ? "" : `: ${detail}`}` });
  }
  return lines.sort((a, b) => a.at - b.at).map(({ at, text }) => `${(at - first).toFixed(1).padStart(10)} ms  ${text}`);
}

function storesOf({ stores }: Evidence, intent: string): string[] {
  return [...stores.keys()].filter((name) =>
    stores.get(name)?.some((record) => record.kind === "intent" && record.intent === intent),
  );
}

function storeLines(evidence: Evidence, intent: string): Line[] {
  const attempts = new Map<string, string>();
  const lines: Line[] = [];
  for (const name of storesOf(evidence, intent)) {
    for (const record of evidence.stores.get(name) ?? []) {
      const { at } = record;
      if (record.kind === "told" || record.kind === "hung") {
        const process = attempts.get(record.attempt);
        if (process === undefined) continue;
        const what = record.kind === "hung" ? "has had no ending for long" : `told ${spoken(record.ending)}`;
        lines.push({ at, text: `${process}  call ${record.attempt} ${what}` });
      } else if ("intent" in record && record.intent === intent) {
        if (record.kind === "intent") {
          const text = `${name}  wants ${record.tool}, key ${record.key ?? "none"}, ${JSON.stringify(record.orders)}`;
          lines.push({ at, text });
        } else if (record.kind === "asked") {
          attempts.set(record.attempt, record.process);
          const cancel = record.cancelMs === null ? "" : `, cancelled after ${record.cancelMs} ms`;
          const how = `deadline ${record.timeoutMs} ms${cancel}, key ${record.key ?? "none"}`;
          lines.push({ at, text: `${record.process}  call ${record.attempt}, ${how}` });
        } else if (record.kind === "looked") {
          const { answer } = record;
          const said = answer.state === "settled" ? spoken(answer.ending) : answer.state;
          lines.push({ at, text: `${name}  outcome: ${said}` });
        } else lines.push({ at, text: `${name}  is done with it: ${record.why}` });
      }
    }
  }
  return lines;
}

function ledgerLines({ ledger, diary }: Evidence, intent: string): Line[] {
  const runs = new Map<string, string>();
  const keys = new Set<string>();
  const lines: Line[] = [];
  for (const effect of ledger) {
    if (effect.intent !== intent) continue;
    if (effect.key !== null) keys.add(effect.key);
    lines.push({ at: effect.at, text: `${effect.process}  EFFECT ${effect.effect} of run ${effect.run}` });
  }
  for (const record of diary) {
    const { at } = record;
    if (record.kind === "began" && record.intent === intent) {
      runs.set(record.run, record.process);
      lines.push({ at, text: `${record.process}  run ${record.run} begins, for call ${record.attempt}` });
    } else if (record.kind === "ended" && runs.has(record.run)) {
      lines.push({ at, text: `${runs.get(record.run)}  run ${record.run} ends: ${record.how}` });
    } else if (record.kind === "reconciled" && keys.has(record.key)) {
      lines.push({ at, text: `${record.process}  reconcile finds ${record.found ?? "nothing"}` });
    }
  }
  return lines;
}

function spoken(ending: Ending): string {
  if (ending.ok) return `ok ${JSON.stringify(ending.value)}`;
  return `${ending.code}, ${ending.outcome}: ${ending.message}`;
}
