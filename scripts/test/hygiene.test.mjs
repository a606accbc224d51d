import { describe, expect, it } from "vitest";
import { deadLinks, problemsIn } from "../lib/hygiene.mjs";

// Put together here, so that the check does not find it in this file.
const words = (...parts) => parts.join("");
const home = ["", "home", "someone", "turnmux"].join("/");
const registry = ["registry", "npmjs", "org"].join(".");

describe("rules on the repository's text", () => {
  it.each([
    ["a machine's path", "docs/guide.md", `see ${home}/notes`],
    ["a path in an editor's spelling", "docs/guide.md", `file:${["", "root", "x"].join("/")}`],
    ["a registry's address", ".npmrc", `//${registry}/:always-auth=true`],
    ["a download address in npm's lock file", "tools/package-lock.json", `"resolved": "https://example.org/a.tgz"`],
    [
      "a download address in pnpm's lock file",
      "pnpm-lock.yaml",
      "    resolution: {tarball: https://example.org/a.tgz}",
    ],
    ["a focused test", "packages/core/test/a.test.ts", words("it", ".only(x);")],
    ["a skipped group", "packages/core/test/a.test.ts", words("describe", ".skip(x);")],
    ["a planned test", "packages/core/test/a.test.ts", words("it", ".concurrent.todo(x);")],
    ["a timer in a test", "packages/core/test/a.test.ts", "await new Promise((r) => setTimeout(r, 10));"],
    ["a sleep in a test", "packages/core/test/a.test.ts", "await sleep(10);"],
    ["timers as promises in a test", "packages/core/test/a.test.ts", `import { x } from "node:timers/promises";`],
    [
      "an exception in the core",
      "packages/core/src/a.ts",
      words("// oxlint", "-disable-next-line no-restricted-globals -- just this once"),
    ],
    [
      "a rule switched off without a reason",
      "packages/core/src/a.ts",
      words("// oxlint", "-disable-next-line no-console"),
    ],
    ["all rules switched off", "packages/client/src/a.ts", words("/* eslint", "-disable */")],
    ["types switched off", "packages/gateway/src/a.ts", words("// @ts", "-ignore")],
    ["a file that is too long", "packages/core/src/a.ts", "x;\n".repeat(601)],
    ["a loose version", "packages/core/package.json", `{ "dependencies": { "ws": "^8.0.0" } }`],
  ])("refuse %s", (_name, path, text) => {
    expect(problemsIn(path, text)).toHaveLength(1);
  });

  it.each([
    ["a path of a URL", "docs/guide.md", "https://example.org/home/someone/"],
    ["a folder of the repository", "docs/guide.md", "packages/work/src"],
    ["a simulated delay in a test", "packages/core/test/a.test.ts", "network.delay(10);"],
    ["a timer outside of tests", "packages/client/src/timer.ts", "setTimeout(run, 10);"],
    ["a test chosen at run time", "packages/core/test/a.test.ts", `it.skipIf(process.platform === "win32")("x", f);`],
    [
      "a rule switched off with a reason",
      "packages/core/src/a.ts",
      "// oxlint-disable-next-line no-control-regex -- meant",
    ],
    ["exactly as many lines as may be", "packages/core/src/a.ts", "x;\n".repeat(600)],
    ["pinned versions", "package.json", `{ "devDependencies": { "a": "1.2.3-beta.1", "b": "workspace:*" } }`],
  ])("accept %s", (_name, path, text) => {
    expect(problemsIn(path, text)).toEqual([]);
  });
});

describe("links in Markdown", () => {
  const exists = (path) => path === "docs/spec.md" || path === "README.md";

  it("must lead to a file, seen from where they stand", () => {
    expect(deadLinks("docs/guide.md", "[a](spec.md#errors) [b](../README.md)", exists)).toEqual([]);
    expect(deadLinks("README.md", "[a](spec.md)", exists)).toEqual(["README.md: a link leads nowhere: spec.md"]);
  });

  it("may leave the repository, stay on the page, or be code", () => {
    const text = "[a](https://example.org/x) [b](#part)\n\n```ts\nlist[0](nothing);\n```\n";
    expect(deadLinks("README.md", text, exists)).toEqual([]);
  });
});
