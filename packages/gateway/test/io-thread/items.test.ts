import { connect, sharedToken, type ClientSession } from "@turnmux/client";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createGateway, defineTools, tokenAuth, tool, TurnmuxError } from "../../src/index.ts";

const SECRET = "a shared secret of the tests";

const tools = defineTools({
  texts: tool({
    description: "Sends texts of these lengths",
    input: z.array(z.number()),
    item: z.string(),
    output: z.string(),
    effect: "read",
  }),
});

/** Has a client that takes texts of 4 KiB at most, of an endpoint in the main thread or in one of its own. */
async function withClient(ioThread: boolean, test: (client: ClientSession) => Promise<void>): Promise<void> {
  const gateway = createGateway();
  gateway.implement(tools, {
    texts: async function* (lengths) {
      for (const length of lengths) yield "x".repeat(length);
      return "all of them";
    },
  });
  try {
    const auth = tokenAuth(SECRET, { principal: "alice", scopes: [] });
    const endpoint = gateway.listen({ port: 0, auth, ioThread });
    await endpoint.ready;
    const limits = { message: 4096 };
    await test(await connect(endpoint.url, { auth: sharedToken(SECRET), reconnect: false, limits }));
  } finally {
    await gateway.close();
  }
}

/** The lengths of the items that came, and how the call ended. */
async function read(client: ClientSession, lengths: number[]): Promise<unknown> {
  const call = client.client(tools).texts(lengths);
  const came: number[] = [];
  try {
    for await (const text of call) came.push(text.length);
    return [came, await call.result];
  } catch (error) {
    return [came, TurnmuxError.is(error) ? `${error.code}, ${error.outcome}` : String(error)];
  }
}

describe.each([
  ["the main thread", false],
  ["the I/O thread", true],
])("with sockets in %s", (_name, ioThread) => {
  it(
    "an item that is more than its caller takes ends the call, wherever it is among the others",
    () =>
      withClient(ioThread, async (client) => {
        const failure = "resource_exhausted, failed";
        expect(await read(client, [10, 20])).toEqual([[10, 20], "all of them"]);
        expect(await read(client, [10, 5_000])).toEqual([[10], failure]);
        expect(await read(client, [10, 50_000])).toEqual([[10], failure]);
        expect(await read(client, [50_000, 10])).toEqual([[], failure]);
      }),
    60_000,
  );

  it(
    "many items come in order, each once",
    () =>
      withClient(ioThread, async (client) => {
        const lengths = Array.from({ length: 2_000 }, (_, index) => index % 100);
        expect(await read(client, lengths)).toEqual([lengths, "all of them"]);
      }),
    60_000,
  );
});
