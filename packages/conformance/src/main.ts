#!/usr/bin/env node
/**
 * `turnmux-conformance`.
 *
 * @module
 */
import { nodeProblem } from "./cli/node-version.ts";

const problem = nodeProblem(process.versions.node);
if (problem === undefined) {
  // Only now: on an older Node what it imports fails with a stack trace that does not tell why.
  const { main } = await import("./cli/main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}
