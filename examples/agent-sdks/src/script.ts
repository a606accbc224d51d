/**
 * What the model does: it lists the jobs, creates one, asks for a tool in a wrong way, lists again, and is done.
 */
import type { Step } from "./scripted-model.ts";

export const script: readonly Step[] = [
  () => ({ call: "cron_list", args: {} }),
  () => ({ call: "cron_add", args: { text: "tea at four" } }),
  () => ({ call: "cron_add", args: { text: 4 } }),
  () => ({ call: "cron_list", args: {} }),
  (jobs) => ({ say: `There are these jobs: ${jobs}` }),
];
