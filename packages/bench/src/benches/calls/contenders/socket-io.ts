/**
 * socket.io: events with acknowledgements, over WebSocket alone (its upgrade from HTTP would end there, too). Validates nothing.
 *
 * @module
 */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { isReceiptOf, orderOf, take, type Order, type Receipt } from "../contract.ts";
import type { Contender } from "../contender.ts";

/** See the module's comment. */
export const socketIo: Contender = {
  serve: async () => {
    const http = createServer();
    const server = new Server(http);
    server.on("connection", (socket) => {
      socket.on("shop.order", (order: Order, acknowledge: (receipt: Receipt) => void) => acknowledge(take(order)));
    });
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  },
  connect: async (url) => {
    const socket = io(url, { transports: ["websocket"] });
    await new Promise<void>((resolve) => socket.on("connect", resolve));
    return async (number) => isReceiptOf(number, (await socket.emitWithAck("shop.order", orderOf(number))) as Receipt);
  },
};
