/**
 * The programs of a run, each in one file. They start in a fraction of the time that hundreds of sources take, and a run of
 * minutes tests one state of the sources, whoever edits them meanwhile.
 *
 * @module
 */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ENTRIES = {
  gateway: fileURLToPath(new URL("../gateway/main.ts", import.meta.url)),
  client: fileURLToPath(new URL("../client/main.ts", import.meta.url)),
  // The thread of a journal is started from a file of its own, which lies beside whatever starts it.
  worker: fileURLToPath(new URL("journal/worker.ts", import.meta.resolve("@turnmux/gateway"))),
} as const;

/** What CommonJS modules find in place of their own `require`. Under a name that no module has: several import the function. */
const REQUIRE =
  'import { createRequire as requireOfBundle } from "node:module"; const require = requireOfBundle(import.meta.url);';

/** The files of the programs. */
export interface Programs {
  readonly gateway: string;
  readonly client: string;
}

/** Puts the programs into a folder of their own below this one. */
export async function bundlePrograms(below: string): Promise<Programs> {
  const folder = join(below, "programs");
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await build({
    entryPoints: ENTRIES,
    outdir: folder,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["turnmux-source"],
    banner: { js: REQUIRE },
    logLevel: "silent",
  });
  return { gateway: join(folder, "gateway.js"), client: join(folder, "client.js") };
}
