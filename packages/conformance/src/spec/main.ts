/**
 * Writes `requirements.json` from the specification: `node scripts/dev.mjs requirements`. Works in the repository alone.
 *
 *     requirements                     write it
 *     requirements --check             say what is not as the specification says
 *     requirements --reviewed ID ...   the cases of these were looked at (all: of all)
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { bookOf, reviewedAfter, reviewProblems, type Reviewed } from "./book.ts";
import { extract } from "./extract.ts";
import { REQUIREMENTS_FILE } from "./requirements.ts";

const SPEC = fileURLToPath(new URL("../../../../docs/spec.md", import.meta.url));
const REVIEWED = fileURLToPath(new URL("reviewed.json", import.meta.url));

function main([option, ...ids]: readonly string[]): number {
  const { requirements, problems } = extract(readFileSync(SPEC, "utf8"), "docs/spec.md");
  if (problems.length > 0) return complain(problems);
  const reviewed = readReviewed();
  if (option === "--check") {
    const stale = readFileSync(REQUIREMENTS_FILE, "utf8") !== bookOf(requirements);
    const all = reviewProblems(requirements, reviewed);
    if (stale) all.unshift("requirements.json is not as docs/spec.md: run node scripts/dev.mjs requirements");
    return all.length > 0 ? complain(all) : 0;
  }
  if (option === "--reviewed") {
    const known = new Set(requirements.map(({ id }) => id));
    const wanted = ids.includes("all") ? known : new Set(ids);
    const unknown = [...wanted].filter((id) => !known.has(id));
    if (wanted.size === 0) return complain(["--reviewed needs identifiers, or all"]);
    if (unknown.length > 0) return complain(unknown.map((id) => `${id} is no requirement`));
    writeFileSync(REVIEWED, `${JSON.stringify(reviewedAfter(requirements, reviewed, wanted), undefined, 2)}\n`);
    return 0;
  }
  if (option !== undefined) return complain([`There is no option ${option}: --check, --reviewed ID ...`]);
  writeFileSync(REQUIREMENTS_FILE, bookOf(requirements));
  const clauses = requirements.flatMap((one) => one.clauses);
  const musts = clauses.filter(({ level }) => level === "MUST").length;
  process.stdout.write(`${requirements.length} requirements, ${clauses.length} clauses, ${musts} of them MUST\n`);
  return 0;
}

function readReviewed(): Reviewed {
  if (!existsSync(REVIEWED)) return {};
  return z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(REVIEWED, "utf8")));
}

function complain(problems: readonly string[]): number {
  process.stderr.write(`${problems.join("\n")}\n`);
  return 1;
}

process.exitCode = main(process.argv.slice(2));
