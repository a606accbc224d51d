import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { BENCHES } from "../src/benches.ts";
import { help, readOptions } from "../src/options.ts";
import { TARGETS } from "../src/targets.ts";
import { BenchRun, LIMIT_MS, quickReport, ranBench } from "./support/bench-run.ts";
import { temporaryFile } from "./support/temporary.ts";

const limit = { timeout: LIMIT_MS };

it("says what benches there are", limit, async () => {
  const { code, output } = await ranBench("--help");
  expect(code).toBe(0);
  for (const { name, description } of BENCHES) expect(output).toMatch(new RegExp(`^  ${name} +${description}$`, "m"));
});

it.for([
  [["nothing"], 'there is no bench "nothing"; there are calls'],
  [[], "which bench? There are calls"],
  [["calls", "once"], "one bench at a time"],
  [["calls", "--rounds", "0"], "--rounds is a whole number from 1 to 1000"],
  [["calls", "--concurrency", "many"], "--concurrency is a whole number from 1 to 65536"],
  [["calls", "--targets", "file"], "--targets goes with --check"],
  [["calls", "--fast"], "--fast"],
  [["calls", "--only", "floor"], 'calls has no "floor" for --only: there are "floor, batched", "turnmux"'],
  [["hol", "--only", "nobody"], 'hol has no "nobody" for --only: there are "nothing", "text"'],
  [["bulk", "--only", "to the client", "--only", "away"], 'bulk has no "away" for --only'],
  [["inproc", "--only", "nobody"], 'inproc has no "nobody" for --only: there are "function, validated"'],
  [["once", "--only", "once"], 'once has no "once" for --only: it measures everything together'],
  [
    ["hol", "--concurrency", "8"],
    "hol has no --concurrency: it measures by a plan of its own; calls, once, inproc, share, sess",
  ],
  [["bulk", "--concurrency", "8"], "bulk has no --concurrency"],
  [["size", "--concurrency", "8"], "size has no --concurrency"],
  [["calls", "--doc", "file", "--quick"], "--doc puts the figures of a whole run into a document: leave out --quick"],
  [["calls", "--doc", "file", "--only", "turnmux"], "leave out --only"],
  [["once", "--doc", "file", "--concurrency", "1", "--profile", "folder"], "leave out --concurrency, --profile"],
  [["calls", "--check", "--quick"], "leave one of them out, or give --targets"],
] as const)("refuses %j, and says why", ([args, why]) => {
  expect(() => readOptions([...args], BENCHES)).toThrow(why);
});

it("skips what npm wants in front of a script's arguments", () => {
  expect(readOptions(["--", "once", "--quick"], BENCHES)).toMatchObject({ bench: { name: "once" }, quick: true });
  expect(() => readOptions(["--", "once", "calls"], BENCHES)).toThrow("one bench at a time");
});

it("takes a concurrency of the benches that have one, and says what it counts", () => {
  for (const bench of ["calls", "once", "inproc", "share", "sessions"]) {
    expect(readOptions([bench, "--concurrency", "3"], BENCHES).concurrency).toEqual([3]);
  }
  expect(help(BENCHES).replaceAll(/\s+/g, " ")).toContain(
    "For sessions it is the number of sessions; bulk, hol, busy, size have no such number",
  );
});

it("shows how it is used where it refuses something, and exits 2", limit, async () => {
  const { code, output } = await ranBench("nothing");
  expect(output).toContain('there is no bench "nothing"');
  expect(output).toContain("npm run bench -- <name> [options]");
  expect(code).toBe(2);
});

it("writes a report with the machine and the rows, and exits 0 where all targets are met", limit, async () => {
  const targets = temporaryFile("targets.json");
  const met = { bench: "size", row: "client", figure: "gzippedKiB", atLeast: 0, says: "KiB" };
  writeFileSync(targets, JSON.stringify([met]));
  const report = await quickReport("size", "--check", "--targets", targets);
  expect(report).toMatchObject({ bench: "size", quick: true, rounds: 1 });
  expect(report.machine).toMatchObject({ node: process.versions.node });
  expect(report.machine.cores).toBeGreaterThan(0);
  expect(report.rows.map(({ name }) => name)).toContain("client");
});

it("judges what was measured where the rest was left out, and never nothing", limit, async () => {
  const targets = temporaryFile("targets.json");
  const check = ["--quick", "--check", "--targets", targets, "--only", "function, validated", "--concurrency", "1"];
  const target = { bench: "inproc", row: "function, validated", figure: "us", atLeast: 0, says: "us" };
  writeFileSync(
    targets,
    JSON.stringify([
      { ...target, concurrency: 1 },
      { ...target, concurrency: 64 },
    ]),
  );
  const some = await ranBench("inproc", ...check);
  expect(some.output).toMatch(/^yes {2}function, validated at concurrency 1: us \(us\) is [\d.]+, at least 0$/m);
  expect(some.output).toMatch(/^- {4}function, validated at concurrency 64: us \(us\) was left out$/m);
  expect(some.code).toBe(0);
  writeFileSync(targets, JSON.stringify([{ ...target, concurrency: 64 }]));
  const nothing = await ranBench("inproc", ...check);
  expect(nothing.output).toContain("bench: nothing that was measured has a target");
  expect(nothing.code).toBe(1);
});

it("exits 1 where a figure misses its target, and says which", limit, async () => {
  const targets = temporaryFile("targets.json");
  writeFileSync(
    targets,
    JSON.stringify([
      { bench: "size", row: "client", figure: "gzippedKiB", atMost: 0, says: "KiB" },
      { bench: "size", row: "client", figure: "gzippedKiB", atLeast: 0, says: "KiB" },
      { bench: "calls", row: "turnmux", figure: "ratio", atLeast: 1_000, says: "calls" },
    ]),
  );
  const { code, output } = await ranBench("size", "--quick", "--check", "--targets", targets);
  expect(output).toMatch(/^NO {3}client: KiB \(gzippedKiB\) is [\d.]+, and must be at most 0\.$/m);
  expect(output).toMatch(/^yes {2}client: KiB \(gzippedKiB\) is [\d.]+, at least 0$/m);
  expect(output).not.toContain("turnmux: calls");
  expect(code).toBe(1);
});

const ELSEWHERE = { bench: "calls", row: "turnmux", figure: "ratio", atLeast: 1, says: "calls" };

it.for([
  [undefined, "there is no such file"],
  ["targets", "this is no JSON: "],
  [JSON.stringify([{ ...ELSEWHERE, atMost: 1 }]), "these are no targets: ✖ give one of atLeast and atMost"],
  [JSON.stringify([ELSEWHERE]), "there is no target of size"],
] as const)("refuses the targets %j before anything is measured", limit, async ([text, why]) => {
  const file = temporaryFile("targets.json");
  if (text !== undefined) writeFileSync(file, text);
  const { code, output } = await ranBench("size", "--quick", "--check", "--targets", file);
  expect(output).toContain(`bench: --targets ${file}: ${why}`);
  expect(output).not.toContain("minified  ");
  expect(code).toBe(2);
});

it.for([
  [undefined, "there is no such file"],
  ["# Figures", "the document has no place for size: <!-- figures of size"],
] as const)("refuses the document %j before anything is measured", limit, async ([text, why]) => {
  const file = temporaryFile("performance.md");
  if (text !== undefined) writeFileSync(file, text);
  const { code, output } = await ranBench("size", "--doc", file);
  expect(output).toContain(`bench: --doc ${file}: ${why}`);
  expect(output).not.toContain("minified  ");
  expect(code).toBe(2);
});

it.for([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("leaves no process and no file behind after %s", limit, async ([signal, code]) => {
  const report = temporaryFile("report.json");
  writeFileSync(report, "an earlier report");
  const run = new BenchRun(["calls", "--quick", "--only", "turnmux", "--rounds", "1000", "--json", report]);
  await run.says("round 1 of 1000");
  run.signal(signal);
  const { code: ended, output } = await run.ended;
  const pids = [...output.matchAll(/is process (\d+)/g)].map(([, pid]) => Number(pid));
  expect(pids).toHaveLength(4);
  for (const pid of pids) expect(() => process.kill(pid, 0), `process ${pid}`).toThrow("ESRCH");
  expect(readdirSync(run.folder)).toEqual([]);
  expect(readFileSync(report, "utf8")).toBe("an earlier report");
  expect(readdirSync(dirname(report))).toEqual(["report.json"]);
  expect(ended).toBe(code);
});

it("refuses a place for its report that cannot be written to before anything is measured", limit, async () => {
  const folder = dirname(temporaryFile("anything"));
  const none = join(folder, "none");
  const places = [
    [folder, "this is a folder"],
    [join(none, "report.json"), `there is no folder ${none}`],
  ] as const;
  for (const [file, why] of places) {
    const { code, output } = await ranBench("size", "--quick", "--json", file);
    expect(output).toBe(`bench: --json ${file}: ${why}\n`);
    expect(code).toBe(2);
  }
});

it("writes a profile of each process, beside the programs that it speaks of", limit, async () => {
  const folder = temporaryFile("profiles");
  const args = ["calls", "--quick", "--only", "turnmux", "--concurrency", "1", "--profile", folder];
  expect(await ranBench(...args)).toMatchObject({ code: 0 });
  for (const name of ["floor-client", "floor-server", "turnmux-client", "turnmux-server"]) {
    const profile: unknown = JSON.parse(readFileSync(join(folder, `calls-${name}.cpuprofile`), "utf8"));
    expect(profile).toHaveProperty("samples");
  }
  expect(readdirSync(join(folder, "programs"))).toContain("client.js");
});

it("holds each bench's targets against figures that it has", () => {
  const names = BENCHES.map(({ name }) => name);
  for (const { bench } of TARGETS) expect(names).toContain(bench);
  const all = TARGETS.map(({ bench, row, concurrency, figure, atLeast }) =>
    JSON.stringify([bench, row, concurrency, figure, atLeast === undefined]),
  );
  expect(new Set(all).size).toBe(all.length);
});
