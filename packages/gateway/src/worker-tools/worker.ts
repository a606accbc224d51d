/**
 * The threads of worker tools: the file that the pool has them load.
 *
 * Beside `node:*` and its neighbours it imports nothing that a tool does not ask for, so that a thread is there soon.
 *
 * @module
 */

import { checksOf } from "./checks.ts";
import type { Job, ModuleReference, ThrownText } from "./messages.ts";
import { loadHandler } from "./module.ts";
import { describeThrown } from "./thrown.ts";
import { WorkerRun } from "./worker-run.ts";

/** Runs one call to its end. Never rejects: the other thread hears over the job's port how it ended. */
export async function run(job: Job): Promise<void> {
  await new WorkerRun(job).run();
}

/** Loads a tool's module before anybody calls it; what is wrong with it, or nothing. */
export async function load(module: ModuleReference): Promise<ThrownText | undefined> {
  try {
    await loadHandler(module);
    await checksOf(module);
    return undefined;
  } catch (error) {
    return describeThrown(error);
  }
}
