// Starting other programs: captured or on the terminal, always with an end.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");

const windows = process.platform === "win32";
const running = new Set();
const parent = process.ppid;

/** Ends a child and everything it started. */
function stop(child, signal) {
  try {
    if (windows) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended already.
  }
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
]) {
  process.on(signal, () => {
    for (const child of running) stop(child, "SIGTERM");
    process.exit(code);
  });
}

/**
 * Runs a program to its end and returns `{ code, output }`; a program that cannot be started gives code 127.
 * `output` is stdout and stderr as they came. After `timeoutMs` the program and its children are ended (code 124).
 */
export function capture(command, args, { env = process.env, cwd = root, timeoutMs = 900_000, shell = false } = {}) {
  return new Promise((resolve) => {
    const chunks = [];
    let late = false;
    const child = spawn(command, args, {
      cwd,
      env,
      shell,
      detached: !windows,
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
    running.add(child);
    const timer = setTimeout(() => {
      late = true;
      stop(child, "SIGKILL");
    }, timeoutMs);
    const finish = (code, note = "") => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code, output: Buffer.concat(chunks).toString("utf8") + note });
    };
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    child.on("error", (error) => finish(127, `\n${command}: ${error.message}\n`));
    child.on("close", (code, signal) => {
      if (late) finish(124, `\nended after ${timeoutMs / 1000} s\n`);
      else finish(code ?? 1, signal === null ? "" : `\nended by ${signal}\n`);
    });
  });
}

/** How often a program that npm started looks whether npm is still there, in milliseconds. */
const PARENT_CHECK_MS = 500;

/**
 * Runs a program on this terminal and returns its exit code. SIGTERM is passed on. npm gives a SIGTERM of its own to the
 * shell between it and us, and there it ends: when that shell is gone, the program is told to stop as well.
 */
export function inherit(command, args, { env = process.env, cwd = root } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: "inherit", windowsHide: true });
    // The terminal sends SIGINT and SIGHUP to the child as well; we must only not end before it does.
    for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"]) process.removeAllListeners(signal);
    process.on("SIGINT", () => {});
    process.on("SIGHUP", () => {});
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    child.on("error", (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    const watch = setInterval(() => {
      if (process.env.npm_lifecycle_event === undefined || process.ppid === parent) return;
      clearInterval(watch);
      child.kill("SIGTERM");
    }, PARENT_CHECK_MS).unref();
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/** The script behind a development dependency's command, to be run by Node: `tool("typescript", "tsc")`. */
export function tool(name, bin = name) {
  const manifest = join(root, "node_modules", name, "package.json");
  const entry = JSON.parse(readFileSync(manifest, "utf8")).bin;
  return join(dirname(manifest), typeof entry === "string" ? entry : entry[bin]);
}
