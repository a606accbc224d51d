/**
 * What the user asks for: the one request that every row of the table gets.
 *
 * @module
 */

import type { JobSpec } from "./cron/job.ts";

/** The jobs that the user wants, and no others. The scripted model plans them; the table counts against them. */
export const WANTED: readonly JobSpec[] = [
  { name: "plants", schedule: "0 8 * * 1-5", message: "Water the plants." },
  { name: "report", schedule: "0 9 * * 1", message: "Send the weekly report." },
];

/** The request as the user types it. */
export const REQUEST: string = [
  "Please plan these jobs:",
  ...WANTED.map((job) => `- "${job.name}", cron schedule "${job.schedule}", message "${job.message}"`),
  "Look at the list of jobs before you add each one, one tool call at a time, and tell me at the end what is planned.",
].join("\n");
