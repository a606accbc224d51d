/**
 * Where shared turns listen: a folder that nobody but its user can enter.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

/** Octets of a path that every system takes for a socket. */
const LONGEST_PATH = 103;

/** Octets of a file's name, and more. */
const NAME_OCTETS = 32;

const SOCKET = /^(\d+)-[0-9a-f]{16}\.sock$/;

/** Paths of this process, to be removed when it exits. */
const own = new Set<string>();

/** Removes what is left of a socket; it may be gone already. */
export function removeSocket(path: string): void {
  own.delete(path);
  if (process.platform === "win32") return;
  attempt(() => unlinkSync(path));
  // Where it was the last one.
  attempt(() => rmdirSync(dirname(path)));
}

function removeAll(): void {
  for (const path of own) removeSocket(path);
}

/**
 * A path for a new socket. On Unix its folder is there, has mode 0700, and belongs to this user. What processes that were killed have left there is
 * removed.
 *
 * @throws Error of the file system, where no folder can be made
 */
export function newPath(): string {
  const random = randomBytes(8).toString("hex");
  // Other users can open a pipe's name, but not guess it; the ticket keeps out whoever does.
  if (process.platform === "win32") return `\\\\.\\pipe\\turnmux-${random}${randomBytes(8).toString("hex")}`;
  const path = join(folder(), `${process.pid}-${random}.sock`);
  if (own.size === 0) process.once("exit", removeAll);
  own.add(path);
  return path;
}

/** Only its owner may write to a socket (0600): the folder keeps the others out until then. */
export function protect(path: string): void {
  if (process.platform !== "win32") chmodSync(path, 0o600);
}

function folder(): string {
  const { uid } = userInfo();
  for (const base of bases()) {
    const path = join(base, `turnmux-${uid}`);
    attempt(() => mkdirSync(path, { mode: 0o700 }));
    if (isPrivate(path, uid)) {
      sweep(path);
      return path;
    }
  }
  // Somebody else has the name: then one that nobody can know.
  return mkdtempSync(join(bases().at(-1) ?? tmpdir(), `turnmux-${uid}-`));
}

function bases(): string[] {
  const runtime = process.env["XDG_RUNTIME_DIR"];
  const all = [runtime, tmpdir(), "/tmp"].filter((base) => base !== undefined && isAbsolute(base));
  return all.filter((base): base is string => {
    const octets = Buffer.byteLength(join(base ?? "", `turnmux-${userInfo().uid}-XXXXXX`)) + NAME_OCTETS;
    return octets <= LONGEST_PATH;
  });
}

/** True for a folder, and no link to one, that belongs to this user alone. */
function isPrivate(path: string, uid: number): boolean {
  return (
    attempt(() => {
      const found = lstatSync(path);
      if (!found.isDirectory() || found.uid !== uid) return false;
      if ((found.mode & 0o077) !== 0) chmodSync(path, 0o700);
      return true;
    }) ?? false
  );
}

/** Sockets whose process is gone, and that nobody answers at. */
function sweep(path: string): void {
  for (const name of attempt(() => readdirSync(path)) ?? []) {
    const pid = Number(SOCKET.exec(name)?.[1]);
    if (!Number.isSafeInteger(pid) || pid === process.pid || isAlive(pid)) continue;
    removeIfDead(join(path, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
}

/** A process of another container has a number of its own there, and is alive: so it is asked. */
function removeIfDead(path: string): void {
  const socket = createConnection(path);
  socket.unref();
  socket.on("connect", () => socket.destroy());
  socket.on("error", (error) => {
    if (codeOf(error) === "ECONNREFUSED") attempt(() => unlinkSync(path));
  });
}

/** Why a process does not trust a socket, or undefined: its folder and it must belong to the user who looks. */
export function distrust(path: string): "gone" | "foreign" | undefined {
  if (process.platform === "win32") return undefined;
  const { uid } = userInfo();
  try {
    const around = lstatSync(dirname(path));
    if (!around.isDirectory() || around.uid !== uid || (around.mode & 0o022) !== 0) return "foreign";
    const socket = lstatSync(path);
    return socket.isSocket() && socket.uid === uid ? undefined : "foreign";
  } catch (error) {
    return codeOf(error) === "EACCES" ? "foreign" : "gone";
  }
}

/** The system's name of an error, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
