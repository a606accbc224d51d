/**
 * Where a gateway's log lines go when nobody says otherwise.
 *
 * @module
 */

import type { Logger } from "@turnmux/core";

/** Characters of one field. An error with its causes fits; a body does not. */
const MAX_FIELD = 8_192;

/** Causes of causes that are followed. */
const MAX_CAUSES = 8;

type Level = keyof Logger;

/**
 * Warnings and errors as one line each on the standard error output; nothing else. Of an error it shows the stacks, its own and
 * those of its causes, and none of its other properties.
 */
export const stderrLogger: Logger = {
  debug() {},
  info() {},
  warn: (message, fields) => write("warn", message, fields),
  error: (message, fields) => write("error", message, fields),
};

/** The same logger, except that what it throws harms nobody: a call must not fail because its log line does. */
export function unfailing(logger: Logger): Logger {
  const guarded =
    (level: Level): Logger[Level] =>
    (message, fields) => {
      try {
        logger[level](message, fields);
      } catch {
        // There is nowhere left to say so.
      }
    };
  return { debug: guarded("debug"), info: guarded("info"), warn: guarded("warn"), error: guarded("error") };
}

function write(level: Level, message: string, fields: Record<string, unknown> = {}): void {
  const said = message.startsWith("turnmux: ") ? message.slice("turnmux: ".length) : message;
  const shown = Object.entries(fields).map(([name, value]) => ` ${name}=${show(value)}`);
  process.stderr.write(`turnmux ${level}: ${oneLine(said)}${shown.join("")}\n`);
}

function show(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(clip(stacks(value)));
  if (typeof value === "string") return /^[\w.:@/-]{1,128}$/.test(value) ? value : JSON.stringify(clip(value));
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "[...]" : "{...}";
  return String(value);
}

function stacks(error: Error): string {
  const found: string[] = [];
  let current: unknown = error;
  while (current instanceof Error && found.length < MAX_CAUSES) {
    found.push(current.stack ?? String(current));
    current = current.cause;
  }
  return found.join("\ncaused by: ");
}

function oneLine(text: string): string {
  return clip(text).replaceAll(/[\r\n]+/g, " ");
}

function clip(text: string): string {
  return text.length <= MAX_FIELD ? text : `${text.slice(0, MAX_FIELD)}...`;
}
