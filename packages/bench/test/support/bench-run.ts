import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { Report } from "../../src/report.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const NODE_OPTIONS = ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning", MAIN];

/** How long a bench may take with `--quick` on a machine that is busy with other things. */
export const LIMIT_MS = 300_000;

/** What came of a run. */
export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** A driver as a process of its own, whose working folders are in a folder of the test. */
export class BenchRun {
  readonly folder: string;
  readonly ended: Promise<Ran>;
  readonly #child: ChildProcess;
  #output = "";
  #heard: () => void = () => {};

  constructor(args: readonly string[]) {
    this.folder = mkdtempSync(join(tmpdir(), "bench-test-"));
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
    return { code, output: this.#output };
  }
}

/** A driver's run to its end. */
export function ranBench(...args: string[]): Promise<Ran> {
  return new BenchRun(args).ended;
}

/** The report of a bench's run with `--quick`. Throws, with what it printed, where it did not end with 0. */
export async function quickReport(name: string, ...args: string[]): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), "bench-report-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "report.json");
  const { code, output } = await ranBench(name, "--quick", "--json", file, ...args);
  if (code !== 0) throw new Error(`exit code ${code}: ${output}`);
  return JSON.parse(readFileSync(file, "utf8")) as Report;
}
