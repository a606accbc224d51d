import { readdirSync } from "node:fs";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";

// From source, without a build: every package offers it under this condition.
const conditions = ["turnmux-source", "module", "node", "development|production"];

function project(name: string, include: string[]): TestProjectConfiguration {
  return {
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: ["turnmux-source", "node"] } },
    test: { name, include, environment: "node", sequence: { shuffle: true } },
  };
}

const projects = readdirSync(new URL("packages", import.meta.url)).map((name) =>
  project(name, [`packages/${name}/test/**/*.test.ts`]),
);
projects.push(project("scripts", ["scripts/test/**/*.test.mjs"]));
// scripts/dev.mjs looks for a Chromium, and names these tests as skipped where there is none.
if (process.env["TURNMUX_CHROMIUM"]) projects.push(project("chromium", ["packages/e2e/test-chromium/**/*.test.ts"]));

export default defineConfig({
  test: { projects, passWithNoTests: true },
});
