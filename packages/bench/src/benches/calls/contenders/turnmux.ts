/**
 * turnmux as it is by default: proof of a shared secret, zod on both sides, deadlines, delivery and resume on.
 *
 * @module
 */

import { connect, sharedToken } from "@turnmux/client";
import { createGateway, tokenAuth } from "@turnmux/gateway";
import { isReceiptOf, orderOf, take, tools } from "../contract.ts";
import type { Contender } from "../contender.ts";

const SECRET = "a secret that both programs of a bench have";

/** See the module's comment. */
export const turnmux: Contender = {
  serve: async () => {
    const gateway = createGateway();
    gateway.implement(tools, { shop: { order: take } });
    const endpoint = gateway.listen({ port: 0, auth: tokenAuth(SECRET, { principal: "ada", scopes: [] }) });
    await endpoint.ready;
    return endpoint.url;
  },
  connect: async (url) => {
    const session = await connect(url, { auth: sharedToken(SECRET) });
    const { shop } = session.client(tools);
    return async (number) => isReceiptOf(number, await shop.order(orderOf(number)));
  },
};
