/**
 * `gateway`, `client`, `behaviour`: all cases against one peer.
 *
 * @module
 */
import type { Progress } from "../report/progress.ts";
import type { CaseResult, RunReport } from "../suite/verdict.ts";
import type { RunInvocation, Target } from "./arguments.ts";
import type { Engine } from "./engine.ts";
import type { Selection } from "./select.ts";
import { PROGRAM } from "./usage.ts";

/** What a run came to. */
export interface Ran {
  /** One for each carriage. */
  readonly runs: readonly [RunReport, ...RunReport[]];
  /** Why not all cases were run: a sentence. */
  readonly stopped: string | undefined;
}

/**
 * Runs the cases of each carriage, one carriage after the other. Where the sanity case at the beginning fails nothing else was run, since
 * two hundred failures would say no more; where the one at the end fails, the cases in between have broken the peer.
 */
export async function runAll(
  invocation: RunInvocation,
  selections: readonly [Selection, ...Selection[]],
  tools: { readonly engine: Engine; readonly progress: Progress; readonly signal: AbortSignal },
): Promise<Ran> {
  const [first, ...rest] = selections;
  const runs: [RunReport, ...RunReport[]] = [await runOne(invocation, first, tools)];
  for (const selection of rest) runs.push(await runOne(invocation, selection, tools));
  return { runs, stopped: runs.flatMap((run) => whyStopped(run) ?? [])[0] };
}

async function runOne(
  invocation: RunInvocation,
  { way, cases }: Selection,
  { engine, progress, signal }: { readonly engine: Engine; readonly progress: Progress; readonly signal: AbortSignal },
): Promise<RunReport> {
  const { command: role, target, seed, timeScale, jobs } = invocation;
  const carriage = role === "behaviour" ? "" : `, carriage ${way}`;
  progress.begin(`${role}: ${peerName(target)}${carriage}, seed ${seed}`);
  const onResult = (result: CaseResult, total: number): void => progress.result(result, total);
  try {
    const report = await engine({ role, target, way, cases, seed, timeScale, jobs, signal, onResult });
    // In the order of the cases, whichever of them was over first.
    const order = new Map(["sanity.first", ...cases.map(({ id }) => id)].map((id, index) => [id, index]));
    const shortened = ({ trace, ...result }: CaseResult): CaseResult => {
      const shown = invocation.trace || !(result.verdict === "pass" || result.verdict === "unsupported");
      return trace === undefined || !shown ? result : { ...result, trace };
    };
    const placeOf = ({ id }: CaseResult): number => order.get(id) ?? order.size;
    const results = report.results
      .toSorted((a, b) => placeOf(a) - placeOf(b))
      .map(withReason)
      .map(shortened);
    return { ...report, peer: peerName(target), results };
  } finally {
    progress.end();
  }
}

function withReason(result: CaseResult): CaseResult {
  if (result.id !== "sanity.last" || result.verdict === "pass") return result;
  const sentence = `One of the cases has broken the peer: it works no more. ${result.sentence ?? ""}`.trim();
  // Whatever kept it from an answer: before the cases it was fit.
  return { ...result, verdict: "fail", sentence };
}

function whyStopped({ carriage, results }: RunReport): string | undefined {
  const first = results.find(({ id }) => id === "sanity.first");
  if (first === undefined || first.verdict === "pass") return undefined;
  const why = first.verdict === "unsupported" ? (first.sentence ?? "") : "a peer has to do the simplest thing first.";
  return `Nothing else was run (${carriage}): ${why}`;
}

/** The URL, or the command, as a person writes it. */
export function peerName(target: Target): string {
  return target.kind === "url" ? target.url : target.command.map(quoted).join(" ");
}

/** The command line that repeats a case of a run; undefined for one that every run has. A secret is left out. */
export function commandLine(invocation: RunInvocation, only: string, carriage: string): string | undefined {
  if (only.startsWith("sanity.")) return undefined;
  const { command, target, seed, timeScale, jobs } = invocation;
  const options = [
    ...(carriage === "binary" || command === "behaviour" ? [] : ["--carriage", carriage]),
    ...(timeScale === 1 ? [] : ["--time-scale", String(timeScale)]),
    ...(jobs === undefined ? [] : ["--jobs", String(jobs)]),
    "--seed",
    String(seed),
    "--only",
    quoted(only),
    "--trace",
  ];
  if (target.kind === "command") return [PROGRAM, command, ...options, "--", ...target.command.map(quoted)].join(" ");
  const token = target.token === undefined ? [] : ["--token", quoted(`${target.token.keyId}:SECRET`)];
  return [PROGRAM, command, quoted(target.url), ...token, ...options].join(" ");
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
