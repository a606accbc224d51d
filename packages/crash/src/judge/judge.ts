/**
 * Holds what callers were told against what happened.
 *
 * @module
 */

import type { Effect, Ending, ToolName } from "../records.ts";
import { casesOf, type Attempt, type Case, type Evidence } from "./evidence.ts";

/**
 * What can be wrong:
 *
 * - `lost`: told that it took effect, and there is none; or a call without an ending
 * - `duplicated`: an effect beyond the first
 * - `untrue`: told something else that the ledger contradicts
 */
export type Fault = "lost" | "duplicated" | "untrue";

/** One thing that is wrong. */
export interface Violation {
  readonly fault: Fault;
  /** The intent, as in the stores. */
  readonly intent: string;
  readonly sentence: string;
}

/** What came of a run. */
export interface Judgement {
  /** Calls that were made. */
  readonly calls: number;
  readonly violations: readonly Violation[];
  /** What else must not happen, and is about no call: a process that ended by itself, a session that broke a rule. */
  readonly problems: readonly string[];
  /** How many calls ended how. */
  readonly endings: ReadonlyMap<string, number>;
}

/** When a run of a handler began, by run. */
type Begun = ReadonlyMap<string, number>;

/** Whether calls of a tool take effect at all. */
export function takesEffect(tool: ToolName): boolean {
  return tool.startsWith("once.") || tool === "plain.put" || tool === "device.note";
}

/** Tools whose calls may run once more in each process, since they say so. */
const AGAIN: ReadonlySet<ToolName> = new Set(["once.again"]);

/** See the module's comment. */
export function judge(evidence: Evidence): Judgement {
  const { cases, strays } = casesOf(evidence);
  const killed = new Set(evidence.driver.filter(({ what }) => what === "kill").map(({ process }) => process));
  const begun: Begun = new Map(
    evidence.diary.flatMap((record) => (record.kind === "began" ? [[record.run, record.at] as const] : [])),
  );
  const violations: Violation[] = [];
  const endings = new Map<string, number>();
  let calls = 0;
  for (const each of cases.values()) {
    const found = (fault: Fault, sentence: string): void => {
      violations.push({ fault, intent: each.intent, sentence });
    };
    judgeCount(each, found);
    for (const attempt of each.attempts) {
      calls += 1;
      const how = howItEnded(attempt);
      endings.set(how, (endings.get(how) ?? 0) + 1);
      judgeAttempt(each, attempt, killed.has(attempt.process), begun, found);
    }
    judgeReplays(each, found);
    judgeLooks(each, begun, found);
  }
  for (const { intent, effect } of strays) {
    violations.push({ fault: "untrue", intent, sentence: `effect ${effect} was asked for by nobody` });
  }
  return { calls, violations, problems: problemsOf(evidence), endings };
}

type Found = (fault: Fault, sentence: string) => void;

function judgeCount({ tool, effects }: Case, found: Found): void {
  if (tool === "plain.put") return;
  const seen = new Set<string>();
  for (const { effect, process } of effects) {
    const place = AGAIN.has(tool) ? process : "";
    if (seen.has(place)) found("duplicated", `effect ${effect} is one too many`);
    seen.add(place);
  }
}

function judgeAttempt(each: Case, attempt: Attempt, killed: boolean, begun: Begun, found: Found): void {
  const { told, hung } = attempt;
  if (told === undefined) {
    if (hung) found("lost", `call ${attempt.attempt} had no ending long after its deadline`);
    else if (!killed) found("lost", `call ${attempt.attempt} has no ending`);
    return;
  }
  if (told.wrong !== undefined) found("untrue", `call ${attempt.attempt}: ${told.wrong}`);
  if (!told.ending.ok && told.ending.code === "already_exists") {
    found("untrue", `call ${attempt.attempt} was told that its key belongs to other arguments`);
  }
  if (takesEffect(each.tool)) judgeTold(each, attempt, told, begun, found);
}

function judgeTold(
  { tool, effects }: Case,
  { attempt, askedAt }: Attempt,
  { at, ending }: NonNullable<Attempt["told"]>,
  begun: Begun,
  found: Found,
): void {
  if (ending.ok) {
    judgeOk(effects, at, ending, `call ${attempt}`, found);
    return;
  }
  const own = effects.find((effect) => effect.attempt === attempt);
  switch (ending.outcome) {
    case "completed":
      if (!effects.some((effect) => effect.at <= at))
        found("lost", `call ${attempt} was told completed, and there is no effect`);
      return;
    case "not_started":
      if (own !== undefined) found("untrue", `call ${attempt} was told not_started, and took effect ${own.effect}`);
      return;
    case "failed": {
      // Of an idempotent tool it only says that the call may be repeated (ERR-002).
      if (tool === "plain.put") return;
      // A run that began before this call was made is one that it joined, or whose ending it got.
      const contradicts = own ?? effects.find(({ run }) => (begun.get(run) ?? askedAt) < askedAt);
      if (contradicts !== undefined) {
        found("untrue", `call ${attempt} was told failed, in spite of effect ${contradicts.effect}`);
      }
      return;
    }
    case "unknown":
      return;
  }
}

/** Told at `at` that it took effect: then there is one, it is the one that the result names, and it came first. */
function judgeOk(
  effects: readonly Effect[],
  at: number,
  ending: Extract<Ending, { ok: true }>,
  subject: string,
  found: Found,
): void {
  const named = effectOf(ending);
  const effect = effects.find((one) => one.effect === named);
  if (effect === undefined) {
    if (effects.length === 0) found("lost", `${subject} was told ok, and there is no effect`);
    else found("untrue", `${subject} was told ok with an effect that is not in the ledger`);
    return;
  }
  if (effect.at > at) found("untrue", `${subject} was told ok before its effect`);
}

/** Every answer under one key is the same answer, unless the call may have run again in between. */
function judgeReplays({ tool, effects, attempts }: Case, found: Found): void {
  if (!takesEffect(tool) || tool === "plain.put" || AGAIN.has(tool) || effects.length < 2) return;
  const named = attempts.flatMap(({ told }) => (told?.ending.ok === true ? [effectOf(told.ending)] : []));
  if (new Set(named).size > 1) found("untrue", "calls with the same key were told different results");
}

function judgeLooks({ effects, looked }: Case, begun: Begun, found: Found): void {
  for (const { at, since, answer } of looked) {
    const free = answer.state === "none" || (answer.state === "settled" && isFree(answer.ending));
    if (free) {
      const before = effects.find(({ at, run }) => at < since && (begun.get(run) ?? since) < since);
      const said = answer.state === "none" ? "nothing was known of the key" : "the call took no effect";
      if (before !== undefined) found("untrue", `who asked was told that ${said}, in spite of effect ${before.effect}`);
    }
    if (answer.state !== "settled") continue;
    const { ending } = answer;
    if (ending.ok) judgeOk(effects, at, ending, "who asked for the outcome", found);
    else if (ending.outcome === "completed" && effects.length === 0) {
      found("lost", "who asked for the outcome was told completed, and there is no effect");
    }
  }
}

function isFree(ending: Ending): boolean {
  return !ending.ok && (ending.outcome === "not_started" || ending.outcome === "failed");
}

function problemsOf({ stores, driver }: Evidence): string[] {
  const problems = driver
    .filter(({ what }) => what === "exit")
    .map(({ process, detail = "" }) => `${process} ended by itself: ${detail}`);
  const gone = new Set(driver.filter(({ what }) => what === "kill" || what === "exit").map(({ process }) => process));
  const unfinished = new Set<string>();
  for (const [name, records] of stores) {
    for (const record of records) {
      if (record.kind === "born" && !gone.has(record.process)) unfinished.add(record.process);
      if (record.kind === "left") unfinished.delete(record.process);
      if (record.kind !== "session") continue;
      problems.push(`a session of ${name} ended: ${record.cause}, ${record.code}, ${record.message}`);
    }
  }
  for (const process of unfinished) problems.push(`${process} did not end in order`);
  return problems;
}

function effectOf({ value }: Extract<Ending, { ok: true }>): unknown {
  return typeof value === "object" && value !== null && "effect" in value ? value.effect : undefined;
}

function howItEnded({ told }: Attempt): string {
  if (told === undefined) return "killed";
  return told.ending.ok ? "ok" : told.ending.outcome;
}
