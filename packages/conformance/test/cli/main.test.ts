import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import "../../src/cases/index.ts";
import { EXCUSED } from "../../src/spec/excused.ts";
import { allClauses } from "../../src/spec/requirements.ts";
import { allCases } from "../../src/suite/case.ts";
import { ENVIRONMENT } from "./support/environment.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

interface Ended {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program with all its cases. */
function run(...args: readonly string[]): Promise<Ended> {
  const options = { env: ENVIRONMENT, maxBuffer: 16 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(process.execPath, ["--conditions=turnmux-source", MAIN, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

describe("turnmux-conformance with all its cases", () => {
  it("explains a requirement of the specification", async () => {
    const { code, stdout } = await run("explain", "FRAME-003");
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^FRAME-003 {2}MUST {2}for gateway and client {2}section 2\. Frames$/m);
  });

  it("lists every case once", async () => {
    const { code, stdout } = await run("list");
    expect(code).toBe(0);
    const ids = stdout
      .split("\n\n")[0]
      ?.split("\n")
      .map((line) => line.split(" ")[0]);
    expect(ids).toEqual(allCases().map(({ id }) => id));
  });

  it.each([
    ["a URL where nobody listens", ["gateway", "ws://127.0.0.1:1/"], "Cannot connect to ws://127.0.0.1:1/"],
    ["a program that is not there", ["client", "--", "/no/such/program"], "could not be started"],
    ["a program that ends at once", ["gateway", "--", process.execPath, "-e", "process.exit(3)"], "exit code 3"],
    ["a program that ends at once, in process", ["behaviour", "--", process.execPath, "-e", "0"], "exit code 0"],
  ])("says that %s cannot be judged, and exits with 2", async (_, args, why) => {
    const { code, stdout } = await run(...args);
    expect(code, stdout).toBe(2);
    expect(stdout).toContain(why);
    expect(stdout).toContain("Nothing else was run");
    expect(stdout).toContain("1 case ");
  });
});

describe("the cases", () => {
  const known = new Set(allClauses().map(({ id }) => id));

  it("are about clauses that there are", () => {
    const strange = allCases().flatMap(({ id, covers }) =>
      covers.filter((clause) => !known.has(clause)).map((clause) => `${id} covers ${clause}`),
    );
    expect(strange).toEqual([]);
  });

  it("have titles that say what holds", () => {
    const odd = allCases().filter(({ title }) => title === "" || title.endsWith(".") || title.length > 200);
    expect(odd.map(({ id }) => id)).toEqual([]);
  });

  it("leave out only clauses that there are, for a reason, and that no case of the role is about", () => {
    for (const [clause, { role, why }] of Object.entries(EXCUSED)) {
      expect(known).toContain(clause);
      expect(why.length).toBeGreaterThan(40);
      const about = allCases().filter(({ covers }) => covers.includes(clause));
      expect(about.filter((entry) => role === "both" || entry.role === "both" || entry.role === role)).toEqual([]);
    }
  });
});
