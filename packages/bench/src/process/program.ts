/**
 * A program's side of its channel to the driver.
 *
 * @module
 */

import type { FromProgram, ToProgram } from "../driver/messages.ts";
import type { Actions, CommonActions } from "../driver/program.ts";

/** CPU time of this process so far, all of its threads, in microseconds. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const COMMON: CommonActions = {
  cpu: cpuUs,
  memory: () => {
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, heapUsed, external };
  },
};

/** The settings that the driver started this program with: what a bench gave to `context.start`. */
export function programSettings(): unknown {
  return JSON.parse(process.argv.at(-1) ?? "null");
}

/**
 * Does what the driver asks for, and tells it that the program is ready, with a value of the program's own. The program ends
 * with the driver, however that ended; the terminal's signals are for the driver alone.
 */
export function serveProgram(actions: Actions, value?: unknown): void {
  // What the driver passes is what the types of the table say: it is compiled with them.
  const table: Actions = { ...COMMON, ...actions };
  process.on("message", (message) => {
    const { id, action, argument } = message as ToProgram;
    void carryOut(id, table[action], argument as never);
  });
  process.on("disconnect", () => process.exit(0));
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
  tell({ say: "ready", value });
}

async function carryOut(
  id: number,
  action: ((argument: never) => unknown) | undefined,
  argument: never,
): Promise<void> {
  try {
    if (action === undefined) throw new Error("this program has no such action");
    tell({ say: "done", id, value: await action(argument) });
  } catch (error) {
    tell({ say: "failed", id, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

function tell(message: FromProgram): void {
  process.send?.(message);
}
