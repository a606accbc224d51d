/**
 * The programs of a run, each in one file. They start in a fraction of the time that hundreds of sources take, and a run of
 * minutes tests one state of the sources, whoever edits them meanwhile.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ENTRIES = {
  gateway: fileURLToPath(new URL("../gateway/main.ts", import.meta.url)),
  client: fileURLToPath(new URL("../client/main.ts", import.meta.url)),
} as const;

/** What CommonJS modules find in place of their own `require`. */
const REQUIRE = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** The files of the programs. */
export type Programs = Readonly<Record<keyof typeof ENTRIES, string>>;

/** Puts the programs into a folder. */
export async function bundlePrograms(folder: string): Promise<Programs> {
  await build({
    entryPoints: ENTRIES,
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["turnmux-source"],
    sourcemap: "inline",
    banner: { js: REQUIRE },
    logLevel: "silent",
  });
  return { gateway: join(folder, "gateway.mjs"), client: join(folder, "client.mjs") };
}
