/**
 * The scripted model: what a model does that has been asked to plan jobs, as a function of the conversation so far.
 *
 * @module
 */

import { z } from "zod";
import type { JobSpec } from "../cron/job.ts";

/** What the model does next. */
export type Move =
  | { readonly kind: "call"; readonly name: string; readonly args: Readonly<Record<string, unknown>> }
  | { readonly kind: "reply"; readonly text: string };

/** How often a model tries what failed: real ones differ, and once more is the least. */
const TRIES = 2;

const LIST: Move = { kind: "call", name: "cron_list", args: {} };
const JobNames = z.array(z.object({ name: z.string() }));

/**
 * For each job in turn: look at the list, add the job. An add that fails is called again with the same arguments, unless
 * the error says not to repeat it but to check: then the model looks whether the job is there first. It gives up when
 * the error says that the same call will fail again.
 *
 * The model remembers nothing: it goes through the results of its calls from the first one on, as a real one does.
 */
export function nextMove(jobs: readonly JobSpec[], results: readonly string[]): Move {
  const history = results[Symbol.iterator]();
  const unsure: string[] = [];
  for (const job of jobs) {
    if (history.next().value === undefined) return LIST;
    let planned = false;
    for (let tries = 0; tries < TRIES && !planned; tries += 1) {
      const added = history.next().value;
      if (added === undefined) return { kind: "call", name: "cron_add", args: { ...job } };
      planned = !isError(added);
      if (!planned && saysItIsHopeless(added)) break;
      if (!planned && saysToCheck(added)) {
        const listed = history.next().value;
        if (listed === undefined) return LIST;
        planned = namesIn(listed).includes(job.name);
      }
    }
    if (!planned) unsure.push(job.name);
  }
  return { kind: "reply", text: replyFor(jobs, unsure) };
}

/** Results are JSON; whatever else comes back is a sentence about a failure. */
function isError(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}

function saysToCheck(text: string): boolean {
  return /\bdo not repeat\b|\bcheck with\b/i.test(text);
}

function saysItIsHopeless(text: string): boolean {
  return /\bdo not call it again\b|\bwill fail again\b/i.test(text);
}

function namesIn(text: string): string[] {
  if (isError(text)) return [];
  const listed = JobNames.safeParse(JSON.parse(text));
  return listed.success ? listed.data.map((job) => job.name) : [];
}

function replyFor(jobs: readonly JobSpec[], unsure: readonly string[]): string {
  const sure = jobs.filter((job) => !unsure.includes(job.name));
  const planned = sure.map((job) => `"${job.name}" (${job.schedule})`).join(", ");
  return [
    sure.length > 0 ? `Planned: ${planned}.` : "I could not plan anything.",
    ...unsure.map((name) => `I do not know whether "${name}" is planned.`),
  ].join(" ");
}
