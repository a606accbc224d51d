import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";

// From source, without a build: every package offers it under this condition.
const conditions = ["turnmux-source", "module", "node", "development|production"];

/** Projects whose tests share nothing that a test could leave behind: their files need no process each. */
const SHARE_PROCESSES: ReadonlySet<string> = new Set(["core", "client"]);

/** Projects that take all cores for themselves, and so run behind the others, one after the other. */
const ALONE: readonly string[] = ["crash", "bench", "simulator", "conformance-proof"];

/** Tests start many processes from the same sources: each takes what one before it has compiled. */
const COMPILED = fileURLToPath(new URL(".cache/tests/compiled", import.meta.url));

function project(name: string, include: string, testTimeout = 15_000): TestProjectConfiguration {
  return {
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: ["turnmux-source", "node"] } },
    // Any order must do. The seed of a run is in its output; --sequence.seed=... repeats it.
    test: {
      name,
      include: [include],
      env: { NODE_COMPILE_CACHE: COMPILED },
      testTimeout,
      hookTimeout: testTimeout,
      sequence: { shuffle: true, groupOrder: ALONE.indexOf(name) + 1 },
      isolate: !SHARE_PROCESSES.has(name),
    },
  };
}

const projects = [project("scripts", "scripts/test/**/*.test.mjs")];
for (const name of readdirSync("packages")) {
  if (existsSync(`packages/${name}/test`)) projects.push(project(name, `packages/${name}/test/**/*.test.ts`));
}
// scripts/dev.mjs looks for a Chromium, and names these tests as left out where there is none.
if (process.env["TURNMUX_CHROMIUM"]) {
  projects.push(project("chromium", "packages/e2e/test-chromium/**/*.test.ts", 30_000));
}

export default defineConfig({
  test: { projects, passWithNoTests: true, coverage: { provider: "v8", include: ["packages/*/src/**/*.ts"] } },
});
