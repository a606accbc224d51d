/**
 * The tools of ways that cannot be asked for them: the runner has to know them.
 *
 * @module
 */

import { z } from "zod";
import { tools } from "../contract.ts";
import type { DoorTool } from "./door.ts";

/** The cron tools, as {@link ToolDoor.tools} of a turnmux session gives them. */
export const KNOWN_TOOLS: readonly DoorTool[] = Object.entries(tools.cron).map(([name, { description, input }]) => ({
  name: `cron.${name}`,
  description,
  input: z.toJSONSchema(input, { target: "draft-2020-12", io: "input" }),
}));
