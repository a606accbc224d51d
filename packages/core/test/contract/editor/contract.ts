/** What the editor test looks at: a contract. */
import { z } from "zod";
import { tool } from "../../../src/contract/tool.ts";
import { defineTools } from "../../../src/contract/tree.ts";

export const tools = defineTools({
  cron: {
    add: tool({
      description: "Create a job",
      input: z.object({ schedule: z.string() }),
      output: z.object({ id: z.string() }),
      effect: "once",
    }),
  },
});
