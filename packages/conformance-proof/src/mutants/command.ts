/**
 * `conformance mutants`: what an author of cases runs.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { clause } from "@turnmux/conformance";
import { loadCatalogue, type Catalogue } from "./catalogue.ts";
import type { Mutant } from "./mutant.ts";
import { runMutants, type MutantResult } from "./run.ts";

/** How it is used. */
export const MUTANTS_HELP = `usage: conformance mutants [options]

  --only ID,...     mutants (frame.takes-reserved-bit), clauses (FLOW-001.2), requirements (FLOW-001)
  --area NAME,...   the mutants of src/mutants/catalogue/NAME.ts
  --role ROLE       as a gateway, a client, or in process (behaviour)
  --jobs N          mutants at once (2)
  --list            what is planted, without running it

Exit code 0: all were killed. 1: some survived. 2: some cannot be made or run.`;

/** Runs it; the exit code. */
export async function mutantsCommand(args: readonly string[], say: (line: string) => void): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      area: { type: "string" },
      role: { type: "string" },
      jobs: { type: "string", default: "2" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    say(MUTANTS_HELP);
    return 0;
  }
  const catalogue = await loadCatalogue();
  for (const problem of catalogue.problems) say(`cannot be loaded: ${problem}`);
  const chosen = chosenOf(catalogue, values.only, values.area, values.role);
  if (values.list) {
    for (const { id, breaks, roles, why } of chosen) say(`${id}  ${breaks}  ${roles.join(", ")}  ${why}`);
    return 0;
  }
  if (chosen.length === 0) {
    say("No mutant is meant by that.");
    return 2;
  }
  const results = await runMutants(chosen, {
    jobs: Number(values.jobs),
    onresult: (result, done, total) => say(`[${done}/${total}] ${lineOf(result)}`),
  });
  return summarise(results, catalogue, say);
}

/** One line on one result; a survivor has the clause with it. */
export function lineOf({ mutant, role, fate, sentence, ms }: MutantResult): string {
  const head = `${fate.padEnd(8)} ${mutant.id} as a ${role} (${(ms / 1000).toFixed(1)} s): `;
  if (fate !== "survived") return `${head}${sentence}`;
  return `${head}${mutant.why}; ${sentence}\n         ${mutant.breaks}: ${clause(mutant.breaks)?.text ?? "there is no such clause"}`;
}

function chosenOf(
  { mutants, areas }: Catalogue,
  only: string | undefined,
  area: string | undefined,
  role: string | undefined,
): Mutant[] {
  const names = only?.split(",");
  const wanted = area?.split(",");
  return mutants
    .filter(({ id, breaks }) => names?.some((name) => name === id || isPartOf(breaks, name)) ?? true)
    .filter(({ id }) => wanted?.includes(areas.get(id) ?? "") ?? true)
    .map((mutant) => (role === undefined ? mutant : { ...mutant, roles: mutant.roles.filter((one) => one === role) }))
    .filter(({ roles }) => roles.length > 0);
}

/** `FLOW-001.2` is a part of `FLOW-001`. */
function isPartOf(clauseId: string, name: string): boolean {
  return clauseId === name || clauseId.startsWith(`${name}.`);
}

function summarise(results: readonly MutantResult[], catalogue: Catalogue, say: (line: string) => void): number {
  const count = (fate: MutantResult["fate"]): number => results.filter((result) => result.fate === fate).length;
  const [killed, survived, broken] = [count("killed"), count("survived"), count("broken")];
  say("");
  for (const result of results) if (result.fate !== "killed") say(lineOf(result));
  say(`${killed} of ${results.length} killed, ${survived} survived, ${broken} broken`);
  if (broken > 0 || catalogue.problems.length > 0) return 2;
  return survived > 0 ? 1 : 0;
}
