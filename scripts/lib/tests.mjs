// Running vitest, on any Node, and what its result says.

import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { capture, root, tool } from "./process.mjs";

/** After this all tests together hang, however loaded the machine is. */
const TEST_LIMIT_MS = 1_800_000;

const CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/** A Chromium for the browser tests: TURNMUX_CHROMIUM, or one on PATH; undefined if there is none. */
export function findChromium(env = process.env) {
  if (env.TURNMUX_CHROMIUM) return env.TURNMUX_CHROMIUM;
  const suffix = process.platform === "win32" ? ".exe" : "";
  for (const folder of (env.PATH ?? "").split(delimiter).filter((part) => part !== "")) {
    for (const name of CHROMIUM_NAMES) {
      const file = join(folder, name + suffix);
      if (existsSync(file)) return file;
    }
  }
  return existsSync(MAC_CHROME) ? MAC_CHROME : undefined;
}

/** The environment of a test run: the toolchain's, and which Chromium there is. */
export function testEnvironment(env) {
  const chromium = findChromium();
  return chromium === undefined ? env : { ...env, TURNMUX_CHROMIUM: chromium };
}

function readReport(file) {
  if (!existsSync(file)) return undefined;
  const report = JSON.parse(readFileSync(file, "utf8"));
  const skipped = report.testResults.flatMap((suite) =>
    suite.assertionResults
      .filter((test) => test.status !== "passed" && test.status !== "failed")
      .map((test) => `${relative(root, suite.name)}: ${test.fullName}`),
  );
  // A file that fails to load has no failed test of its own.
  const broken = report.testResults.filter(
    (suite) => suite.status === "failed" && suite.assertionResults.every((test) => test.status !== "failed"),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length, skipped };
}

/**
 * Runs all tests with captured output; the result is one for runSteps(). `without` names projects to leave out.
 */
export async function runTests({ node, env }, label, without = []) {
  const file = join(root, ".cache", "reports", `vitest-${label}.json`);
  mkdirSync(join(root, ".cache", "reports"), { recursive: true });
  rmSync(file, { force: true });

  const full = testEnvironment(env);
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  args.push(...without.map((project) => `--project=!${project}`));
  const { code, output } = await capture(node, [tool("vitest"), ...args], { env: full, timeoutMs: TEST_LIMIT_MS });
  const report = readReport(file);

  const missing = [];
  let ok = code === 0 && report !== undefined;
  let text = output;
  if (full.TURNMUX_CHROMIUM === undefined) {
    missing.push("browser tests: no Chromium on PATH (install one, or set TURNMUX_CHROMIUM to its path)");
    if (process.env.TURNMUX_REQUIRE_ALL === "1") {
      ok = false;
      text += "\nTURNMUX_REQUIRE_ALL is set, and there is no Chromium for the browser tests.\n";
    }
  }
  for (const name of report?.skipped ?? []) missing.push(`test skipped: ${name}`);

  const note = report === undefined ? undefined : `${report.passed} tests passed, ${report.failed} failed`;
  return { ok, output: text, note, missing, tests: report };
}
