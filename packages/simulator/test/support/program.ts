/**
 * The simulator as a program of one file, which starts at once: from the sources as they are, or with a fault in them.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The root of the repository. */
const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

/** Characters that a run may print: a whole trace. */
const MOST_OUTPUT = 512 * 1024 * 1024;

/** A change to one source file. */
export interface Change {
  /** The file, from the root of the repository. */
  readonly file: string;
  /** A text that is there exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** What a run left behind. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder for programs, which goes when nobody needs them any more. */
export class Workshop implements AsyncDisposable {
  readonly #folder: string;
  #built = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<Workshop> {
    return new Workshop(await mkdtemp(join(tmpdir(), "turnmux-simulator-")));
  }

  /** Builds the simulator. Throws where the text of a change is not there exactly once. */
  async build(changes: readonly Change[] = []): Promise<Program> {
    this.#built += 1;
    const outfile = join(this.#folder, `simulator-${this.#built}.mjs`);
    const changed = new Map<string, string>();
    for (const change of changes) {
      const path = join(ROOT, change.file);
      changed.set(path, applied(change, changed.get(path) ?? (await readFile(path, "utf8"))));
    }
    await build({
      entryPoints: [join(ROOT, "packages/simulator/src/main.ts")],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node22",
      conditions: ["turnmux-source"],
      logLevel: "silent",
      plugins: [
        {
          name: "changes",
          setup: ({ onLoad }) => {
            onLoad({ filter: /\.ts$/ }, ({ path }) => {
              const contents = changed.get(path);
              return contents === undefined ? undefined : { contents, loader: "ts" };
            });
          },
        },
      ],
    });
    return new Program(outfile);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A simulator that was built. */
export class Program {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Runs it to its end. */
  run(args: readonly string[]): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const options = { maxBuffer: MOST_OUTPUT };
      execFile(process.execPath, [this.#file, ...args], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === "number") resolve({ code, stdout, stderr });
        else reject(new Error(`the simulator did not come to an end: ${stderr}`, { cause: error }));
      });
    });
  }
}

/** The source with the change in it. */
export function applied({ file, find, replace }: Change, source: string): string {
  const parts = source.split(find);
  if (parts.length !== 2) {
    throw new Error(`${file} has the text of this change ${parts.length - 1} times, and must have it once: ${find}`);
  }
  return parts.join(replace);
}
