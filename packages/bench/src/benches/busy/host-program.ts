/**
 * A gateway whose main thread can be kept busy.
 *
 * @module
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createGateway, sqliteJournal, tokenAuth, workerTool, type Gateway } from "@turnmux/gateway";
import { WebSocketServer } from "ws";
import { programSettings, serveProgram } from "../../process/program.ts";
import { digestOf, SECRET, tools } from "./contract.ts";
import type { HostActions, HostSettings, Way } from "./settings.ts";

const { way, folder } = programSettings() as HostSettings;
const written = new Map<string, number>();

const actions: HostActions = {
  block: async ({ ms, biteMs, share }) => {
    const until = performance.now() + ms;
    while (performance.now() < until) {
      const pieceUntil = Math.min(until, performance.now() + biteMs);
      while (performance.now() < pieceUntil);
      await wait(Math.max(0, biteMs / share - biteMs));
    }
  },
  runs: () => ({ distinct: written.size, doubled: [...written.values()].filter((runs) => runs > 1).length }),
};

serveProgram(actions, await listen(way));

async function listen(how: Way): Promise<string> {
  if (how === "old way") return listenPlainly();
  const gateway = createGateway({
    journal: sqliteJournal(join(folder, `${how.replaceAll(/\W/g, "-")}.db`)),
    workers: { minThreads: 2, maxThreads: 2 },
  });
  gateway.implement(tools, {
    note: ({ id }) => {
      const runs = (written.get(id) ?? 0) + 1;
      written.set(id, runs);
      return { id, runs };
    },
    echo: ({ text }) => ({ text }),
    digest: workerTool(new URL("worker-program.ts", import.meta.url), { export: "digest", contract: "tools" }),
  });
  return how === "attached" ? listenAttached(gateway) : listenItself(gateway, how === "I/O thread");
}

async function listenItself(gateway: Gateway, ioThread: boolean): Promise<string> {
  const place = { port: 0, ioThread };
  const endpoint = gateway.listen({ ...place, auth: tokenAuth(SECRET, { principal: "ada", scopes: [] }) });
  await endpoint.ready;
  return endpoint.url;
}

/** A host's own server, in the main thread. */
async function listenAttached(gateway: Gateway): Promise<string> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (socket) => gateway.attach(socket, { principal: "ada", scopes: [] }));
  return urlOf(server);
}

/** What a gateway without turnmux does: a message for each call, on a connection of its own. */
async function listenPlainly(): Promise<string> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (socket) => {
    socket.on("message", (data: Buffer) => socket.send(digestOf(data.toString())));
  });
  return urlOf(server);
}

async function urlOf(server: WebSocketServer): Promise<string> {
  await once(server, "listening");
  // It listens on a port of TCP.
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
