/**
 * `npm run conformance`: the suite against the reference and against peers that must fail, and what comes of it.
 *
 * @module
 */

import { mutantsCommand } from "./mutants/command.ts";

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main([command, ...rest]: readonly string[]): Promise<number> {
  if (command === "mutants") return mutantsCommand(rest, say);
  say("usage: conformance mutants --help");
  return 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`conformance: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
