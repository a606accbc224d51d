/** What the editor test looks at: both sides of a contract in use. */
import { buildClient } from "../../../src/contract/client.ts";
import type { ToolHandlers } from "../../../src/contract/infer.ts";
import { tools } from "./contract.ts";

const api = buildClient(tools, () => Promise.resolve({ id: "job-1" }));

export async function caller(): Promise<string> {
  const { id } = await api.cron.add({ schedule: "daily" });
  return id;
}

export const handlers: ToolHandlers<typeof tools> = {
  cron: {
    add: (job) => ({ id: job.schedule }),
  },
};
