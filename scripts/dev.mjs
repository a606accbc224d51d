#!/usr/bin/env node
// The one way in: sets up what is missing, then does a task. Runs on Node 18 or newer, with npm.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkBrowserBundle } from "./lib/browser-bundle.mjs";
import { checkHygiene } from "./lib/hygiene.mjs";
import { checkPackages } from "./lib/packages.mjs";
import { inherit, root, tool } from "./lib/process.mjs";
import { runSteps, summarise, writeTally } from "./lib/report.mjs";
import { otherNode, SetupError, setup } from "./lib/setup.mjs";
import { checkSteps, fix, format, lint, types, unused } from "./lib/steps.mjs";
import { runTests, testEnvironment } from "./lib/tests.mjs";

const help = `usage: node scripts/dev.mjs <task> [arguments]

  check               everything that must pass (npm test)
  start [arguments]   the example agent (npm start -- ...)
  sim [arguments]     schedules of faults in one process, on virtual time, from a seed (npm run sim -- --help)
  crash [arguments]   gateway and clients as processes that are killed at random moments (npm run crash -- --help)
  conformance [arguments]   the suite against the reference, Python, mutants and peers that are none (npm run conformance -- --help)
  requirements        the specification's rules, for the conformance suite: --check, --reviewed ID ...
  bench <name>        how fast it is beside raw WebSockets and its peers (npm run bench -- --help)
  test [arguments]    tests; arguments go to vitest: a file, -t "name", --project core, --watch
  test-on <22|26>     all tests on another Node, the simulator's excepted: it is the same on every one
  typecheck | build   types of everything; leaves the build in packages/*/dist
  lint | format       look for problems;  fix  repairs what can be repaired
  unused              files, exports and dependencies that nothing uses
  packages | browser | hygiene   one step of check
  pnpm [arguments]    the pinned pnpm, for example: pnpm --filter @turnmux/core add ...
  node [arguments]    the Node that all of this runs on, with packages resolved to their sources
  clean               delete what was built`;

const reports = join(root, ".cache", "reports");
const say = (text) => console.log(`...  ${text}`);

async function steps(list, report) {
  const startedAt = Date.now();
  const results = await runSteps(list);
  if (report !== undefined) writeTally(join(reports, `tally-${report}.json`), results);
  return (list.length === 1 ? results[0].ok : summarise(results, startedAt)) ? 0 : 1;
}

/** One step as a task: what it printed is shown also when it passed and there is something to see. */
async function single(name, run) {
  return steps([{ name, run }]);
}

/** What the example's own start script does, without a package manager in between, which would keep signals to itself. */
function start(toolchain, args) {
  const cwd = join(root, "examples", "cron-agent");
  const options = ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning"];
  return inherit(toolchain.node, [...options, "src/main.ts", ...args], { cwd, env: toolchain.env });
}

/** A program of a package, straight from its source and with signals of its own, as the example is started. */
function program(toolchain, file, args) {
  const options = ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning"];
  return inherit(toolchain.node, [...options, join(root, file), ...args], { cwd: root, env: toolchain.env });
}

function clean() {
  rmSync(join(root, ".cache"), { recursive: true, force: true });
  for (const name of readdirSync(join(root, "packages"))) {
    rmSync(join(root, "packages", name, "dist"), { recursive: true, force: true });
  }
  return 0;
}

/** Adds up the reports of `check` and `test-on`. Each argument is a run and its exit code: check=0 */
function tally(args) {
  let passed = 0;
  let failed = 0;
  for (const [name, code] of args.map((arg) => arg.split("="))) {
    const file = join(reports, `tally-${name}.json`);
    const counts = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { passed: 0, failed: 0 };
    passed += counts.passed;
    failed += counts.failed === 0 && code !== "0" ? 1 : counts.failed;
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

async function main([task, ...args]) {
  if (task === undefined || task === "help" || task === "--help" || task === "-h") {
    console.log(help);
    return task === undefined ? 1 : 0;
  }
  if (task === "clean") return clean();
  if (task === "tally") return tally(args);

  const tasks = {
    check: (t) => steps(checkSteps(t), "check"),
    start,
    crash: (t, rest) => program(t, "packages/crash/src/main.ts", rest),
    conformance: (t, rest) => program(t, "packages/conformance-proof/src/main.ts", rest),
    requirements: (t, rest) => program(t, "packages/conformance/src/spec/main.ts", rest),
    bench: (t, rest) => program(t, "packages/bench/src/main.ts", rest),
    sim: (t, rest) => program(t, "packages/simulator/src/main.ts", rest),
    test: (t, rest) => inherit(t.node, [tool("vitest"), ...vitestArguments(rest)], { env: testEnvironment(t.env) }),
    "test-on": async (t, [major]) => {
      const other = await otherNode(major, say);
      return steps(
        [{ name: `node ${major}`, run: () => runTests({ ...t, ...other }, `node-${major}`, ["simulator"]) }],
        `node-${major}`,
      );
    },
    typecheck: (t) => single("types", () => types(t)),
    build: (t) => single("types", () => types(t)),
    lint: (t, rest) => single("lint", () => lint(t, rest)),
    format: (t, rest) => single("format", () => format(t, rest)),
    fix: (t) => single("fix", () => fix(t)),
    unused: (t) => single("unused", () => unused(t)),
    packages: async (t) => (await single("types", () => types(t))) || single("packages", () => checkPackages(t)),
    browser: (t) => single("browser", () => checkBrowserBundle(t)),
    hygiene: (t) => single("hygiene", () => checkHygiene(t)),
    pnpm: (t, rest) => inherit(t.node, [t.pnpm, ...rest], { env: t.env, cwd: process.cwd() }),
    node: (t, rest) => inherit(t.node, ["--conditions=turnmux-source", ...rest], { env: t.env, cwd: process.cwd() }),
  };
  if (!Object.hasOwn(tasks, task)) {
    console.error(`There is no task "${task}".\n\n${help}`);
    return 1;
  }
  mkdirSync(reports, { recursive: true });
  const toolchain = await setup({ dependencies: task !== "pnpm", say });
  return tasks[task](toolchain, args);
}

function vitestArguments(args) {
  return args.includes("--watch") || args.includes("-w") ? args : ["run", ...args];
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`\nSet-up failed. ${error.message}`);
  process.exitCode = 1;
}
