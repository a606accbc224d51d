import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { distrust, newPath, protect, removeSocket } from "../src/place.ts";

let base: string;
const servers: Server[] = [];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "turnmux-place-"));
  vi.stubEnv("XDG_RUNTIME_DIR", base);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  rmSync(base, { recursive: true, force: true });
});

async function listen(path: string): Promise<void> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
}

const mode = (path: string): number => lstatSync(path).mode & 0o777;

describe("the place of a shared turn", () => {
  it("is a socket with mode 0600 in a folder with mode 0700 of the user's", async () => {
    const path = newPath();
    await listen(path);
    protect(path);
    expect(dirname(dirname(path))).toBe(base);
    expect([mode(dirname(path)), mode(path)]).toEqual([0o700, 0o600]);
    expect(distrust(path)).toBeUndefined();
  });

  it("is gone when it is removed, its folder with the last one", async () => {
    const [first, second] = [newPath(), newPath()];
    await Promise.all([listen(first), listen(second)]);
    removeSocket(first);
    expect([existsSync(first), existsSync(second)]).toEqual([false, true]);
    removeSocket(second);
    expect(existsSync(dirname(second))).toBe(false);
  });

  it("closes a folder that others could enter", () => {
    const folder = dirname(newPath());
    chmodSync(folder, 0o777);
    newPath();
    expect(mode(folder)).toBe(0o700);
  });

  it("is elsewhere where a link stands in its folder's place", () => {
    const other = join(base, "other");
    mkdirSync(other);
    symlinkSync(other, join(base, `turnmux-${process.getuid?.() ?? -1}`));
    expect(dirname(dirname(newPath()))).not.toBe(base);
  });

  it("is elsewhere where the runtime folder's path is too long for a socket", () => {
    const long = join(base, "x".repeat(90));
    mkdirSync(long);
    vi.stubEnv("XDG_RUNTIME_DIR", long);
    const path = newPath();
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(103);
    removeSocket(path);
  });
});

describe("a process that looks at a place", () => {
  it("does not trust a folder that others may write to", async () => {
    const path = newPath();
    await listen(path);
    chmodSync(dirname(path), 0o777);
    expect(distrust(path)).toBe("foreign");
  });

  it("does not trust what is no socket, and knows what is gone", () => {
    const path = newPath();
    expect(distrust(path)).toBe("gone");
    mkdirSync(path);
    expect(distrust(path)).toBe("foreign");
    rmSync(path, { recursive: true });
    expect(distrust(join(base, "nowhere", "a.sock"))).toBe("gone");
  });
});
