/**
 * A gateway, a session of it, and child processes of a turn of that session.
 */
import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { connect, sharedToken, type ClientSession } from "@turnmux/client";
import { createGateway, defineTools, memoryJournal, tokenAuth, tool, type Gateway } from "@turnmux/gateway";
import { z } from "zod";

const TOKEN = "a long random secret of these tests";
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

export const tools = defineTools({
  where: tool({
    description: "Tells on whose behalf it is called",
    input: z.object({}),
    output: z.object({ turn: z.string().optional(), principal: z.string() }),
    effect: "read",
  }),
  once: tool({ description: "Adds", input: z.object({ name: z.string() }), output: z.number(), effect: "once" }),
  hold: tool({ description: "Goes on until it is cancelled", input: z.object({}), output: z.string(), effect: "read" }),
  lane: tool({
    description: "Takes the lane",
    input: z.object({}),
    output: z.string(),
    effect: "read",
    lane: "session",
  }),
  items: tool({ description: "Sends items", input: z.object({ count: z.number() }), item: z.string(), effect: "read" }),
  echo: tool({ description: "Echoes", input: z.object({ value: z.any() }), output: z.any(), effect: "read" }),
  scoped: tool({ description: "Scoped", input: z.object({}), output: z.string(), effect: "read", scopes: ["write"] }),
});

export interface Held {
  readonly signal: AbortSignal;
  /** Ends the call well. */
  release(): void;
}

export interface World {
  readonly gateway: Gateway;
  readonly session: ClientSession;
  readonly url: string;
  /** Sockets that the gateway has accepted. */
  readonly sockets: () => number;
  readonly added: readonly string[];
  /** Resolves with the next call of `hold`. */
  held(): Promise<Held>;
  /** Cuts the gateway's connections, as a network does. */
  cut(): void;
  /** Items that the gateway's handler has sent. */
  readonly sent: () => number;
  close(): Promise<void>;
}

export async function world(): Promise<World> {
  const gateway = createGateway({ journal: memoryJournal(), logger: quiet });
  const added: string[] = [];
  const waiting: ((held: Held) => void)[] = [];
  const holds: Held[] = [];
  let sent = 0;
  gateway.implement(tools, {
    where: (_input, { turn, principal }) => ({ turn, principal }),
    once: ({ name }) => added.push(name),
    hold: (_input, { signal }) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      signal.addEventListener("abort", () => reject(new Error("cancelled")));
      const held: Held = { signal, release: () => resolve("released") };
      const next = waiting.shift();
      if (next === undefined) holds.push(held);
      else next(held);
      return promise;
    },
    lane: () => "mine",
    items: async function* ({ count }) {
      for (let at = 0; at < count; at += 1) {
        sent += 1;
        yield `${at}:${"x".repeat(1_000)}`;
      }
    },
    echo: ({ value }) => value,
    scoped: () => "written",
  });
  const server = createServer();
  let sockets = 0;
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets += 1;
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const auth = tokenAuth(TOKEN, { principal: "ada", scopes: ["write"] });
  gateway.listen({ server, path: "/session", auth });
  const url = `ws://127.0.0.1:${port}/session`;
  const session = await connect(url, { auth: sharedToken(TOKEN) });
  return {
    gateway,
    session,
    url,
    sockets: () => sockets,
    added,
    held: async () => holds.shift() ?? new Promise<Held>((resolve) => waiting.push(resolve)),
    cut: () => {
      for (const socket of open) socket.destroy();
    },
    sent: () => sent,
    close: async () => {
      await session.close();
      await gateway.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface Child {
  readonly process: ChildProcess;
  /** What it has written, line by line, as JSON. */
  readonly lines: unknown[];
  /** Resolves with the first line of this kind. */
  said(kind: string): Promise<unknown>;
  readonly ended: Promise<number | null>;
}

/** Starts `programs/<name>.ts` with the environment of a share. */
export function child(
  name: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  options: SpawnOptions = {},
): Child {
  const file = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
  const running = spawn(process.execPath, ["--conditions=turnmux-source", file, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...env },
    ...options,
  });
  const lines: unknown[] = [];
  const watchers = new Set<() => void>();
  let rest = "";
  running.stdout?.on("data", (chunk: Buffer) => {
    rest += chunk.toString("utf8");
    const parts = rest.split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) lines.push(JSON.parse(part));
    for (const look of watchers) look();
  });
  const ended = new Promise<number | null>((resolve) => {
    running.on("close", (code) => resolve(code));
  });
  const said = (kind: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.find((line) => typeof line === "object" && line !== null && kind in line);
        if (found !== undefined) resolve((found as Record<string, unknown>)[kind]);
      };
      watchers.add(look);
      void ended.then((code) =>
        reject(new Error(`it ended with ${code} without saying ${kind}: ${JSON.stringify(lines)}`)),
      );
      look();
    });
  return { process: running, lines, said, ended };
}
