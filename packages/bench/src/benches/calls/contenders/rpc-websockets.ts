/**
 * rpc-websockets: JSON-RPC 2.0, one message for each call. Validates nothing of the call's own.
 *
 * @module
 */

import type { AddressInfo } from "node:net";
import { Client, Server } from "rpc-websockets";
import { isReceiptOf, orderOf, take, type Order, type Receipt } from "../contract.ts";
import type { Contender } from "../contender.ts";

/** See the module's comment. */
export const rpcWebsockets: Contender = {
  serve: async () => {
    const server = new Server({ host: "127.0.0.1", port: 0 });
    await new Promise<void>((resolve) => server.on("listening", resolve));
    server.register("shop.order", (params) => take(params as Order));
    return `ws://127.0.0.1:${(server.wss.address() as AddressInfo).port}`;
  },
  connect: async (url) => {
    const client = new Client(url);
    await new Promise<void>((resolve) => client.on("open", resolve));
    return async (number) => isReceiptOf(number, (await client.call("shop.order", orderOf(number))) as Receipt);
  },
};
