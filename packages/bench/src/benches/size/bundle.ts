/**
 * What a browser has to load: sources bundled, minified and gzipped as an application's own build would do it.
 *
 * @module
 */
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

/**
 * Bundles an ES module for browsers, with all that it imports. Only what the module keeps alive is in the bundle, so it should use
 * what it imports.
 *
 * @param source the text of the module
 * @param without modules that are left out as if they were empty, by their paths. Such a bundle does not run: its size tells
 *   what they weigh
 */
export async function bundleSize(source: string, without?: RegExp): Promise<BundleSize> {
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
    plugins: without === undefined ? [] : [emptied(without)],
    logLevel: "silent",
  });
  const [file] = result.outputFiles;
  const [output] = Object.values(result.metafile.outputs);
  if (file === undefined || output === undefined) throw new Error("esbuild made no file");
  const modules = Object.entries(output.inputs)
    .map(([path, { bytesInOutput }]) => ({ path: shortened(path), minified: bytesInOutput }))
    .filter(({ minified }) => minified > 0);
  return {
    minified: file.contents.length,
    gzipped: gzipSync(file.contents, { level: 9 }).length,
    modules: modules.toSorted((one, other) => other.minified - one.minified),
  };
}

/** Has modules export the same names with nothing behind them. */
function emptied(paths: RegExp): Plugin {
  return {
    name: "emptied",
    setup: (builder) => {
      builder.onLoad({ filter: paths }, async ({ path }) => {
        const { metafile } = await build({
          entryPoints: [path],
          format: "esm",
          metafile: true,
          write: false,
          outdir: RESOLVE_DIR,
          logLevel: "silent",
        });
        const names = Object.values(metafile.outputs).flatMap((output) => output.exports);
        return { contents: names.map((name) => `export const ${name} = undefined;`).join("\n") };
      });
    },
  };
}

function shortened(path: string): string {
  const library = path.lastIndexOf("node_modules/");
  if (library >= 0) return path.slice(library + "node_modules/".length);
  const own = path.lastIndexOf("packages/");
  return own < 0 ? path : path.slice(own);
}
