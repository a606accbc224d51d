import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../../..");
const documents = [
  "README.md",
  "docs/guide.md",
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/README.md`),
];

/** The TypeScript of a document that stands for itself: what begins with an import. */
function snippets(document: string): { readonly line: number; readonly code: string }[] {
  let text: string;
  try {
    text = readFileSync(join(root, document), "utf8");
  } catch {
    return [];
  }
  return [...text.matchAll(/^```ts\n(import [\s\S]*?)^```$/gm)].map((match) => ({
    line: text.slice(0, match.index).split("\n").length,
    code: match[1] ?? "",
  }));
}

describe("the documents", () => {
  it("show TypeScript that compiles", { timeout: 60_000 }, () => {
    const cache = join(root, "packages/e2e/node_modules/.cache");
    mkdirSync(cache, { recursive: true });
    const folder = mkdtempSync(join(cache, "snippets-"));
    try {
      const files = documents.flatMap((document) =>
        snippets(document).map(({ line, code }) => ({
          name: `${document.replaceAll(/[/.]/g, "-")}-line-${line}.ts`,
          code,
        })),
      );
      expect(files.length).toBeGreaterThan(10);
      for (const { name, code } of files) writeFileSync(join(folder, name), code);
      const config = {
        extends: join(root, "tsconfig.test.json"),
        compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, incremental: false },
        include: ["*.ts"],
      };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const run = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
      expect(run.stdout + run.stderr).toBe("");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
