// The client's browser entry, bundled as an application would: nothing of Node may be in it.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { capture, root, tool } from "./process.mjs";

/**
 * What in esbuild's metafile does not belong into a browser: modules of Node, which stay as imports, and `ws`, which
 * has a browser build that throws when it is used, so that bundling alone would not tell.
 */
export function foreignImports(metafile) {
  const problems = [];
  for (const [file, input] of Object.entries(metafile.inputs)) {
    if (/(^|\/)node_modules\/ws\//.test(file)) problems.push(`${file} is bundled: ws is for Node only`);
    for (const imported of input.imports) {
      if (imported.external === true) problems.push(`${file} imports ${imported.path}, which no browser has`);
    }
  }
  return problems;
}

/** Bundles `entry` from source; returns `{ problems, output, bytes, gzip }`. */
export async function bundleForBrowser({ node, env }, entry, name = "client") {
  const folder = join(root, ".cache", "bundle");
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${name}.js`);
  const metafile = join(folder, `${name}.json`);
  const args = [
    entry,
    "--bundle",
    "--minify",
    "--format=esm",
    "--platform=browser",
    "--conditions=turnmux-source",
    "--log-level=warning",
    `--outfile=${outfile}`,
    `--metafile=${metafile}`,
  ];
  const { code, output } = await capture(node, [tool("esbuild"), ...args], { env });
  if (code !== 0) return { problems: ["esbuild could not bundle it"], output, bytes: 0, gzip: 0 };
  const problems = foreignImports(JSON.parse(readFileSync(metafile, "utf8")));
  const bundle = readFileSync(outfile);
  return { problems, output, bytes: bundle.length, gzip: gzipSync(bundle).length };
}

/** The check, as a step's result. */
export async function checkBrowserBundle(toolchain) {
  const { problems, output, bytes, gzip } = await bundleForBrowser(toolchain, "packages/client/src/browser.ts");
  return {
    ok: problems.length === 0,
    output: `${output}\n${problems.join("\n")}`,
    note: `${(bytes / 1024).toFixed(1)} kB, ${(gzip / 1024).toFixed(1)} kB gzipped`,
  };
}
