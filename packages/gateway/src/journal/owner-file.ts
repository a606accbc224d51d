/**
 * The note beside a journal's file that says who uses it. It locks nothing: it is read only when the lock is taken.
 *
 * @module
 */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";

function noteOf(path: string): string {
  return `${path}-owner`;
}

/** Leaves a note that this process uses the file. What cannot be written is left out: it only helps people. */
export function leaveNote(path: string, openedAtMs: number): void {
  const note = { pid: process.pid, host: hostname(), since: new Date(openedAtMs).toISOString() };
  try {
    writeFileSync(noteOf(path), `${JSON.stringify(note)}\n`, { mode: 0o600 });
  } catch {
    // The disk may be full, and still there is much that a journal can do.
  }
}

/** Takes it away. */
export function removeNote(path: string): void {
  try {
    rmSync(noteOf(path), { force: true });
  } catch {
    // One that is left behind misleads nobody: whoever takes the lock writes it anew.
  }
}

/** Who uses the file, as far as the note tells, for "in use by ...". */
export function describeUser(path: string): string {
  let note: unknown;
  try {
    note = JSON.parse(readFileSync(noteOf(path), "utf8"));
  } catch {
    return "another program";
  }
  if (typeof note !== "object" || note === null) return "another program";
  const { pid, host, since } = note as Readonly<Record<string, unknown>>;
  if (typeof pid !== "number" || typeof host !== "string" || typeof since !== "string") return "another program";
  if (host !== hostname()) return `process ${pid} on ${host} since ${since}`;
  if (pid === process.pid) return `this process since ${since}`;
  return isAlive(pid) ? `process ${pid} since ${since}` : "another program";
}

/** Whether there is such a process on this machine: a note outlives a process that was killed. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
