/**
 * The log of an I/O thread: the main thread has the logger.
 *
 * @module
 */

import type { Logger } from "@turnmux/core";
import type { ToMain } from "../messages.ts";
import type { Postbox } from "../postbox.ts";

/** A logger whose lines go to the main thread. */
export function portLogger(box: Postbox<ToMain>): Logger {
  const line =
    (level: keyof Logger): Logger["info"] =>
    (message, fields) => {
      box.post({ kind: "log", level, message, fields: fields === undefined ? undefined : plainFields(fields) });
    };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}

/** What of the fields can cross. */
function plainFields(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plain(value)]));
}

function plain(value: unknown): unknown {
  if (value === null || (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol")) {
    return value;
  }
  try {
    return structuredClone(value);
  } catch {
    return `a ${typeof value} that cannot cross threads`;
  }
}
