// The steps of `npm test`, each also a task of its own.

import { join } from "node:path";
import { checkBrowserBundle } from "./browser-bundle.mjs";
import { checkHygiene } from "./hygiene.mjs";
import { checkPackages, pruneBuild } from "./packages.mjs";
import { capture, root, tool } from "./process.mjs";
import { runTests } from "./tests.mjs";

/** Paths that the formatter and the linter take when none are given. */
const everything = ["."];

async function command(toolchain, script, args, options = {}) {
  const { code, output } = await capture(toolchain.node, [script, ...args], { env: toolchain.env, ...options });
  return { ok: code === 0, output };
}

/** Types of sources, tests, type tests and examples; leaves the build in each package's dist. */
export async function types(toolchain) {
  pruneBuild();
  return command(toolchain, tool("typescript", "tsc"), ["-b", "--pretty", "false"]);
}

export function lint(toolchain, args = []) {
  return command(toolchain, tool("oxlint"), [
    "--type-aware",
    "--deny-warnings",
    ...(args.length > 0 ? args : everything),
  ]);
}

export function format(toolchain, args = []) {
  const rest = args.length > 0 ? args : everything;
  return command(toolchain, tool("@biomejs/biome", "biome"), [
    "format",
    "--max-diagnostics=200",
    "--colors=off",
    ...rest,
  ]);
}

/** Formats files, and repairs what the linter can. */
export async function fix(toolchain) {
  const linted = await command(toolchain, tool("oxlint"), ["--type-aware", "--fix", ...everything]);
  const formatted = await command(toolchain, tool("@biomejs/biome", "biome"), ["format", "--write", ...everything]);
  return { ok: linted.ok && formatted.ok, output: `${linted.output}\n${formatted.output}` };
}

/** Files, exports and dependencies that nothing uses. */
export function unused(toolchain) {
  return command(toolchain, tool("knip"), ["--no-progress", "--no-config-hints"]);
}

/** Each example proves one thing, by its own `check` script. */
async function examples(toolchain) {
  const args = ["-r", "--filter", "./examples/*", "--if-present", "run", "check"];
  const env = { ...toolchain.env, CI: "true" };
  return command({ ...toolchain, env }, toolchain.pnpm, args, { cwd: join(root) });
}

/** All that must pass, in an order that keeps two cores busy; the tests have the machine to themselves. */
export function checkSteps(toolchain) {
  return [
    { name: "types", run: () => types(toolchain) },
    { name: "hygiene", run: () => checkHygiene(toolchain) },
    { name: "format", run: () => format(toolchain) },
    { name: "lint", run: () => lint(toolchain) },
    { name: "unused", run: () => unused(toolchain) },
    { name: "browser", run: () => checkBrowserBundle(toolchain) },
    { name: "packages", run: () => checkPackages(toolchain), after: ["types"] },
    { name: "examples", run: () => examples(toolchain) },
    { name: "tests", run: () => runTests(toolchain, "check"), alone: true },
  ];
}
