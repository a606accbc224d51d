/**
 * `list` and `explain`.
 *
 * @module
 */
import type { Clause, Requirement } from "../spec/extract.ts";
import type { Case, Need } from "../suite/case.ts";
import { byClause } from "../report/assessment.ts";
import { wrapped } from "../report/text.ts";
import { type ListInvocation, UsageError } from "./arguments.ts";
import { casesAbout, type Catalogue, isFor, matching, requirementWith, textOf, unknownId } from "./catalogue.ts";

/** Columns of a text. */
const WIDTH = 110;

/** What `list` prints. Throws {@link UsageError} where a requirement is unknown. */
export function list(catalogue: Catalogue, { role, only }: ListInvocation): string {
  const wanted = new Set(only.flatMap((pattern) => matching(catalogue, pattern, "list")));
  const cases = catalogue.cases.filter(
    (entry) => (role === undefined || isFor(entry, role)) && (only.length === 0 || wanted.has(entry)),
  );
  if (cases.length === 0) throw new UsageError("no such case has this role", "list");
  return `${table(cases).join("\n")}\n\n${cases.length} ${cases.length === 1 ? "case" : "cases"}\n`;
}

function table(cases: readonly Case[]): string[] {
  const rows = cases.map((entry) => [entry.id, roleName(entry), entry.covers.join(" "), entry.title] as const);
  const width = (column: 0 | 1 | 2): number => Math.max(...rows.map((row) => row[column].length));
  const widths = [width(0), width(1), Math.min(width(2), 40)] as const;
  return rows.map(
    ([id, role, covers, title]) =>
      `${id.padEnd(widths[0])}  ${role.padEnd(widths[1])}  ${covers.padEnd(widths[2])}  ${title}`,
  );
}

function roleName({ role }: Case): string {
  return role === "both" ? "gateway, client" : role;
}

/** What `explain` prints of one id. Throws {@link UsageError} where there is no such thing. */
export function explain(catalogue: Catalogue, id: string): string {
  const entry = catalogue.cases.find((one) => one.id === id);
  if (entry !== undefined) return explainCase(catalogue, entry);
  const whole = requirementWith(catalogue, id) ?? requirementWith(catalogue, id.toUpperCase());
  if (whole === undefined) throw new UsageError(unknownId(catalogue, id), "explain");
  const clause = whole.clauses.find((one) => one.id.toUpperCase() === id.toUpperCase() && one.id !== whole.id);
  return clause === undefined ? explainRequirement(catalogue, whole) : explainClause(catalogue, whole, clause);
}

function explainRequirement(catalogue: Catalogue, whole: Requirement): string {
  const lines = [heading(whole, whole), "", ...wrapped(whole.text, WIDTH, "  ")];
  if (whole.clauses.length > 1) {
    lines.push("", "its clauses");
    for (const { id, text } of whole.clauses) lines.push(...wrapped(`${id}: ${text}`, WIDTH, "  ", "    "));
  }
  lines.push("", ...casesOf(catalogue, whole.id));
  for (const clause of whole.clauses) {
    for (const line of lacksOf(catalogue, clause)) lines.push("", ...wrapped(`${clause.id} has ${line}`, WIDTH, ""));
  }
  return `${lines.join("\n")}\n`;
}

function explainClause(catalogue: Catalogue, whole: Requirement, clause: Clause): string {
  const lacks = lacksOf(catalogue, clause).flatMap((line) => ["", ...wrapped(line, WIDTH, "")]);
  const lines = [heading(whole, clause), "", ...wrapped(clause.text, WIDTH, "  "), "", "in"];
  lines.push(...wrapped(whole.text, WIDTH, "  "), "", ...casesOf(catalogue, clause.id), ...lacks);
  return `${lines.join("\n")}\n`;
}

/** For whom of those that it binds a MUST has no case, and why. */
function lacksOf(catalogue: Catalogue, { id, level, role }: Clause): string[] {
  if (level !== "MUST") return [];
  const bound = role === "both" ? (["gateway", "client"] as const) : [role];
  const cases = casesAbout(catalogue, id);
  const lacking = bound.filter((one) => !cases.some((entry) => isFor(entry, one)));
  const excuse = catalogue.excused[id]?.why ?? "nothing excuses that";
  if (lacking.length === bound.length) return [`no case: ${excuse}`];
  return lacking.map((one) => `no case for a ${one}: ${excuse}`);
}

/** `FRAME-003  MUST  for gateway and client  section 2. Frames`. */
function heading({ section }: Requirement, { id, level, role }: Requirement | Clause): string {
  return `${id}  ${level}  for ${role === "both" ? "gateway and client" : role}  section ${section}`;
}

function casesOf(catalogue: Catalogue, id: string): string[] {
  const found = casesAbout(catalogue, id);
  if (found.length === 0) return ["no cases"];
  return ["cases", ...table(found).map((line) => `  ${line}`)];
}

const NEEDS: Readonly<Record<Need, string>> = {
  command: "needs a peer that is started by a command",
  keys: "needs the keys of section 15",
  delivery: "needs the feature delivery",
  credit: "needs the feature credit",
};

function explainCase(catalogue: Catalogue, entry: Case): string {
  const { id, title, covers, limits = "default", needs = [], ways, level = "must", alone = false } = entry;
  const facts = [
    `for ${roleName(entry)}`,
    `carriage ${ways === undefined ? "any" : ways.join(", ")}`,
    `limits ${limits}`,
    ...needs.map((need) => NEEDS[need]),
    ...(level === "should" ? ["a failure is a warning"] : []),
    ...(alone ? ["runs alone"] : []),
  ];
  const lines = [id, ...wrapped(title, WIDTH, "  "), "", ...wrapped(facts.join("; "), WIDTH, "  "), "", "is about"];
  for (const clause of covers.toSorted(byClause)) {
    const text = textOf(catalogue, clause) ?? "(no such requirement)";
    lines.push(...wrapped(`${clause}: ${text}`, WIDTH, "  ", "    "));
  }
  return `${lines.join("\n")}\n`;
}
