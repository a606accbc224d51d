/**
 * What a job is, as schemas: the gateway checks arguments with them, and the model is told about them as JSON Schema.
 *
 * @module
 */

import { CronPattern } from "croner";
import { z } from "zod";

/** What the caller says about a job. */
export const JobSpec = z.object({
  name: z.string().min(1).max(80).describe("A short name for the job"),
  schedule: z
    .string()
    .max(80)
    .refine(isPattern, "not a cron pattern")
    .describe("A cron pattern of five fields: minute, hour, day of the month, month, day of the week"),
  message: z.string().max(2_000).describe("What to say when the job is due"),
});
export type JobSpec = z.infer<typeof JobSpec>;

/** A job as the gateway keeps it. */
export const Job = JobSpec.extend({
  id: z.string(),
  runs: z.number().int().describe("How often it has run"),
  nextRun: z.string().nullable().describe("When it runs next, as an ISO date, or null when it never does"),
});
export type Job = z.infer<typeof Job>;

/** Names one job. */
export const JobId = z.object({ id: z.string().min(1).max(64).describe("The id of the job") });
export type JobId = z.infer<typeof JobId>;

function isPattern(text: string): boolean {
  try {
    return new CronPattern(text, undefined, { mode: "5-or-6-parts" }).pattern !== "";
  } catch {
    return false;
  }
}
