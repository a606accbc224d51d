/**
 * What there is to be compared, from the point of view of the two programs.
 *
 * @module
 */

import type { Call } from "../../load.ts";

/** One way to make a call over a WebSocket. */
export interface Contender {
  /** Listens on a port of the loopback that is free, and gives back where clients connect to. */
  serve(): Promise<string>;
  /** Connects there, with one WebSocket. */
  connect(url: string): Promise<Call>;
}

/** All of them. A program loads the code of the one that it is asked for. */
export const CONTENDERS: Readonly<Record<string, () => Promise<Contender>>> = {
  floor: async () => (await import("./contenders/floor.ts")).floor,
  "floor, batched": async () => (await import("./contenders/floor-batched.ts")).floorBatched,
  turnmux: async () => (await import("./contenders/turnmux.ts")).turnmux,
  "rpc-websockets": async () => (await import("./contenders/rpc-websockets.ts")).rpcWebsockets,
  "socket.io": async () => (await import("./contenders/socket-io.ts")).socketIo,
  capnweb: async () => (await import("./contenders/capnweb.ts")).capnweb,
  "MCP SDK": async () => (await import("./contenders/mcp.ts")).mcp,
};

/** The contender of that name. */
export async function contender(name: string): Promise<Contender> {
  const load = CONTENDERS[name];
  if (load === undefined) throw new Error(`there is no contender ${name}`);
  return load();
}
