/**
 * The floor: binary messages, as fast as the socket takes them.
 *
 * @module
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { PIECE, pieceOf, type BulkContender, type End } from "../stream.ts";

/** Octets that wait for the socket before the sender waits as well. */
const AHEAD = 2 ** 20;

/** See the module's comment. */
export const floor: BulkContender = {
  serve: async () => {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    const connected = Promise.withResolvers<End>();
    server.on("connection", (socket) => connected.resolve(endOf(socket)));
    await once(server, "listening");
    return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, end: connected.promise };
  },
  connect: async (url) => {
    const socket = new WebSocket(url);
    await once(socket, "open");
    return endOf(socket);
  },
};

function endOf(socket: WebSocket): End {
  const piece = pieceOf(PIECE);
  let left = 0;
  let octets = 0;
  let done: (octets: number) => void = () => {};
  socket.on("message", (data, isBinary) => {
    // `ws` hands over one Buffer, as nobody asked it for anything else.
    const message = data as Buffer;
    if (!isBinary) {
      void send(socket, piece, Number(message.toString()));
      return;
    }
    octets += message.length;
    left -= 1;
    if (left === 0) done(octets);
  });
  return {
    read: (pieces) =>
      new Promise((resolve) => {
        left = pieces;
        octets = 0;
        done = resolve;
        socket.send(String(pieces));
      }),
  };
}

async function send(socket: WebSocket, piece: Uint8Array, pieces: number): Promise<void> {
  for (let sent = 0; sent < pieces; sent++) {
    if (socket.bufferedAmount < AHEAD) socket.send(piece);
    else await new Promise((resolve) => socket.send(piece, resolve));
  }
}
