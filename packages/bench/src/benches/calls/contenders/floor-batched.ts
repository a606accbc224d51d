/**
 * The floor with what is written in one turn of the event loop in one WebSocket message. Nobody's protocol: it shows what
 * batching alone is worth, and so what there is to be had.
 *
 * @module
 */

import type { WebSocket } from "ws";
import { isReceiptOf, orderOf, take, type Order, type Receipt } from "../contract.ts";
import type { Contender } from "../contender.ts";
import { listen, open } from "./floor.ts";

type Request = readonly [id: number, method: string, params: Order];
type Response = readonly [id: number, result: Receipt];

/** Sends what is given to it as one JSON array at the end of the turn. */
function batches(socket: WebSocket): (message: Request | Response) => void {
  let batch: (Request | Response)[] = [];
  const flush = (): void => {
    const text = JSON.stringify(batch);
    batch = [];
    socket.send(text);
  };
  return (message) => {
    if (batch.length === 0) setImmediate(flush);
    batch.push(message);
  };
}

/** See the module's comment. */
export const floorBatched: Contender = {
  serve: async () => {
    const { server, url } = await listen();
    server.on("connection", (socket) => {
      const send = batches(socket);
      socket.on("message", (data) => {
        const requests = JSON.parse((data as Buffer).toString()) as Request[];
        for (const [id, , params] of requests) send([id, take(params)]);
      });
    });
    return url;
  },
  connect: async (url) => {
    const socket = await open(url);
    const send = batches(socket);
    const waiting = new Map<number, (receipt: Receipt) => void>();
    let ids = 0;
    socket.on("message", (data) => {
      for (const [id, result] of JSON.parse((data as Buffer).toString()) as Response[]) {
        const resolve = waiting.get(id);
        waiting.delete(id);
        resolve?.(result);
      }
    });
    const order = (params: Order): Promise<Receipt> =>
      new Promise((resolve) => {
        ids += 1;
        waiting.set(ids, resolve);
        send([ids, "shop.order", params]);
      });
    return async (number) => isReceiptOf(number, await order(orderOf(number)));
  },
};
