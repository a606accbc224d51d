import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { ENVIRONMENT } from "./support/environment.ts";

const PROGRAM = fileURLToPath(new URL("support/scripted.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "turnmux-conformance-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program as a process of its own. */
function run(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const options = { env: { ...ENVIRONMENT, ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, ["--conditions=turnmux-source", PROGRAM, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

const verdicts = (given: Record<string, string>): Record<string, string> => ({
  VERDICTS: JSON.stringify(given),
});
const gateway = ["gateway", "ws://localhost:1/"];

describe("turnmux-conformance", () => {
  it("exits with 0 where all cases pass, and says how many clauses were kept", async () => {
    const { code, stdout, stderr } = await run([...gateway, "--seed", "5"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("gateway: ws://localhost:1/, carriage binary, seed 5\n");
    expect(stdout).toMatch(/^PASS {3}frame\.unknown-type {2}2 ms$/m);
    expect(stdout).toMatch(/6 cases \(0\.0 s\): 6 passed, 0 failed\nMUST clauses: 3 of 3 kept\nconformant\n$/);
    // It is no terminal: neither colours nor lines that are written over.
    expect(stdout).not.toContain("\u001B");
  });

  it("exits with 1 where a case fails, and says why, what was broken, and how to see it again", async () => {
    const { code, stdout } = await run([...gateway, "--seed", "5"], verdicts({ "frame.unknown-type": "fail" }));
    expect(code).toBe(1);
    expect(stdout).toContain("frame.unknown-type says why");
    expect(stdout).toContain("FRAME-004.1: An unknown type MUST be an error.");
    expect(stdout).toContain("    <- PONG 2");
    expect(stdout).toContain("turnmux-conformance explain frame.unknown-type");
    const again = "turnmux-conformance gateway ws://localhost:1/ --seed 5 --only frame.unknown-type --trace";
    expect(stdout).toContain(again);
    expect(stdout).toMatch(/not conformant\n$/);
  });

  it("repeats a case with what it was run with", async () => {
    const options = ["--seed", "5", "--time-scale", "2", "--jobs", "1", "--carriage", "text"];
    const { stdout } = await run([...gateway, ...options], verdicts({ "frame.unknown-type": "fail" }));
    const again = "--carriage text --time-scale 2 --jobs 1 --seed 5 --only frame.unknown-type --trace";
    expect(stdout).toContain(`turnmux-conformance gateway ws://localhost:1/ ${again}`);
  });

  it("takes warnings and what is unsupported for conformant", async () => {
    const given = verdicts({ "chan.batches": "warn", "frame.reserved-bit": "unsupported" });
    const { code, stdout } = await run(gateway, given);
    expect(code).toBe(0);
    expect(stdout).toContain("4 passed, 0 failed, 1 warning, 1 unsupported");
    expect(stdout).toContain("conformant, as far as was seen: 1 MUST clause could not be\n");
  });

  it("exits with 2 where the suite could not finish a case", async () => {
    const given = verdicts({ "frame.unknown-type": "error", "frame.reserved-bit": "fail" });
    expect((await run(gateway, given)).code).toBe(2);
  });

  it("runs nothing else where the sanity case fails", async () => {
    const { code, stdout } = await run(gateway, verdicts({ "sanity.first": "fail" }));
    expect(code).toBe(1);
    expect(stdout).toContain("Nothing else was run (binary): a peer has to do the simplest thing first.");
    expect(stdout).toContain("1 case ");
    expect((await run(gateway, verdicts({ "sanity.first": "error" }))).code).toBe(2);
  });

  it("says so where the cases have broken the peer", async () => {
    const { code, stdout } = await run(gateway, verdicts({ "sanity.last": "error" }));
    expect(code).toBe(1);
    expect(stdout).toContain("One of the cases has broken the peer");
  });

  it("exits with 2 where the peer cannot be started", async () => {
    const { code, stderr } = await run(["client", "--", "no-such-program"], { REFUSES: "1" });
    expect(code).toBe(2);
    expect(stderr).toBe("turnmux-conformance: no-such-program: it is not there\n");
  });

  it.each([
    [["gateway", "ws://a/", "--sede", "1"], "did you mean --seed?"],
    [[...gateway, "--only", "frame.reserved-bits"], "the nearest: frame.reserved-bit"],
    [[...gateway, "--only", "frame.skipped-type"], "matches no case for a gateway"],
    [[...gateway, "--only", "text.member"], "matches cases for carriage text alone"],
    [[...gateway, "--expect", join(folder, "nowhere")], "--expect: "],
    [[...gateway, "--json", join(folder, "nowhere", "report.json")], "cannot be written"],
    [["explain", "FRAME-033"], "FRAME-003"],
  ])("exits with 2 for %j, before anything runs", async (args, why) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(why);
  });

  it("runs the cases that --only names, and the sanity case", async () => {
    const { stdout } = await run([...gateway, "--only", "FRAME-004", "--carriage", "text,binary"]);
    expect(stdout).toContain("6 cases");
    expect(stdout).not.toContain("frame.reserved-bit");
  });

  it("says that not all cases were run", async () => {
    const chosen = [...gateway, "--only", "FRAME-004"];
    expect((await run(chosen)).stdout).toMatch(/^conformant in what was run: 1 of 4 cases/m);
    const { stdout } = await run([...chosen, "--json", "-"]);
    expect(JSON.parse(stdout)).toMatchObject({ only: ["FRAME-004"], expect: null, left: 3 });
    const junit = (await run([...chosen, "--junit", "-"])).stdout;
    expect(junit).toContain('<property name="only" value="FRAME-004"/>');
    expect(junit).toContain('<property name="left" value="3"/>');
  });

  it("counts a listed failure as known, and a listed case that passes or is not there as stale", async () => {
    const known = join(folder, "known");
    writeFileSync(known, "# the reader is slow\nframe.unknown-type\n");
    const failing = verdicts({ "frame.unknown-type": "fail" });
    const expected = await run([...gateway, "--expect", known], failing);
    expect(expected.code, expected.stdout).toBe(0);
    expect(expected.stdout).toContain("frame.unknown-type  the reader is slow");
    expect(expected.stdout).toContain("1 of them known");

    const stale = await run([...gateway, "--expect", known]);
    expect(stale.code).toBe(1);
    expect(stale.stdout).toContain("line 2: frame.unknown-type is listed as failing, and does not fail any more.");

    writeFileSync(known, "frame.unknown-type\nframe.gone # since long\n");
    const gone = await run([...gateway, "--expect", known], failing);
    expect(gone.code).toBe(1);
    expect(gone.stdout).toContain("line 2: There is no case frame.gone.");

    writeFileSync(known, "frame.unknown-type fails here\n");
    const wrong = await run([...gateway, "--expect", known]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("line 1: one case id a line");
  });

  it("writes reports to files, and to a standard output that then holds nothing else", async () => {
    const junit = join(folder, "report.xml");
    const { code, stdout, stderr } = await run([...gateway, "--json", "-", "--junit", junit]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ format: 1, verdict: "conformant", counts: { pass: 6 } });
    expect(stderr).toContain("conformant\n");
    expect(readFileSync(junit, "utf8")).toContain('<testsuites name="turnmux-conformance" tests="6" failures="0"');
  });

  it("says little with --quiet, and shows every trace with --trace", async () => {
    const quiet = await run([...gateway, "--quiet"]);
    expect(quiet.stdout.split("\n")).toHaveLength(4);
    const traced = await run([...gateway, "--trace"]);
    expect(traced.stdout.match(/-> PING 1/g)).toHaveLength(6);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("exits at %s with %d", async (signal, code) => {
    const args = ["--conditions=turnmux-source", PROGRAM, ...gateway];
    const child = spawn(process.execPath, args, { env: { ...ENVIRONMENT, HANGS: "1" } });
    child.stdout.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes("hanging")) child.kill(signal);
    });
    const ended = await new Promise<number | null>((resolve) => child.once("exit", resolve));
    expect(ended).toBe(code);
  });

  it("answers --help, of every command, and --version", async () => {
    expect(await run(["--help"])).toMatchObject({ code: 0, stderr: "" });
    expect((await run(["behaviour", "--help"])).stdout).toContain("usage: turnmux-conformance behaviour");
    expect((await run(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("lists and explains", async () => {
    expect((await run(["list", "--requirement", "FRAME-003"])).stdout).toContain("frame.reserved-bit");
    expect((await run(["explain", "FRAME-003", "frame.reserved-bit"])).stdout).toMatch(
      /^FRAME-003[^]*^frame\.reserved-bit$/m,
    );
  });
});
