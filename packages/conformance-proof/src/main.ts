/**
 * `npm run conformance`: the suite against the reference and against peers that must fail, and what comes of it.
 *
 * @module
 */

import { prove } from "./matrix/proof.ts";
import { mutantsCommand } from "./mutants/command.ts";
import { HELP, OptionError, readOptions } from "./options.ts";

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command === "mutants") return mutantsCommand(rest, say);
  const options = readOptions(args);
  if (options.help) {
    say(HELP);
    return 0;
  }
  return prove(options, say);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`conformance: ${message}\n${error instanceof OptionError ? `\n${HELP}\n` : ""}`);
  process.exitCode = 2;
}
