/**
 * The command as a process of its own, from its source.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
  /** Resolves with what was written once it holds this text. */
  said(text: string): Promise<string>;
}

/** Starts it. Of this process's environment it gets what it needs to run, and nothing of turnmux's. */
export function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const { PATH = "", NODE_COMPILE_CACHE = "", TMPDIR = "" } = process.env;
  const child = spawn(
    process.execPath,
    ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning", MAIN, ...args],
    { env: { PATH, NODE_COMPILE_CACHE, ...(TMPDIR === "" ? {} : { TMPDIR }), ...env } },
  );
  let out = "";
  let err = "";
  const watchers = new Set<() => void>();
  const heard = (): void => {
    for (const look of watchers) look();
  };
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString("utf8");
    heard();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString("utf8");
    heard();
  });
  const ended = new Promise<Ran>((resolve) => {
    child.on("close", (code) => resolve({ code, out, err }));
  });
  const said = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const all = out + err;
        if (all.includes(text)) resolve(all);
      };
      watchers.add(look);
      void ended.then(() => reject(new Error(`it ended without saying ${text}: ${out}${err}`)));
      look();
    });
  return { child, ended, said };
}

/** Runs it to its end. */
export async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input?: string | Uint8Array,
): Promise<Ran> {
  const { child, ended } = start(args, env);
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  return ended;
}
