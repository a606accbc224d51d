/**
 * The report for a person.
 *
 * @module
 */
import type { CaseResult, RunReport, Verdict } from "../suite/verdict.ts";
import type { Assessment, Finding } from "./assessment.ts";
import type { Expected } from "./expectations.ts";
import { counted, type Paint, printable, wrapped } from "./text.ts";

/** Columns of a text. */
const WIDTH = 110;

/** Lines of a trace that are shown of a failure; `--trace` shows all. */
const TAIL = 30;

/** What the report is made of. */
export interface ConsoleSource {
  readonly runs: readonly RunReport[];
  readonly assessment: Assessment;
  readonly expectations: readonly Expected[];
  /** Cases of the role and its carriages that were not chosen. */
  readonly left: number;
  /** The text of a requirement or clause. */
  readonly textOf: (clause: string) => string | undefined;
  /** The command line that runs one case alone, with its trace; undefined where there is none. */
  readonly again: (caseId: string, carriage: string) => string | undefined;
  /** The command line that explains a case or a clause. */
  readonly explain: (id: string) => string;
  readonly trace: boolean;
  readonly quiet: boolean;
  readonly paint: Paint;
}

/** What is said at the end: what is wrong, in the order in which it matters, and the counts. */
export function consoleReport(source: ConsoleSource): string {
  const { assessment, quiet } = source;
  const sections = [
    ...(source.trace ? tracesOfTheRest(source) : []),
    ...(quiet ? [] : assessment.warnings.map((finding) => findingText(finding, "warn", source))),
    ...assessment.errors.map((finding) => findingText(finding, "error", source)),
    ...assessment.failures.map((finding) => findingText(finding, "fail", source)),
    ...expectationText(source),
    summary(source),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

/** Passed and unsupported cases have no section of their own otherwise. */
function tracesOfTheRest({ runs, paint }: ConsoleSource): string[] {
  return runs.flatMap((run) =>
    run.results
      .filter(({ verdict }) => verdict === "pass" || verdict === "unsupported")
      .map((result) => [verdictLine(result, paint, run.carriage), ...traceLines(result, true, paint)].join("\n")),
  );
}

/** `PASS  frame.reserved-bit  a frame with ...`. */
export function verdictLine({ id, title, verdict }: CaseResult, paint: Paint, carriage?: string): string {
  const suffix = carriage === undefined || carriage === "binary" ? "" : paint.dim(` (${carriage})`);
  return `${verdictName(verdict, paint)}  ${paint.bold(id)}${suffix}  ${title}`;
}

const NAMES: Readonly<Record<Verdict, string>> = {
  pass: "PASS ",
  fail: "FAIL ",
  warn: "WARN ",
  unsupported: "UNSUP",
  error: "ERROR",
};

/** A verdict, as wide as any other. */
export function verdictName(verdict: Verdict, paint: Paint): string {
  const name = NAMES[verdict];
  if (verdict === "pass") return paint.good(name);
  if (verdict === "unsupported") return paint.dim(name);
  return verdict === "warn" ? paint.odd(name) : paint.bad(name);
}

function findingText({ run, result }: Finding, kind: "fail" | "warn" | "error", source: ConsoleSource): string {
  const { paint, textOf } = source;
  const lines = [verdictLine(result, paint, run.carriage)];
  lines.push(...wrapped(printable(result.sentence ?? "It does not say why."), WIDTH, "  "));
  const clauses = result.requirement === undefined ? result.covers : [result.requirement];
  if (kind !== "error") {
    for (const clause of clauses) {
      lines.push(...wrapped(`${clause}: ${textOf(clause) ?? "(no such requirement)"}`, WIDTH, "  ", "    "));
    }
  }
  lines.push(...traceLines(result, source.trace, paint));
  const again = source.again(result.id, run.carriage);
  if (kind === "fail" && again !== undefined)
    lines.push(`  ${paint.dim("to read: ")} ${source.explain(result.requirement ?? result.id)}`);
  if (kind !== "warn" && again !== undefined) lines.push(`  ${paint.dim("to repeat:")} ${again}`);
  return lines.join("\n");
}

function traceLines({ trace = [] }: CaseResult, whole: boolean, paint: Paint): string[] {
  const left = whole ? 0 : Math.max(0, trace.length - TAIL);
  const note = left === 0 ? [] : [paint.dim(`    (${counted(left, "line")} before; --trace shows them)`)];
  return [...note, ...trace.slice(left).map((line) => `    ${printable(line)}`)];
}

function expectationText({ assessment, expectations, paint }: ConsoleSource): string[] {
  const { expected, stale } = assessment;
  const known = [...new Set(expected.map(({ result }) => result.id))].map((id) => {
    const reason = expectations.find((entry) => entry.id === id)?.reason ?? "";
    return `  ${id}${reason === "" ? "" : paint.dim(`  ${reason}`)}`;
  });
  const gone = stale.map(({ expected: { line }, sentence }) => `  line ${line}: ${sentence}`);
  return [
    ...(known.length === 0 ? [] : [[paint.odd("failed, as the list of known failures says"), ...known].join("\n")]),
    ...(gone.length === 0
      ? []
      : [[paint.bad("the list of known failures is stale: take these lines off it"), ...gone].join("\n")]),
  ];
}

function summary({ runs, assessment, left, paint }: ConsoleSource): string {
  const { counts, expected, stale, coverage, objections, exitCode } = assessment;
  const total = runs.reduce((sum, run) => sum + run.results.length, 0);
  const ms = runs.reduce((sum, run) => sum + run.ms, 0);
  const parts = [
    paint.good(`${counts.pass} passed`),
    counts.fail === 0 ? "0 failed" : paint.bad(`${counts.fail} failed`),
    ...(expected.length === 0 ? [] : [`${expected.length} of them known`]),
    ...(stale.length === 0 ? [] : [paint.bad(counted(stale.length, "stale expectation"))]),
    ...(counts.warn === 0 ? [] : [paint.odd(counted(counts.warn, "warning"))]),
    ...(counts.unsupported === 0 ? [] : [`${counts.unsupported} unsupported`]),
    ...(counts.error === 0 ? [] : [paint.bad(counted(counts.error, "error"))]),
  ];
  const { kept, broken, unseen } = coverage;
  const all = kept.length + broken.length + unseen.length;
  const clauses = [
    `MUST clauses: ${kept.length} of ${all} kept`,
    ...(broken.length === 0 ? [] : [`broken: ${broken.join(" ")}`]),
  ];
  const limit =
    unseen.length === 0 ? "" : `, as far as was seen: ${counted(unseen.length, "MUST clause")} could not be`;
  // The sanity cases are part of every run.
  const chosen = runs.flatMap(({ results }) => results).filter(({ id }) => !id.startsWith("sanity.")).length;
  const extent = left === 0 ? "" : ` in what was run: ${chosen} of ${counted(chosen + left, "case")}`;
  const known = expected.length === 0 ? "" : `, but for ${counted(expected.length, "known failure")}`;
  const verdict =
    exitCode === 0
      ? paint.good(`conformant${extent}${known}${limit}`)
      : paint.bad(exitCode === 1 ? "not conformant" : "the run itself failed: nothing is said about the peer");
  return [
    ...objections.map((sentence) => paint.bad(sentence)),
    `${counted(total, "case")} (${(ms / 1_000).toFixed(1)} s): ${parts.join(", ")}`,
    ...(all === 0 ? [] : wrapped(clauses.join("; "), WIDTH, "", "  ")),
    verdict,
  ].join("\n");
}
