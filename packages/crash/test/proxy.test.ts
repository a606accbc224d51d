import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { Proxy } from "../src/driver/proxy.ts";
import { Random } from "../src/random.ts";

/** A server that sends this to whoever connects, behind a proxy. */
async function serving(octets: Buffer, seed: number): Promise<{ proxy: Proxy; port: number; cuts: string[] }> {
  const cuts: string[] = [];
  const server = createServer((socket) => socket.on("error", () => {}).end(octets));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy = new Proxy(new Random(seed, "proxy"), { cut: (detail) => cuts.push(detail), stall: () => {} });
  proxy.target = (server.address() as AddressInfo).port;
  onTestFinished(async () => {
    await proxy.close();
    server.close();
  });
  return { proxy, port: await proxy.listen(), cuts };
}

async function received(port: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const socket: Socket = connect(port, "127.0.0.1").on("error", () => {});
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "close");
  return Buffer.concat(chunks);
}

const sent = Buffer.alloc(300_000, "octets ");

it("passes everything before faults begin, and when they are over", async () => {
  const { proxy, port } = await serving(sent, 1);
  expect((await received(port)).equals(sent)).toBe(true);
  proxy.begin();
  proxy.calm();
  expect((await received(port)).equals(sent)).toBe(true);
});

it("takes no connection while there is no gateway", async () => {
  const { proxy, port } = await serving(sent, 1);
  proxy.target = undefined;
  expect(await received(port)).toHaveLength(0);
});

it("cuts connections behind the octet that it drew", async () => {
  const { proxy, port, cuts } = await serving(sent, 3);
  proxy.begin();
  for (let tries = 0; tries < 50 && cuts.length < 3; tries++) {
    const before = cuts.length;
    const { length } = await received(port);
    const [, octets] = /^after (\d+) octets of the gateway$/.exec(cuts.at(-1) ?? "") ?? [];
    if (cuts.length > before && octets !== undefined) expect(length).toBe(Number(octets));
  }
  expect(cuts.length).toBeGreaterThan(0);
});
