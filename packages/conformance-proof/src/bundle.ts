/**
 * The reference peers, each in one file: they start in half of the time that hundreds of sources take, and a run of minutes tests one
 * state of the sources, whoever edits them meanwhile.
 *
 * @module
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PeerRole } from "@turnmux/conformance";
import { build } from "esbuild";

const ENTRIES = {
  gateway: fileURLToPath(new URL("peers/gateway.ts", import.meta.url)),
  client: fileURLToPath(new URL("peers/client.ts", import.meta.url)),
  behaviour: fileURLToPath(new URL("peers/in-process.ts", import.meta.url)),
  // The thread of a journal is started from a file of its own, which lies beside whatever starts it.
  worker: fileURLToPath(new URL("journal/worker.ts", import.meta.resolve("@turnmux/gateway"))),
} as const;

/** What CommonJS modules find in place of their own `require`. Under a name that no module has: several import the function. */
const REQUIRE =
  'import { createRequire as requireOfBundle } from "node:module"; const require = requireOfBundle(import.meta.url);';

/** The files of the peers. */
export interface Programs {
  readonly files: Readonly<Record<PeerRole, string>>;
  /** Deletes them. */
  remove(): Promise<void>;
}

/** Makes them, in a folder of their own. */
export async function bundlePeers(): Promise<Programs> {
  const folder = await mkdtemp(join(tmpdir(), "turnmux-peers-"));
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
  const file = (role: PeerRole): string => join(folder, `${role}.js`);
  return {
    files: { gateway: file("gateway"), client: file("client"), behaviour: file("behaviour") },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
