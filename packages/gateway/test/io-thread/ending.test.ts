import { connect, sharedToken } from "@turnmux/client";
import { expect, it } from "vitest";
import { z } from "zod";
import { createGateway, defineTools, memoryJournal, tokenAuth, tool } from "../../src/index.ts";

const SECRET = "a shared secret of the tests";
const tools = defineTools({
  work: tool({ description: "Works", input: z.object({}), output: z.string(), effect: "once" }),
});

it("records how a handler ended that went on when its gateway was closed, so that the next one replays it", async () => {
  const journal = memoryJournal();
  const auth = tokenAuth(SECRET, { principal: "alice", scopes: [] });
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const began = Promise.withResolvers<undefined>();
  const release = Promise.withResolvers<string>();
  let runs = 0;
  const open = async (): Promise<{ gateway: ReturnType<typeof createGateway>; url: string }> => {
    const gateway = createGateway({ journal, logger });
    gateway.implement(tools, {
      work: () => {
        runs += 1;
        began.resolve(undefined);
        return release.promise;
      },
    });
    const endpoint = gateway.listen({ port: 0, auth, ioThread: true });
    await endpoint.ready;
    return { gateway, url: endpoint.url };
  };

  const first = await open();
  const client = await connect(first.url, { auth: sharedToken(SECRET), reconnect: false });
  const call = expect(client.client(tools).work({}, { key: "k" })).rejects.toMatchObject({ outcome: "unknown" });
  await began.promise;
  await first.gateway.close();
  await call;
  release.resolve("done");

  const second = await open();
  const again = await connect(second.url, { auth: sharedToken(SECRET), reconnect: false });
  await expect(again.client(tools).work({}, { key: "k" })).resolves.toBe("done");
  expect(runs).toBe(1);
  await second.gateway.close();
  await journal.close();
}, 60_000);
