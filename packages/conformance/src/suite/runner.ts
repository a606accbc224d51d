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
  /** Ends the run early: what has not begun is left out, and what is under way is an error. */
  readonly signal?: AbortSignal;
}

/** How long one case may take, in milliseconds, before the time scale. */
const CASE_MS = 30_000;

/** How many times as long where it starts processes of its own, which have to wait for each other. */
const WITH_PROCESSES = 3;

/** Not a case of its own: nothing else says anything where this fails. */
const SANITY: Case = {
  id: "sanity",
  title: "a session is opened, and answers a call",
  covers: [],
  role: "both",
  run: async (t) => {
    if (t.role !== "gateway") await t.admitsIgnorance(await t.ownClient());
    if (t.role === "behaviour") await answersByLines(t);
    else await t.healthy();
  },
};

/** The same where no frames can be looked at. */
async function answersByLines(t: Context): Promise<void> {
  const local = await t.local();
  const { value } = await local.call({ tool: "test.echo", input: "fit" }).settled();
  t.equal(value, "fit", "What test.echo answers");
}

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
  const startedAt = performance.now();
  const elapsed = (): number => Math.round(performance.now() - startedAt);
  try {
    const chosen = casesFor(role, way).filter((entry) => options.only?.(entry) ?? true);
    const sane = options.sanity !== false;
    // Programs that the suite has started are looked at once more when they have ended.
    const total = chosen.length + (sane ? 2 : 0) + (sane && target.command !== undefined ? 1 : 0);
    const report = (result: CaseResult): void => {
      results.push(result);
      options.onresult?.(result, total);
    };
    const one = (entry: Case): Promise<CaseResult> =>
      runCase(
        entry,
        { role, way, timeScale, random: new Random(seed, entry.id), gateway, client, entry },
        options.signal,
      );

    if (sane) {
      const first = await one({ ...SANITY, id: "sanity.first" });
      report(first);
      if (first.verdict !== "pass")
        return { role, peer: nameOf(target), carriage: way, seed, timeScale, results, ms: elapsed() };
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
    if (sane && options.signal?.aborted !== true) {
      report(await one({ ...SANITY, id: "sanity.last" }));
      if (target.command !== undefined) report(await endings(gateway ?? client, options.signal));
    }
    return { role, peer: nameOf(target), carriage: way, seed, timeScale, results, ms: elapsed() };
  } finally {
    await Promise.all([gateway?.stop(true), client?.stop(true)]);
  }
}

/** Stops the peer, and says what is wrong with how its programs ended that no case has said. */
async function endings(
  target: GatewayTarget | ClientTarget | undefined,
  signal: AbortSignal | undefined,
): Promise<CaseResult> {
  const startedAt = performance.now();
  const hurry = (): void => void target?.stop(true);
  signal?.addEventListener("abort", hurry);
  await target?.stop();
  signal?.removeEventListener("abort", hurry);
  const { failure, warning } = (await target?.endings()) ?? {};
  const sentence = failure?.message ?? warning;
  return {
    id: "sanity.programs",
    title: "no program ends by itself while no case is at it, and each exits with 0 when its input ends",
    covers: [],
    verdict: failure !== undefined ? "fail" : warning === undefined ? "pass" : "warn",
    ...(sentence === undefined ? {} : { sentence }),
    ...(failure?.requirement === undefined ? {} : { requirement: failure.requirement }),
    trace: [],
    ms: Math.round(performance.now() - startedAt),
  };
}

function nameOf(target: Target): string {
  return target.url ?? (target.command ?? []).join(" ");
}

async function runCase(
  entry: Case,
  parts: ConstructorParameters<typeof Context>[0],
  signal: AbortSignal | undefined,
): Promise<CaseResult> {
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
    await limited(thenHealthy(entry, t), t, signal);
    const crash = await t.crash(false);
    if (crash !== undefined) throw crash;
    if (t.fault !== undefined) throw t.fault;
    return finish("pass");
  } catch (error) {
    // Whatever the case saw of it, and however little it asked for: a program that is gone has kept nothing.
    const crash = signal?.aborted === true ? undefined : await t.crash(!(error instanceof Unsupported));
    if (crash !== undefined) return finish("fail", crash.message, crash.requirement);
    return judge(entry, error, t, finish);
  } finally {
    await t.dispose();
  }
}

/** A peer that did the right thing and broke by it has not passed. */
async function thenHealthy(entry: Case, t: Context): Promise<void> {
  await entry.run(t);
  await t.othersHealthy();
}

function judge(
  entry: Case,
  error: unknown,
  t: Context,
  finish: (verdict: Verdict, sentence?: string, requirement?: string) => CaseResult,
): CaseResult {
  if (error instanceof Unsupported) return finish("unsupported", error.message);
  if (error instanceof Failure) {
    // What the harness found first is nearer to the cause than a wait that was in vain because of it.
    const cause = t.fault ?? error;
    const lacking = t.fault === undefined ? t.lackingLimit(error.requirement) : undefined;
    if (lacking !== undefined) return finish("unsupported", lacking);
    return finish(entry.level === "should" ? "warn" : "fail", cause.message, cause.requirement);
  }
  if (error instanceof HarnessError) return finish("error", error.message);
  return finish("error", error instanceof Error ? (error.stack ?? error.message) : String(error));
}

function missingNeed(entry: Case, parts: ConstructorParameters<typeof Context>[0]): string | undefined {
  if (parts.gateway === undefined || parts.gateway.isCommand) return undefined;
  if (entry.needs?.includes("command") === true) return "It needs a gateway that the suite starts: gateway -- command.";
  if (entry.needs?.includes("keys") === true && parts.gateway.key !== undefined)
    return "It needs the keys of section 15, and the command line has another one.";
  if (entry.limits !== undefined && entry.limits !== "default") {
    return `It needs a gateway that the suite starts, with the limits "${entry.limits}": gateway -- command.`;
  }
  return undefined;
}

async function limited(work: Promise<void>, t: Context, signal: AbortSignal | undefined): Promise<void> {
  work.catch(() => {});
  const { promise, reject } = Promise.withResolvers<never>();
  const within = CASE_MS * t.timeScale;
  const late = (): void =>
    reject(new Failure(`The case was not over within ${Math.round(performance.now() - from)} ms.`));
  const from = performance.now();
  let timer = setTimeout(() => {
    if (t.ownsProcesses) timer = setTimeout(late, within * (WITH_PROCESSES - 1));
    else late();
  }, within);
  const stop = (): void => reject(new HarnessError("The run was stopped."));
  signal?.addEventListener("abort", stop);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}
