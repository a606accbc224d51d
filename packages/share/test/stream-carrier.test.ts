import { createServer, createConnection, type Server, type Socket } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StreamCarrier } from "../src/stream-carrier.ts";

let folder: string;
let server: Server;
let raw: Socket;
let carrier: StreamCarrier;
const messages: Uint8Array[] = [];
let lost: Promise<string>;
let heard = (): void => {};

beforeEach(async () => {
  messages.length = 0;
  folder = mkdtempSync(join(tmpdir(), "turnmux-carrier-"));
  const path = join(folder, "s");
  server = createServer();
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  raw = createConnection(path);
  raw.on("error", () => {});
  carrier = new StreamCarrier(await accepted);
  lost = new Promise((resolve) => {
    carrier.start({
      message: (message) => {
        if (message instanceof Uint8Array) messages.push(Uint8Array.from(message));
        heard();
        return true;
      },
      drained: () => {},
      lost: ({ reason }) => resolve(reason),
    });
  });
});

afterEach(async () => {
  raw.destroy();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function framed(...octets: number[]): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(octets.length);
  return Buffer.concat([length, Buffer.from(octets)]);
}

async function received(count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  heard = () => {
    if (messages.length >= count) resolve();
  };
  heard();
  await promise;
}

describe("messages on a stream of octets", () => {
  it("arrive whole, several in one piece and one in several", async () => {
    raw.write(Buffer.concat([framed(1), framed(2, 3), framed(4, 5, 6).subarray(0, 5)]));
    await received(2);
    raw.write(framed(4, 5, 6).subarray(5));
    await received(3);
    expect(messages).toEqual([[1], [2, 3], [4, 5, 6]].map((octets) => Uint8Array.from(octets)));
  });

  it("arrive whole octet by octet", async () => {
    raw.setNoDelay(true);
    for (const octet of Buffer.concat([framed(1, 2), framed(3)])) {
      await new Promise<void>((resolve) => raw.write(Buffer.of(octet), () => resolve()));
    }
    await received(2);
    expect(messages).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)]);
  });

  it.each([
    ["of no octets", Buffer.alloc(4)],
    ["of 4 GiB", Buffer.from("ffffffff00", "hex")],
  ])("end the connection where one %s is announced", async (_what, octets) => {
    raw.write(octets);
    expect(await lost).toContain("[SHARE-003]");
    expect(messages).toEqual([]);
  });

  it("are written behind their length, small and large ones", async () => {
    const large = new Uint8Array(100_000).fill(7);
    const chunks: Buffer[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    raw.on("data", (chunk) => {
      chunks.push(chunk);
      if (Buffer.concat(chunks).length === 4 + 2 + 4 + large.length) resolve();
    });
    carrier.send(Uint8Array.of(1, 2));
    carrier.send(large);
    await promise;
    expect(Buffer.concat(chunks).equals(Buffer.concat([framed(1, 2), Buffer.from("000186a0", "hex"), large]))).toBe(
      true,
    );
  });

  it("wait where the other side reads nothing, and how many octets do is told", async () => {
    raw.pause();
    for (let at = 0; at < 64; at += 1) carrier.send(new Uint8Array(64 * 1024));
    expect(carrier.buffered).toBeGreaterThan(0);
    carrier.close();
    raw.resume();
    expect(await lost).toContain("closed");
  });

  it("are over when the other side goes", async () => {
    raw.destroy();
    expect(await lost).not.toBe("");
    carrier.send(Uint8Array.of(1));
  });
});
