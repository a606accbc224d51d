/**
 * Cap'n Web: a session of capabilities on each WebSocket, of `ws` at both ends. Validates nothing of the call's own.
 *
 * @module
 */

import { newWebSocketRpcSession, RpcTarget } from "capnweb";
import { isReceiptOf, orderOf, take, type Order, type Receipt } from "../contract.ts";
import type { Contender } from "../contender.ts";
import { listen, open } from "./floor.ts";

class Shop extends RpcTarget {
  order(order: Order): Receipt {
    return take(order);
  }
}

/** What it takes for a WebSocket is one of the DOM's; those of `ws` will do, as its documentation shows. */
type Socket = Parameters<typeof newWebSocketRpcSession>[0];

/** See the module's comment. */
export const capnweb: Contender = {
  serve: async () => {
    const { server, url } = await listen();
    server.on("connection", (socket) => {
      newWebSocketRpcSession(socket as unknown as Socket, new Shop());
    });
    return url;
  },
  connect: async (url) => {
    const shop = newWebSocketRpcSession((await open(url)) as unknown as Socket) as unknown as {
      order(order: Order): Promise<Receipt>;
    };
    return async (number) => isReceiptOf(number, await shop.order(orderOf(number)));
  },
};
