/**
 * What a browser has to load: sources bundled, minified and gzipped as an application's own build would do it.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";

/** Where imports of bundled sources are looked up: this package, which has all of them. */
const RESOLVE_DIR: string = fileURLToPath(new URL(".", import.meta.url));

/** A module in a bundle. */
export interface BundledModule {
  /** Its path from the top of the repository, or the package's name in `node_modules`. */
  readonly path: string;
  /** Its share of the minified bundle, in octets. */
  readonly minified: number;
}

/** A bundle's size. */
export interface BundleSize {
  /** Octets, minified. */
  readonly minified: number;
  /** Octets, minified and then gzipped at level 9. */
  readonly gzipped: number;
  /** What is in it, the largest first. */
  readonly modules: readonly BundledModule[];
}

/** What a part of a bundle is of it, in octets. */
export interface BundleShare {
  readonly minified: number;
  readonly gzipped: number;
}

/**
 * Bundles an ES module for browsers, with all that it imports. Only what the module keeps alive is in the bundle, so it should use
 * what it imports.
 *
 * @param source the text of the module
 */
export async function bundleSize(source: string): Promise<BundleSize> {
  const { text, modules } = await bundled(source);
  return { minified: Buffer.byteLength(text), gzipped: gzippedLength(text), modules };
}

/**
 * What each of these groups of modules is of a bundle's gzipped octets: by so much it is shorter without their text. What
 * several of them have in common counts for none, so they come to less than the whole.
 *
 * @param groups by the paths of their modules
 */
export async function bundleShares(source: string, groups: readonly RegExp[]): Promise<readonly BundleShare[]> {
  const paths: string[] = [];
  const { text } = await bundled(source, [marking(paths)]);
  const runs = [...text.matchAll(RUN)].map(({ 0: run, groups: found }) => ({
    run,
    path: paths[Number(found?.["id"])] ?? "",
  }));
  const whole = gzippedLength(text.replace(MARKS, ""));
  return groups.map((group) => {
    let rest = text;
    let minified = 0;
    for (const { run, path } of runs) {
      if (!group.test(path)) continue;
      minified += Buffer.byteLength(run.replace(MARKS, ""));
      rest = rest.replace(run, () => "");
    }
    return { minified, gzipped: whole - gzippedLength(rest.replace(MARKS, "")) };
  });
}

/** A call in front of a module, and one behind it, that no minifier leaves out or moves. */
function mark(id: number, side: "from" | "to"): string {
  return `globalThis.${side}(${id});`;
}

const MARKS = /globalThis\.(?:from|to)\(\d+\)[;,]?/g;
const RUN = /globalThis\.from\((?<id>\d+)\).*?globalThis\.to\(\k<id>\)[;,]?/gs;

/** Puts marks around modules. `paths` gets their paths, by the numbers in their marks. */
function marking(paths: string[]): Plugin {
  return {
    name: "marking",
    setup: (builder) => {
      builder.onLoad({ filter: /packages\/.*\.ts$/ }, async ({ path }) => {
        const id = paths.push(shortened(path)) - 1;
        const text = await readFile(path, "utf8");
        return { contents: `${mark(id, "from")}\n${text}\n${mark(id, "to")}`, loader: "ts" };
      });
    },
  };
}

async function bundled(
  source: string,
  plugins: Plugin[] = [],
): Promise<{ readonly text: string; readonly modules: readonly BundledModule[] }> {
  const result = await build({
    stdin: { contents: source, resolveDir: RESOLVE_DIR, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2024",
    legalComments: "none",
    conditions: ["turnmux-source", "browser"],
    metafile: true,
    write: false,
    plugins,
    logLevel: "silent",
  });
  const [file] = result.outputFiles;
  const [output] = Object.values(result.metafile.outputs);
  if (file === undefined || output === undefined) throw new Error("esbuild made no file");
  const modules = Object.entries(output.inputs)
    .map(([path, { bytesInOutput }]) => ({ path: shortened(path), minified: bytesInOutput }))
    .filter(({ minified }) => minified > 0)
    .toSorted((one, other) => other.minified - one.minified);
  return { text: file.text, modules };
}

function gzippedLength(text: string): number {
  return gzipSync(text, { level: 9 }).length;
}

function shortened(path: string): string {
  const library = path.lastIndexOf("node_modules/");
  if (library >= 0) return path.slice(library + "node_modules/".length);
  const own = path.lastIndexOf("packages/");
  return own < 0 ? path : path.slice(own);
}
