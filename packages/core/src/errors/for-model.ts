/**
 * What a model reads when a call failed. It decides whether the model repeats the call, and so whether something
 * happens twice.
 *
 * @module
 */

import { renderPath } from "../content/value.ts";
import type { Code } from "./codes.ts";
import type { Effect } from "./effect.ts";
import type { Outcome } from "./outcome.ts";

/** What the advice depends on: a part of a `TurnmuxError`. */
export interface FailedCall {
  readonly sentence: string;
  readonly code: Code;
  readonly outcome: Outcome;
  readonly retryable: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly details?: unknown;
  readonly tool?: string | undefined;
  readonly effect?: Effect | undefined;
  readonly verify?: string | undefined;
}

const maxIssues = 20;
const maxIssueLength = 200;

/** Codes after which the same tool fails again, whatever the arguments are. */
const hopeless: ReadonlySet<Code> = new Set(["permission_denied", "unimplemented", "unauthenticated"]);

/** Codes that say that the arguments do not fit: others may. */
const mendable: ReadonlySet<Code> = new Set(["invalid_argument", "out_of_range", "not_found"]);

/**
 * Plain sentences for a model: what happened, whether it took effect, what to do next.
 *
 * An effect that is not known counts as `once`, since a repetition might do harm.
 */
export function adviseModel(call: FailedCall): string {
  const subject = call.tool === undefined ? "" : `${call.tool}: `;
  return [`${subject}${asSentence(call.sentence)}`, ...issueSentences(call.details), ...advice(call)].join(" ");
}

function advice(call: FailedCall): readonly string[] {
  if (call.outcome === "not_started") return ["It did not run;", nextStep(call)];
  if (call.outcome === "failed") return ["It ran and changed nothing;", nextStep(call)];
  if (call.outcome === "completed") return completedAdvice(call);
  return unknownAdvice(call);
}

/** Whether a repetition does no harm, whatever became of the call. */
function isRepeatable(call: FailedCall): boolean {
  return call.effect === "read" || call.effect === "idempotent";
}

function nextStep(call: FailedCall): string {
  if (hopeless.has(call.code)) return "do not call it again.";
  if (call.code === "already_exists" || (call.code === "resource_exhausted" && !call.retryable))
    return "the same call will fail again.";
  if (mendable.has(call.code)) return "mend the arguments before you call it again.";
  return again(call, "you may call it again");
}

function completedAdvice(call: FailedCall): readonly string[] {
  if (isRepeatable(call)) return ["It ran to its end; calling it again is safe, but may end in the same way."];
  const look = call.verify === undefined ? [] : [`See with ${call.verify} what it did.`];
  return ["It took effect; do not repeat it.", ...look];
}

function unknownAdvice(call: FailedCall): readonly string[] {
  if (isRepeatable(call)) return ["Nobody knows whether it ran;", again(call, "it is safe to call it again")];
  return call.verify === undefined
    ? ["It may have run. Do not repeat it; tell the user that it may or may not have taken effect."]
    : [`It may have run. Do not repeat it; check with ${call.verify} first.`];
}

function again(call: FailedCall, permission: string): string {
  if (call.retryAfterMs === undefined || call.retryAfterMs <= 0) return `${permission}.`;
  const seconds = Math.ceil(call.retryAfterMs / 1000);
  return `${permission} after ${seconds} ${seconds === 1 ? "second" : "seconds"}.`;
}

function issueSentences(details: unknown): readonly string[] {
  const issues = readIssues(details);
  if (issues.length === 0) return [];
  return [
    `${issues.map((issue) => (issue.path === "" ? issue.message : `${issue.path}: ${issue.message}`)).join("; ")}.`,
  ];
}

/** Issues out of an error's details. They come from the peer: what does not have their shape is left out. */
function readIssues(details: unknown): readonly { path: string; message: string }[] {
  const issues = property(details, "issues");
  if (!Array.isArray(issues)) return [];
  const found: { path: string; message: string }[] = [];
  for (const issue of issues.slice(0, maxIssues) as unknown[]) {
    const message = property(issue, "message");
    const path = property(issue, "path");
    if (typeof message !== "string" || !Array.isArray(path)) continue;
    found.push({ path: renderPath(path.filter(isStep)), message: withoutStop(message.slice(0, maxIssueLength)) });
  }
  return found;
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function isStep(step: unknown): step is string | number {
  return typeof step === "string" || typeof step === "number";
}

function asSentence(text: string): string {
  return /[.!?]$/u.test(text) ? text : `${text}.`;
}

function withoutStop(text: string): string {
  return text.replace(/\.$/u, "");
}
