import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { z } from "zod";

const PACKAGE = new URL("../", import.meta.url);
const Manifest = z.object({ files: z.array(z.string()), scripts: z.object({ prepack: z.string() }) });

function read(path: string): string {
  return readFileSync(new URL(path, PACKAGE), "utf8");
}

it("whoever installs the package has the specification and the guide with it", async () => {
  const { files, scripts } = Manifest.parse(JSON.parse(read("package.json")));
  expect(files).toContain("docs");
  expect(scripts.prepack).toBe("node scripts/documents.mjs");
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL("scripts/documents.mjs", PACKAGE))]);
  for (const name of ["spec.md", "implementing.md"]) expect(read(`docs/${name}`)).toBe(read(`../../docs/${name}`));
});
