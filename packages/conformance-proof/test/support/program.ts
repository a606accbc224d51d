/** A peer under test as a process, as the suite drives it. */

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { PeerRole, Target } from "@turnmux/conformance";
import { onTestFinished } from "vitest";
import { referenceTarget } from "../../src/reference.ts";

/** A line that a program printed. */
export type Line = Readonly<Record<string, unknown>>;

/** See the file's comment. */
export class Program {
  readonly lines: Line[] = [];
  readonly errors: string[] = [];
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcessWithoutNullStreams;
  #told = Promise.withResolvers<void>();

  constructor({ command = [], environment }: Target, more: Readonly<Record<string, string>>) {
    const [program = "", ...args] = command;
    const child = spawn(program, args, { env: { ...process.env, ...environment, ...more } });
    this.#child = child;
    this.exited = once(child, "exit").then(([code]) => (typeof code === "number" ? code : null));
    void this.exited.then(() => this.#tell());
    createInterface({ input: child.stderr }).on("line", (line) => this.errors.push(line));
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.#tell();
    });
    child.stdin.on("error", () => {});
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await this.exited;
    });
  }

  /** Tells it, by one line of JSON; or by what is not. */
  send(line: object | string): void {
    this.#child.stdin.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`);
  }

  /** Ends its standard input. */
  end(): void {
    this.#child.stdin.end();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The first line that has these members; throws where the process ends without one. */
  async line(wanted: Line): Promise<Line> {
    for (;;) {
      const found = this.lines.find((line) =>
        Object.entries(wanted).every(([name, value]) => JSON.stringify(line[name]) === JSON.stringify(value)),
      );
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null) throw new Error(`it has ended: ${this.errors.join(" | ")}`);
      await this.#told.promise;
    }
  }

  /** What it said in its first line. */
  async ready(): Promise<Readonly<Record<string, string>>> {
    while (this.lines.length === 0 && this.#child.exitCode === null) await this.#told.promise;
    const [first] = this.lines;
    if (first === undefined) throw new Error(`it has ended: ${this.errors.join(" | ")}`);
    return first["ready"] as Readonly<Record<string, string>>;
  }

  #tell(): void {
    this.#told.resolve();
    this.#told = Promise.withResolvers();
  }
}

/** Starts a reference peer. */
export function start(role: PeerRole, environment: Readonly<Record<string, string>> = {}): Program {
  return new Program(referenceTarget(role), environment);
}

/** A folder for one test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "conformance-proof-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Calls a tool by lines, and gives how it ended. */
export async function call(program: Program, session: string, id: string, order: object): Promise<Line> {
  program.send({ do: "call", session, id, ...order });
  return program.line({ event: "end", session, id });
}

/** The proof that the gateway under test takes. */
export const AUTH = { method: "token", keyId: "conformance", secret: "turnmux-conformance-secret" } as const;
