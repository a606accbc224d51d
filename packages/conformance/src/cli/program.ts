/**
 * The program as a process: its streams and its signals.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Catalogue } from "./catalogue.ts";
import { runCommandLine, type TextStream } from "./command-line.ts";
import type { Engine } from "./engine.ts";

/** Exit codes of a process that a signal ended, as shells have them. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Columns where nobody knows better. */
const COLUMNS = 80;

/** Runs the program in this process. The exit code; the first signal stops the run, the second one the process. */
export async function runProgram(
  args: readonly string[],
  suite: { readonly catalogue: Catalogue; readonly engine: Engine },
): Promise<number> {
  const controller = new AbortController();
  const listeners = Object.entries(SIGNALS).map(([name, code]) => {
    const listener = (): void => {
      if (controller.signal.aborted) process.exit(code);
      controller.abort(code);
    };
    process.on(name, listener);
    return { name, listener };
  });
  // Whoever reads the beginning of a report has had enough.
  process.stdout.on("error", (error: Error & { readonly code?: unknown }) => {
    if (error.code !== "EPIPE") throw error;
  });
  try {
    return await runCommandLine(args, {
      ...suite,
      stdout: textStream(process.stdout),
      stderr: textStream(process.stderr),
      env: process.env,
      version: versionOfThisPackage(),
      signal: controller.signal,
    });
  } finally {
    for (const { name, listener } of listeners) process.off(name, listener);
  }
}

function textStream(stream: NodeJS.WriteStream): TextStream {
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY,
    columns: stream.isTTY ? stream.columns : COLUMNS,
  };
}

function versionOfThisPackage(): string {
  const file = new URL("../../package.json", import.meta.url);
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, "utf8"))).version;
}
