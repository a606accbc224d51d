/**
 * The driver: see README.md.
 *
 * @module
 */

import { constants } from "node:os";
import { run } from "./driver/run.ts";
import { HELP, readOptions, type Options } from "./options.ts";

/** Signals that end a run early. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}\n`);
    return 2;
  }
  if (options.help) {
    say(HELP);
    return 0;
  }
  const abort = new AbortController();
  let signalled = 0;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      signalled ||= constants.signals[signal];
      abort.abort(new Error(`ended by ${signal}`));
    });
  }
  try {
    return (await run(options, say, abort.signal)) ? 0 : 1;
  } catch (error) {
    process.stderr.write(`crash: ${error instanceof Error ? error.message : String(error)}\n`);
    return signalled === 0 ? 1 : 128 + signalled;
  }
}

process.exitCode = await main();
