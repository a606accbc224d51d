import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const NODE_OPTIONS = ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning", MAIN];

/** What came of a driver's run. */
export interface Ran {
  readonly code: number | null;
  readonly output: string;
  readonly lastLine: string;
}

/** A driver as a process of its own, whose working folders are in a folder of the test. */
export class Driver {
  readonly folder: string;
  readonly ended: Promise<Ran>;
  readonly #child: ChildProcess;
  #output = "";
  #heard: () => void = () => {};

  constructor(args: readonly string[]) {
    this.folder = mkdtempSync(join(tmpdir(), "crash-test-"));
    const env = { ...process.env, TMPDIR: this.folder, TEMP: this.folder, TMP: this.folder };
    this.#child = spawn(process.execPath, [...NODE_OPTIONS, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
        this.#heard();
      });
    }
    this.ended = this.#end();
    onTestFinished(async () => {
      this.#child.kill("SIGTERM");
      await this.ended;
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** Resolves when this stands in the output. */
  async says(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#heard = resolve;
      await Promise.race([
        promise,
        this.ended.then(() => Promise.reject(new Error(`it ended first: ${this.#output}`))),
      ]);
    }
  }

  signal(signal: "SIGTERM" | "SIGINT"): void {
    this.#child.kill(signal);
  }

  async #end(): Promise<Ran> {
    const [code] = (await once(this.#child, "close")) as [number | null];
    return { code, output: this.#output, lastLine: this.#output.trimEnd().split("\n").at(-1) ?? "" };
  }
}

/** A driver's run to its end. */
export function ranDriver(...args: string[]): Promise<Ran> {
  return new Driver(args).ended;
}

/** The figures of a last line. Throws for anything else. */
export function figuresOf(line: string): Record<"kills" | "calls" | "lost" | "duplicated" | "untrue", number> {
  const found = /^kills (\d+), calls (\d+), lost (\d+), duplicated (\d+), untrue (\d+)$/.exec(line);
  if (found === null) throw new Error(`this is no last line: ${line}`);
  const [kills = 0, calls = 0, lost = 0, duplicated = 0, untrue = 0] = found.slice(1).map(Number);
  return { kills, calls, lost, duplicated, untrue };
}
