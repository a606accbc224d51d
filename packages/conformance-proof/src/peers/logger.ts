/**
 * Where peers under test log: nowhere, unless they are asked to.
 *
 * @module
 */

import type { Logger } from "@turnmux/client";

type Log = Logger["info"];

function write(level: string): Log {
  return (message, fields = {}) => {
    const more = Object.entries(fields).map(([name, value]) => ` ${name}=${String(value)}`);
    process.stderr.write(`${level} ${message}${more.join("")}\n`);
  };
}

function nothing(): void {}

/** Standard error output where `TURNMUX_TEST_VERBOSE` is set. */
export const logger: Logger =
  (process.env["TURNMUX_TEST_VERBOSE"] ?? "") === ""
    ? { debug: nothing, info: nothing, warn: nothing, error: nothing }
    : { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
