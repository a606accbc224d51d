/**
 * The log of an I/O thread: the main thread has the logger.
 *
 * @module
 */

import type { Logger } from "@turnmux/core";
import type { ToMain } from "../messages.ts";
import type { Outbox } from "./outbox.ts";

/** Lines that wait for the main thread. Before others the oldest are dropped. */
const MOST_LINES = 1_000;

const LOST = "log lost";

/** A logger whose lines go to the main thread. */
export function portLogger(box: Outbox<ToMain>): Logger {
  let lines = 0;
  let lost = 0;
  const line =
    (level: keyof Logger): Logger["info"] =>
    (message, fields) => {
      const key = `log ${lines % MOST_LINES}`;
      lines += 1;
      if (box.takeBack(key)) {
        lost = box.takeBack(LOST) ? lost + 1 : 1;
        const told = `turnmux: ${lost} lines of the I/O thread's log were dropped, since the main thread took none`;
        box.post({ kind: "log", level: "warn", message: told, fields: undefined }, undefined, LOST);
      }
      const sent = fields === undefined ? undefined : plainFields(fields);
      box.post({ kind: "log", level, message, fields: sent }, undefined, key);
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
