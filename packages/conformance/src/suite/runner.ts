/**
 * Runs cases against one peer, several at a time.
 *
 * @module
 */
import { ClientTarget, GatewayTarget, type Target } from "../harness/targets.ts";
import { casesFor, type Case } from "./case.ts";
import { Context } from "./context.ts";
import { Random } from "./random.ts";
import {
  Failure,
  HarnessError,
  Unsupported,
  type CaseResult,
  type PeerRole,
  type RunReport,
  type Verdict,
  type Way,
} from "./verdict.ts";

/** What is run, against whom, and how. */
export interface RunOptions {
  readonly role: PeerRole;
  readonly target: Target;
  /** Default: `binary`. */
  readonly way?: Way;
  /** Default: drawn at random. */
  readonly seed?: number;
  /** Times every wait and every limit that is a time. Default: 1. */
  readonly timeScale?: number;
  /** Cases that run at once. Default: 6. */
  readonly jobs?: number;
  /** Which cases run. Default: all that make sense for the role and the way. */
  readonly only?: (entry: Case) => boolean;
  /** Whether the peer is first and last asked whether it works at all. Default: true. */
  readonly sanity?: boolean;
  /** Hears of each result as it comes, and of how many there will be. */
  readonly onresult?: (result: CaseResult, total: number) => void;
  /** Ends the run early: what has not begun is left out. */
  readonly signal?: AbortSignal;
}

/** How long one case may take, in milliseconds, before the time scale. */
const CASE_MS = 30_000;

/** Not a case of its own: nothing else says anything where this fails. */
const SANITY: Case = {
  id: "sanity",
  title: "a session is opened, and answers a call",
  covers: [],
  role: "both",
  run: (t) => t.healthy(),
};

/**
 * Runs the cases.
 *
 * @throws HarnessError when the peer cannot be started or reached.
 */
export async function run(options: RunOptions): Promise<RunReport> {
  const { role, target, way = "binary", timeScale = 1, jobs = 6 } = options;
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  const gateway = role === "gateway" ? new GatewayTarget(target, timeScale) : undefined;
  const client = role === "gateway" ? undefined : await ClientTarget.open(target, timeScale);
  const results: CaseResult[] = [];
  try {
    const chosen = casesFor(role, way).filter((entry) => options.only?.(entry) ?? true);
    const sane = options.sanity !== false && role !== "behaviour";
    const total = chosen.length + (sane ? 2 : 0);
    const report = (result: CaseResult): void => {
      results.push(result);
      options.onresult?.(result, total);
    };
    const one = (entry: Case): Promise<CaseResult> =>
      runCase(entry, { role, way, timeScale, random: new Random(seed, entry.id), gateway, client, entry });

    if (sane) {
      const first = await one({ ...SANITY, id: "sanity.first" });
      report(first);
      if (first.verdict !== "pass") return { role, peer: nameOf(target), carriage: way, seed, timeScale, results };
    }
    const queue = chosen.filter((entry) => entry.alone !== true);
    const worker = async (): Promise<void> => {
      for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
        if (options.signal?.aborted === true) return;
        report(await one(entry));
      }
    };
    await Promise.all(Array.from({ length: jobs }, worker));
    for (const entry of chosen.filter((other) => other.alone === true)) {
      if (options.signal?.aborted !== true) report(await one(entry));
    }
    if (sane && options.signal?.aborted !== true) report(await one({ ...SANITY, id: "sanity.last" }));
    return { role, peer: nameOf(target), carriage: way, seed, timeScale, results };
  } finally {
    await Promise.all([gateway?.stop(), client?.stop()]);
  }
}

function nameOf(target: Target): string {
  return target.url ?? (target.command ?? []).join(" ");
}

async function runCase(entry: Case, parts: ConstructorParameters<typeof Context>[0]): Promise<CaseResult> {
  const startedAt = performance.now();
  const t = new Context(parts);
  const base = { id: entry.id, title: entry.title, covers: entry.covers };
  const finish = (verdict: Verdict, sentence?: string, requirement?: string): CaseResult => ({
    ...base,
    verdict,
    ...(sentence === undefined ? {} : { sentence }),
    ...(requirement === undefined ? {} : { requirement }),
    trace: t.trace.lines,
    ms: Math.round(performance.now() - startedAt),
  });
  try {
    const missing = missingNeed(entry, parts);
    if (missing !== undefined) return finish("unsupported", missing);
    await limited(entry.run(t), CASE_MS * parts.timeScale);
    if (t.fault !== undefined) throw t.fault;
    return finish("pass");
  } catch (error) {
    return judge(entry, error, t.fault, finish);
  } finally {
    await t.dispose();
  }
}

function judge(
  entry: Case,
  error: unknown,
  fault: Failure | undefined,
  finish: (verdict: Verdict, sentence?: string, requirement?: string) => CaseResult,
): CaseResult {
  if (error instanceof Unsupported) return finish("unsupported", error.message);
  if (error instanceof Failure) {
    // What the harness found first is nearer to the cause than a wait that was in vain because of it.
    const cause = fault ?? error;
    return finish(entry.level === "should" ? "warn" : "fail", cause.message, cause.requirement);
  }
  if (error instanceof HarnessError) return finish("error", error.message);
  return finish("error", error instanceof Error ? (error.stack ?? error.message) : String(error));
}

function missingNeed(entry: Case, parts: ConstructorParameters<typeof Context>[0]): string | undefined {
  if (parts.gateway === undefined || parts.gateway.isCommand) return undefined;
  if (entry.needs?.includes("command") === true) return "It needs a gateway that the suite starts: gateway -- command.";
  if (entry.limits !== undefined && entry.limits !== "default") {
    return `It needs a gateway that the suite starts, with the limits "${entry.limits}": gateway -- command.`;
  }
  return undefined;
}

async function limited(work: Promise<void>, within: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Failure(`The case was not over within ${within} ms.`)), within);
  });
  work.catch(() => {});
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
