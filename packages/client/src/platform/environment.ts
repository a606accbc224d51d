/**
 * The clock, timers and randomness of the runtime, the same in Node and browsers.
 *
 * @module
 */
import { systemEnvironment, type Environment, type Logger } from "@turnmux/core";
import { nanoid } from "nanoid";
import type { diagnostics } from "./diagnostics.ts";

/** What only some runtimes have. */
type Hooks = ReturnType<typeof diagnostics> & Pick<Environment, "lagMs">;

/** A new environment that logs to `log`, with the hooks that the runtime has. */
export function runtimeEnvironment(log: Logger | undefined, hooks: Hooks = {}): Environment {
  return systemEnvironment({ globals: globalThis, id: nanoid, log, ...hooks });
}
