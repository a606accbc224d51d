/**
 * The floor: one WebSocket message of JSON for each call and each answer, and a map of those that wait. No validation, no
 * deadline, no error; whatever a protocol adds comes on top of this.
 *
 * @module
 */

import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { WebSocket, WebSocketServer, type RawData } from "ws";
import { isReceiptOf, orderOf, take, type Order, type Receipt } from "../contract.ts";
import type { Contender } from "../contender.ts";

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: Order;
}

interface Response {
  readonly id: number;
  readonly result: Receipt;
}

/** A WebSocket server on a port that is free. */
export async function listen(): Promise<{ readonly server: WebSocketServer; readonly url: string }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A WebSocket that is open. */
export async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  await once(socket, "open");
  return socket;
}

/** See the module's comment. */
export const floor: Contender = {
  serve: async () => {
    const { server, url } = await listen();
    server.on("connection", (socket) => {
      socket.on("message", (data) => {
        const { id, params } = parse(data) as Request;
        socket.send(JSON.stringify({ id, result: take(params) } satisfies Response));
      });
    });
    return url;
  },
  connect: async (url) => {
    const socket = await open(url);
    const waiting = new Map<number, (receipt: Receipt) => void>();
    let ids = 0;
    socket.on("message", (data) => {
      const { id, result } = parse(data) as Response;
      const resolve = waiting.get(id);
      waiting.delete(id);
      resolve?.(result);
    });
    const order = (params: Order): Promise<Receipt> =>
      new Promise((resolve) => {
        ids += 1;
        waiting.set(ids, resolve);
        socket.send(JSON.stringify({ id: ids, method: "shop.order", params } satisfies Request));
      });
    return async (number) => isReceiptOf(number, await order(orderOf(number)));
  },
};

function parse(data: RawData): unknown {
  // `ws` hands over one Buffer, as nobody asked it for anything else.
  return JSON.parse((data as Buffer).toString());
}
