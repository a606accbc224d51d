/** Calls that wait for the main thread, which ends their session first. */
import { createGateway, memoryJournal, tokenAuth, type Gateway, type GatewaySession } from "@turnmux/gateway";
import { expect, it } from "vitest";
import { otherThread } from "./support/busy.ts";
import { SECRET, tools } from "./support/tools.ts";

/** Ends the first of two sessions, or the gateway, as soon as the main thread goes on. Gives what its client saw, and what ran since. */
async function ended(
  end: (gateway: Gateway, session: GatewaySession) => Promise<void>,
): Promise<{ readonly saw: unknown; readonly ran: readonly unknown[] }> {
  const ran: unknown[] = [];
  let echoes = 0;
  const known = Promise.withResolvers<undefined>();
  const gateway = createGateway({
    journal: memoryJournal(),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  gateway.implement(tools, {
    echo: (input) => {
      echoes += 1;
      if (echoes === 2) known.resolve(undefined);
      if (echoes > 2 && input !== "the other's") ran.push(input);
      return input;
    },
    note: ({ text }) => ({ notes: ran.push(text) }),
    hang: () => "",
  });
  const auth = tokenAuth(SECRET, { principal: "alice", scopes: [] });
  const endpoint = gateway.listen({ port: 0, auth, ioThread: true });
  try {
    await endpoint.ready;
    const client = await otherThread(endpoint.url, "takenBack");
    expect(client.block()).toBe(true);
    await known.promise;
    const [session] = gateway.sessions;
    if (session === undefined) throw new Error("there is no session");
    expect(client.block(), "the client came no further while the main thread was blocked").toBe(true);
    await end(gateway, session);
    return { saw: await client.result, ran };
  } finally {
    await gateway.close();
  }
}

it("begins none of a session whose grant was taken back, but what another session has joined", async () => {
  const { saw, ran } = await ended((_gateway, session) => session.revoke());
  expect(saw).toEqual({ endings: ["unavailable, unknown"], joined: "succeeded", again: "succeeded", answered: 600 });
  expect(ran).toEqual(["first", "second"]);
}, 60_000);

it("begins of a session that was closed what its tool keeps, and nothing else", async () => {
  const { saw, ran } = await ended((_gateway, session) => session.close());
  expect(saw).toEqual({ endings: ["unavailable, unknown"], joined: "succeeded", again: "succeeded", answered: 600 });
  expect(ran).toEqual(["first", "second"]);
}, 60_000);

it("begins nothing once the gateway is closed", async () => {
  const { saw, ran } = await ended((gateway) => gateway.close());
  expect(saw).toMatchObject({ endings: ["unavailable, unknown"], answered: 0 });
  expect(ran).toEqual([]);
}, 60_000);
