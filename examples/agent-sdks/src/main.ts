/**
 * Runs the same script with both SDKs, and shows what the model read.
 */
import { withAgents } from "./with-agents.ts";
import { withAi } from "./with-ai.ts";

/** What came of a run. */
export interface Shown {
  /** What the model says last. */
  readonly text: string;
  /** What it read of its tools. */
  readonly read: readonly string[];
  /** The jobs that there are in the end. */
  readonly jobs: readonly string[];
}

if (import.meta.main) {
  for (const [name, run] of [
    ["Vercel AI SDK", withAi],
    ["OpenAI Agents SDK", withAgents],
  ] as const) {
    const { text, read, jobs } = await run();
    console.log(`\n${name}`);
    for (const one of read) console.log(`  the model reads: ${one}`);
    console.log(`  the model says:  ${text}`);
    console.log(`  jobs:            ${jobs.length}, although the acknowledgement of the first one was lost`);
  }
}
