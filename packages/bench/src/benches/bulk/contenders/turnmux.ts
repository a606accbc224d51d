/**
 * turnmux as it is by default: a tool whose items are octets, of the gateway and of the client alike.
 *
 * @module
 */
import { connect, defineTools, sharedToken, tool, type Session } from "@turnmux/client";
import { createGateway, tokenAuth } from "@turnmux/gateway";
import { z } from "zod";
import { PIECE, pieceOf, type BulkContender, type End } from "../stream.ts";

const SECRET = "a secret that both programs of a bench have";

const tools = defineTools({
  pieces: tool({
    description: "Sends octets",
    input: z.object({ count: z.number() }),
    item: z.instanceof(Uint8Array),
    effect: "read",
  }),
});

/** See the module's comment. */
export const turnmux: BulkContender = {
  serve: async () => {
    const gateway = createGateway();
    gateway.implement(tools, { pieces: ({ count }) => pieces(count) });
    const end = Promise.withResolvers<End>();
    const endpoint = gateway.listen({
      port: 0,
      auth: tokenAuth(SECRET, { principal: "ada", scopes: [] }),
      onSession: (session) => end.resolve(endOf(session)),
    });
    await endpoint.ready;
    return { url: endpoint.url, end: end.promise };
  },
  connect: async (url) => {
    const session = await connect(url, { auth: sharedToken(SECRET) });
    session.implement(tools, { pieces: ({ count }) => pieces(count) });
    return endOf(session);
  },
};

async function* pieces(count: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const piece = pieceOf(PIECE);
  for (let sent = 0; sent < count; sent++) yield piece;
}

function endOf(session: Session): End {
  const api = session.client(tools);
  return {
    read: async (count) => {
      let octets = 0;
      for await (const item of api.pieces({ count })) octets += item.length;
      return octets;
    },
  };
}
