import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocketServer } from "ws";
import { afterEach, describe, expect, test } from "vitest";
import { check } from "../../src/suite/case.ts";
import { run } from "../../src/suite/runner.ts";
import { Failure, HarnessError, Unsupported, type RunReport, type Verdict } from "../../src/suite/verdict.ts";

check({ id: "probe.fails", title: "fails", covers: ["FRAME-003"], role: "gateway", run: fail });
check({
  id: "probe.warns",
  title: "fails softly",
  covers: ["CHAN-002.1"],
  role: "gateway",
  level: "should",
  run: fail,
});
check({
  id: "probe.unsupported",
  title: "is not offered",
  covers: ["FRAME-003"],
  role: "gateway",
  run: () => Promise.reject(new Unsupported("There is no tool test.journal.")),
});
check({
  id: "probe.broken",
  title: "is a bug of the suite",
  covers: ["FRAME-003"],
  role: "gateway",
  run: () => Promise.reject(new TypeError("undefined is not a function")),
});
check({ id: "probe.small", title: "needs limits", covers: ["FRAME-003"], role: "gateway", limits: "small", run: pass });
check({
  id: "probe.ruins",
  title: "passes, and nothing works behind it",
  covers: ["FRAME-003"],
  role: "gateway",
  run: pass,
});
check({
  id: "crash.first",
  title: "is what the program does not survive",
  covers: ["FRAME-003"],
  role: "gateway",
  run: async (t) => {
    const channel = await t.socket();
    channel.sendHost("end");
    await channel.closed();
    await channel.take("goaway");
  },
});
check({
  id: "crash.then",
  title: "comes to a program that was started anew",
  covers: ["FRAME-003"],
  role: "gateway",
  run: async (t) => {
    await t.socket();
    throw new Failure("There was somebody.", "FRAME-003");
  },
});
check({
  id: "crash.on-purpose",
  title: "kills a program of its own",
  covers: ["FRAME-003"],
  role: "gateway",
  run: async (t) => {
    const gateway = await t.ownGateway();
    await gateway.process.kill();
    await gateway.restart();
    gateway.process.signal("SIGTERM");
    await gateway.process.ended;
  },
});
check({ id: "probe.client", title: "is for clients", covers: ["FRAME-003"], role: "client", run: pass });

function fail(): Promise<void> {
  return Promise.reject(new Failure("The peer did not say GOAWAY.", "FRAME-003"));
}

async function pass(): Promise<void> {}

const servers: WebSocketServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that closes each socket at once. */
async function closer(): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  servers.push(server);
  server.on("connection", (ws) => ws.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return `ws://127.0.0.1:${port}`;
}

async function probes(url: string, sanity: boolean): Promise<RunReport> {
  return run({ role: "gateway", target: { url }, sanity, only: (entry) => entry.id.startsWith("probe.") });
}

function verdicts(report: RunReport): Record<string, Verdict> {
  return Object.fromEntries(report.results.map(({ id, verdict }) => [id, verdict]));
}

describe("a run", () => {
  test("tells failures, warnings, what is not offered, and its own faults apart", async () => {
    const report = await probes(await closer(), false);
    expect(verdicts(report)).toEqual({
      "probe.fails": "fail",
      "probe.warns": "warn",
      "probe.unsupported": "unsupported",
      "probe.broken": "error",
      "probe.small": "unsupported",
      "probe.ruins": "fail",
    });
    const failed = report.results.find(({ id }) => id === "probe.fails");
    expect(failed).toMatchObject({ sentence: "The peer did not say GOAWAY.", requirement: "FRAME-003" });
  });

  test("stops where the peer does not work at all", async () => {
    const report = await probes(await closer(), true);
    expect(verdicts(report)).toEqual({ "sanity.first": "fail" });
  });

  test("says so where nobody listens", async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const report = await probes(`ws://127.0.0.1:${port}`, true);
    expect(verdicts(report)).toEqual({ "sanity.first": "error" });
    expect(report.results[0]?.sentence).toMatch(/Cannot connect/);
  });

  test("tells what a program wrote that ended before it was ready", async () => {
    const command = [process.execPath, "-e", "console.error('no such port'); process.exit(3)"];
    const report = await run({ role: "gateway", target: { command }, only: () => false });
    expect(report.results[0]).toMatchObject({ verdict: "error" });
    expect(report.results[0]?.sentence).toMatch(/exit code 3.*no such port/s);
  });

  test("fails a case in which the program ended by itself, tells what it wrote last, and starts it anew", async () => {
    const ws = JSON.stringify(createRequire(import.meta.url).resolve("ws"));
    const script = `const server = new (require(${ws}).WebSocketServer)({ port: 0, host: "127.0.0.1" });
      server.on("listening", () => {
        console.log(JSON.stringify({ ready: { endpoint: "ws://127.0.0.1:" + server.address().port } }));
      });
      server.on("connection", (ws) => ws.on("message", () => { throw new Error("what nobody caught"); }));
      process.stdin.resume().on("end", () => process.exit(0));`;
    const report = await run({
      role: "gateway",
      target: { command: [process.execPath, "-e", script] },
      sanity: false,
      jobs: 1,
      only: (entry) => entry.id.startsWith("crash."),
    });
    const sentences = Object.fromEntries(report.results.map(({ id, sentence }) => [id, sentence]));
    expect(verdicts(report)).toEqual({ "crash.first": "fail", "crash.then": "fail", "crash.on-purpose": "pass" });
    expect(report.results[0]).toMatchObject({ id: "crash.first", requirement: "CHAN-004.2" });
    expect(sentences["crash.first"]).toMatch(/ended, and nobody had asked it to: exit code 1\. .*what nobody caught/);
    expect(sentences["crash.then"]).toBe("There was somebody.");
  });

  test("stops the processes that it started, also one that does not end by itself", async () => {
    const folder = await mkdtemp(join(tmpdir(), "turnmux-runner-"));
    const file = join(folder, "pid");
    const ready = "console.log(JSON.stringify({ ready: { endpoint: 'ws://127.0.0.1:9' } }))";
    const script = `require("fs").writeFileSync(process.argv[1], String(process.pid)); ${ready}; require("net").createServer().listen(0)`;
    await run({ role: "gateway", target: { command: [process.execPath, "-e", script, file] }, only: () => false });
    const pid = Number(await readFile(file, "utf8"));
    await rm(folder, { recursive: true });
    expect(pid).toBeGreaterThan(0);
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });

  test("refuses two cases with one id", () => {
    const twice = { id: "probe.ruins", title: "again", covers: ["FRAME-003"], role: "gateway", run: pass } as const;
    expect(() => check(twice)).toThrow("There are two cases probe.ruins.");
    expect(new HarnessError("x").name).toBe("HarnessError");
  });
});
