/**
 * The programs of a bench, each in one file, as a user would ship them: a run measures one state of the sources, whoever edits
 * them meanwhile, and no time goes into loading hundreds of modules.
 *
 * @module
 */

import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The thread of a journal is started from a file of its own, which lies beside whatever starts it. */
const WORKER = fileURLToPath(new URL("journal/worker.ts", import.meta.resolve("@turnmux/gateway")));

/** What CommonJS modules find in place of their own `require`. Under a name that no module has: several import the function. */
const REQUIRE =
  'import { createRequire as requireOfBundle } from "node:module"; const require = requireOfBundle(import.meta.url);';

/** Puts the programs into a folder of their own below this one, and gives back their files by name. */
export async function bundlePrograms(
  programs: Readonly<Record<string, URL>>,
  below: string,
): Promise<ReadonlyMap<string, string>> {
  const folder = resolve(below, "programs");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  const names = Object.keys(programs);
  await build({
    entryPoints: Object.fromEntries([
      ["worker", WORKER],
      ...Object.entries(programs).map(([name, url]) => [name, fileURLToPath(url)] as const),
    ]),
    outdir: folder,
    bundle: true,
    platform: "node",
    format: "esm",
    // As the Node that runs them has it: nothing is rewritten for older ones.
    target: `node${process.versions.node}`,
    conditions: ["turnmux-source"],
    banner: { js: REQUIRE },
    logLevel: "silent",
  });
  return new Map(names.map((name) => [name, join(folder, `${name}.js`)]));
}
