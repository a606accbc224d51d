/**
 * A process's side of its channel to the driver.
 *
 * @module
 */

import type { FromProcess, ProcessSettings, ToProcess } from "./messages.ts";

/** The settings of this process. */
export function processSettings(): ProcessSettings {
  return JSON.parse(process.argv.at(-1) ?? "{}") as ProcessSettings;
}

/** Tells the driver. */
export function tell(message: FromProcess): void {
  process.send?.(message);
}

/**
 * Takes the driver's word. The process ends with the driver, however that ended; the terminal's signals are for the driver
 * alone.
 */
export function obey(listener: (message: ToProcess) => void): void {
  process.on("message", (message) => listener(message as ToProcess));
  process.on("disconnect", () => process.exit(1));
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
}

/** Ends the process in order: the driver hears of it first. */
export function leave(): void {
  process.send?.({ say: "left" } satisfies FromProcess, undefined, undefined, () => process.exit(0));
}
