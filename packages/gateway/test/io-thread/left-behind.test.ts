/** Runs under a key that an I/O thread leaves behind when it ends, whatever became of their tools meanwhile. */
import { expect, it } from "vitest";
import { z } from "zod";
import { defineTools, memoryJournal, tool, type GatewaySession } from "@turnmux/gateway";
import { testGateway } from "../support/gateway.ts";
import { mortal, offered } from "../support/mortal.ts";

const effect = { input: z.object({}), output: z.string(), effect: "once" } as const;
const tools = defineTools({
  work: tool({ description: "Works", ...effect }),
  again: tool({ description: "May work again after a crash", ...effect, afterCrash: "run" }),
});

/** Handlers that count their runs, and end together. */
function counted() {
  const began = Promise.withResolvers<undefined>();
  const release = Promise.withResolvers<undefined>();
  const seen = { runs: 0 };
  const handler = async (): Promise<string> => {
    seen.runs += 1;
    const run = seen.runs;
    began.resolve(undefined);
    await release.promise;
    return `run ${run}`;
  };
  return {
    seen,
    handlers: { work: handler, again: handler },
    began: began.promise,
    release: () => release.resolve(undefined),
  };
}

/** Whose the tools are, and whether they are implemented anew while a handler runs. */
const ways = ["the gateway's", "a session's own", "implemented anew"] as const;

for (const way of ways) {
  for (const name of ["work", "again"] as const) {
    it(`go on for callers of the successor, where the tool ${name} is ${way}`, { timeout: 60_000 }, async () => {
      const { gateway } = testGateway();
      const { seen, handlers, began, release } = counted();
      const onSession = (session: GatewaySession): void => void session.implement(tools, handlers);
      const isOwn = way === "a session's own";
      const unimplement = isOwn ? () => {} : gateway.implement(tools, handlers);
      const { client, kill } = await mortal(gateway, isOwn ? { onSession } : {});
      await offered(client, name);
      const call = client.client(tools)[name]({}, { key: "k" });
      await began;
      if (way === "implemented anew") {
        unimplement();
        gateway.implement(tools, handlers);
      }
      await kill();
      await offered(client, name);
      const joined = Promise.withResolvers<undefined>();
      const onAccept = ({ state }: { readonly state: string }): void => {
        if (state === "joined") joined.resolve(undefined);
      };
      const repetition = client.client(tools)[name]({}, { key: "k", onAccept });
      await Promise.race([joined.promise, repetition]);
      release();
      expect(await repetition).toBe("run 1");
      expect(await call).toBe("run 1");
      expect(await client.client(tools)[name]({}, { key: "k" })).toBe("run 1");
      expect(seen.runs).toBe(1);
    });
  }
}

it("are joined again from sessions in process, also while a successor is waited for", { timeout: 60_000 }, async () => {
  const { gateway } = testGateway();
  const { seen, handlers, began, release } = counted();
  gateway.implement(tools, handlers);
  const { client, kill } = await mortal(gateway);
  const remote = client.client(tools).work({}, { key: "k" });
  await began;
  const session = gateway.openSession({ principal: "alice", scopes: [] });
  const joined = Promise.withResolvers<undefined>();
  const onAccept = ({ state }: { readonly state: string }): void => {
    if (state === "joined") joined.resolve(undefined);
  };
  const local = session.client(tools).work({}, { key: "k", onAccept });
  local.catch(() => {});
  await joined.promise;
  // Behind the second one there is none for a while.
  await kill();
  await kill();
  release();
  expect(await Promise.all([local, remote])).toEqual(["run 1", "run 1"]);
  expect(seen.runs).toBe(1);
});

it("are recorded when their gateway is closed, also those of a session's own tools", { timeout: 60_000 }, async () => {
  const journal = memoryJournal();
  const { gateway } = testGateway({ journal });
  const { handlers, began, release } = counted();
  const { client } = await mortal(gateway, {
    onSession: (session) => void session.implement(tools, handlers),
  });
  await offered(client, "work");
  client
    .client(tools)
    .work({}, { key: "k" })
    .catch(() => {});
  await began;
  await gateway.close();
  release();
  await expect.poll(() => journal.find([{ principal: "alice", key: "k" }])).toMatchObject([{ ending: { code: 0 } }]);
});
