/**
 * The clock, timers and randomness of the runtime, the same in Node and browsers.
 *
 * @module
 */
import { systemEnvironment, type Environment, type Logger } from "@turnmux/core";
import { nanoid } from "nanoid";
import { diagnostics } from "./diagnostics.ts";

/** A new environment that logs to `log`. */
export function runtimeEnvironment(log: Logger | undefined): Environment {
  return systemEnvironment({ globals: globalThis, id: nanoid, log, ...diagnostics() });
}
