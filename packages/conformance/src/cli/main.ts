/**
 * The program with the whole suite.
 *
 * @module
 */
import "../cases/index.ts";
import { EXCUSED } from "../spec/excused.ts";
import { allRequirements } from "../spec/requirements.ts";
import { allCases } from "../suite/case.ts";
import { run } from "../suite/runner.ts";
import { KEYS, type SuiteKey } from "../harness/keys.ts";
import type { Target } from "./arguments.ts";
import type { Engine } from "./engine.ts";
import { runProgram } from "./program.ts";

/** Runs the program; the exit code. */
export function main(args: readonly string[]): Promise<number> {
  const catalogue = { cases: allCases(), requirements: allRequirements(), excused: EXCUSED };
  return runProgram(args, { catalogue, engine });
}

const engine: Engine = ({ target, cases, jobs, onResult, ...request }) => {
  const wanted = new Set(cases);
  return run({
    ...request,
    target: target.kind === "url" ? { url: target.url, key: keyOf(target) } : { command: target.command },
    ...(jobs === undefined ? {} : { jobs }),
    only: (entry) => wanted.has(entry),
    onresult: onResult,
  });
};

/** The key of the command line. What it may do is for the gateway to say. */
function keyOf({ token }: Target & { readonly kind: "url" }): SuiteKey | undefined {
  return token === undefined ? undefined : { ...KEYS.conformance, ...token };
}
