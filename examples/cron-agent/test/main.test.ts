import assert from "node:assert/strict";
import { type ChildProcess, exec, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const NODE_ARGS = ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning", MAIN];

/** Compiled sources, since every test here starts the example anew. */
const CACHE = mkdtempSync(join(tmpdir(), "cron-agent-test-"));
after(() => rmSync(CACHE, { recursive: true, force: true }));

/** The run is measured with the scripted model, whatever this machine's environment names. */
const ENV = { ...process.env, NODE_COMPILE_CACHE: CACHE, OPENAI_BASE_URL: "", MODEL: "" };

/** The rows of turnmux. */
const TURNMUX = ["multiplexed", "in-process", "multiplexed-loaded", "io-thread", "child-process", "command"] as const;

const Row = z.object({
  row: z.string(),
  connections: z.number(),
  connectionsInTurn: z.number(),
  calls: z.number(),
  errors: z.number(),
  timeouts: z.number(),
  jobsWanted: z.number(),
  jobsCreated: z.number(),
  duplicates: z.number(),
  medianMs: z.number(),
  slowestMs: z.number(),
  acceptedMs: z.number().optional(),
  ticks: z.number(),
  texts: z.object({ whole: z.number(), broken: z.number() }),
  replyIntact: z.literal(true),
  log: z.array(z.object({ tool: z.string(), ms: z.number(), error: z.string().optional() })),
});
const Report = z.object({
  passed: z.boolean(),
  oldTimeoutMs: z.number(),
  blockMs: z.number(),
  rows: z.array(Row),
  outOfTime: Row,
});

/** Starts the example; when the test is over it is gone in any case. */
function start(context: TestContext, args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [...NODE_ARGS, ...args], { env: ENV, stdio: ["ignore", "pipe", "inherit"] });
  context.after(() => child.kill("SIGKILL"));
  return child;
}

/** Reads the output until a part of it fits, and lets go of what comes after. */
async function outputLike(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  assert.ok(child.stdout);
  let text = "";
  child.stdout.setEncoding("utf8");
  for await (const piece of child.stdout.iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
    text += piece;
    const found = pattern.exec(text);
    if (found === null) continue;
    child.stdout.resume();
    return found;
  }
  return assert.fail(`no output like ${String(pattern)} in ${text}`);
}

test("the run shows what the example claims, and says so in JSON", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [...NODE_ARGS, "--json"], { env: ENV });

  const report = Report.parse(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? ""));
  const row = (name: string) =>
    report.rows.find((candidate) => candidate.row === name) ?? assert.fail(`no row ${name}`);
  assert.equal(report.passed, true);
  assert.deepEqual(
    report.rows.map((candidate) => candidate.row),
    ["second-connection", "http-timeout", "http-key", ...TURNMUX],
  );

  const old = row("second-connection");
  assert.ok(old.timeouts >= 1 && old.duplicates >= 1, "the old way fails as reported");
  assert.equal(old.jobsCreated, old.jobsWanted + old.duplicates);
  assert.equal(old.connectionsInTurn, old.calls, "one connection for each call");
  for (const name of ["http-key", ...TURNMUX]) {
    const { errors, jobsCreated, jobsWanted, slowestMs } = row(name);
    assert.deepEqual({ name, errors, jobsCreated }, { name, errors: 0, jobsCreated: jobsWanted });
    assert.ok(slowestMs >= report.blockMs * 0.9, `${name}: the first add went through the block`);
  }
  assert.deepEqual(
    TURNMUX.map((name) => row(name).connections),
    [1, 0, 1, 2, 1, 1],
  );
  const { acceptedMs = Number.POSITIVE_INFINITY } = row("io-thread");
  assert.ok(acceptedMs < report.blockMs, "the gateway took the call while its event loop stood still");
  assert.ok(row("multiplexed-loaded").texts.whole > 0, "texts were sent beside the calls");

  const { log, errors, jobsCreated, jobsWanted } = report.outOfTime;
  assert.deepEqual({ errors, jobsCreated }, { errors: 1, jobsCreated: jobsWanted });
  const failed = log.findIndex((call) => call.error !== undefined);
  assert.match(
    log[failed]?.error ?? "",
    /^cron\.add: .* It may have run\. Do not repeat it; check with cron\.list first\.$/,
  );
  assert.equal(log[failed + 1]?.tool, "cron.list", "the model does what it is told");
});

for (const [signal, expected] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`${signal} ends the run and all that it started`, async (context) => {
    const child = start(context, []);
    await outputLike(child, /The old timeout/);
    child.kill(signal);
    const [code] = (await once(child, "exit")) as [number | null];
    assert.equal(code, expected);
  });
}

test("a gateway that is served takes the line that it prints, and drains when it is told to", async (context) => {
  const child = start(context, ["--serve"]);
  const [output, url, token] = await outputLike(child, /^gateway +(ws:\S+)\ntoken +(\S+)\n[^]*Ctrl-C/);
  const line = output.split("\n").find((candidate) => candidate.startsWith("node ")) ?? assert.fail("no line to paste");
  assert.ok(line.includes(`${url} ${token}`));
  const pasted = () => promisify(exec)(line, { cwd: ROOT, env: ENV });
  // Before the answer there may be what the bootstrap had to set up.
  assert.match((await pasted()).stdout, /^\[\]\n$/m);

  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0);
  await assert.rejects(pasted(), (error: { stderr: string }) => {
    assert.match(error.stderr, /ECONNREFUSED.*Is the gateway running.* It did not run; you may call it again\.$/m);
    return true;
  });
});

test("--help explains, and an unknown option is an error", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [...NODE_ARGS, "--help"], { env: ENV });
  assert.match(stdout, /--serve/);
  await assert.rejects(promisify(execFile)(process.execPath, [...NODE_ARGS, "--nonsense"], { env: ENV }), { code: 2 });
});
