/**
 * The tools: their names, what they do, and the schemas of their arguments. Gateway and turn both read this table.
 *
 * @module
 */

import { z } from "zod";
import { JobId, JobSpec } from "./cron/job.ts";

/** What the gateway and the model need to know about a tool. */
export interface ToolInfo {
  readonly description: string;
  readonly input: z.ZodType;
}

/** Every tool by its name. */
export const TOOLS = {
  "cron.list": { description: "Lists the planned jobs.", input: z.object({}) },
  "cron.add": { description: "Plans a new job.", input: JobSpec },
  "cron.remove": { description: "Removes a job.", input: JobId },
  "cron.run": { description: "Runs a job now, whatever its schedule.", input: JobId },
} as const satisfies Record<string, ToolInfo>;

/** The name of a tool. */
export type ToolName = keyof typeof TOOLS;

export function isToolName(name: string): name is ToolName {
  return Object.hasOwn(TOOLS, name);
}
