import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { MessageCutter } from "../../src/history/messages.ts";
import { FaultyProxy, type Fault } from "../../src/history/proxy.ts";
import { Random } from "../../src/suite/random.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A server that echoes, and a proxy in front of it that does this to the third message. */
async function echoBehind(fault: Fault): Promise<{ readonly proxy: FaultyProxy; dial(): WebSocket }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const heard: string[] = [];
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data: Buffer) => {
      heard.push(data.toString());
      socket.send(data.toString());
    });
  });
  const { port } = server.address() as AddressInfo;
  const random = new Random(1, "proxy");
  const proxy = await FaultyProxy.open({
    host: "127.0.0.1",
    port,
    random,
    faults: [fault],
    after: [2, 2],
    losesTowards: "server",
  });
  cleanups.push(
    () => server.close(),
    () => proxy.close(),
  );
  return {
    proxy,
    dial: () => {
      const socket = new WebSocket(proxy.url("ws://127.0.0.1:1/path"));
      socket.on("error", () => {});
      cleanups.push(() => socket.terminate());
      return socket;
    },
  };
}

async function said(socket: WebSocket, count: number): Promise<readonly string[]> {
  const heard: string[] = [];
  const enough = new Promise<void>((resolve) => {
    socket.on("message", (data: Buffer) => {
      heard.push(data.toString());
      if (heard.length === count) resolve();
    });
    socket.once("close", () => resolve());
  });
  if (socket.readyState !== WebSocket.OPEN) await once(socket, "open");
  // One after the other, so that messages of both directions come in one order.
  for (const word of ["one", "two", "three"]) {
    socket.send(word);
    if (word !== "three") await once(socket, "message");
  }
  await enough;
  return heard;
}

test.each<Fault>(["cut between", "cut within", "swallow"])("%s ends the connection for both ends", async (fault) => {
  const { dial } = await echoBehind(fault);
  const socket = dial();
  const closed = once(socket, "close");
  await once(socket, "open");
  socket.send("one");
  await once(socket, "message");
  socket.send("two");
  const [code] = (await closed) as [number];
  expect(code).toBe(1006);
});

test("delay holds messages back and loses none", async () => {
  const { dial } = await echoBehind("delay");
  expect(await said(dial(), 3)).toEqual(["one", "two", "three"]);
});

test("lose leaves out one message", async () => {
  const { dial } = await echoBehind("lose");
  const socket = dial();
  await once(socket, "open");
  socket.send("one");
  expect(String((await once(socket, "message"))[0])).toBe("one");
  socket.send("two");
  socket.send("three");
  expect(String((await once(socket, "message"))[0])).toBe("three");
});

test("a healed proxy disturbs nothing", async () => {
  const { proxy, dial } = await echoBehind("cut between");
  proxy.heal();
  expect(await said(dial(), 3)).toEqual(["one", "two", "three"]);
});

test("octets are cut where messages end, however they arrive", () => {
  const http = Buffer.from("GET / HTTP/1.1\r\n\r\n");
  const short = Buffer.from([0x81, 0x02, 0x61, 0x62]);
  const masked = Buffer.from([0x82, 0x81, 1, 2, 3, 4, 9]);
  const long = Buffer.concat([Buffer.from([0x82, 126, 0, 200]), Buffer.alloc(200)]);
  const longest = Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Buffer.alloc(65_536)]);
  const ping = Buffer.from([0x89, 0]);
  const fragment = Buffer.from([0x01, 0x01, 0x61]);
  const all = Buffer.concat([http, short, masked, long, longest, ping, fragment]);
  const cutter = new MessageCutter();
  const pieces = [...all.subarray(0, 300)].flatMap((octet) => [...cutter.feed(Buffer.from([octet]))]);
  pieces.push(...cutter.feed(all.subarray(300)));
  expect(pieces.map(({ kind, octets }) => [kind, octets.length])).toEqual([
    ["http", http.length],
    ["message", short.length],
    ["message", masked.length],
    ["message", long.length],
    ["message", longest.length],
    ["other", ping.length],
    ["other", fragment.length],
  ]);
});
