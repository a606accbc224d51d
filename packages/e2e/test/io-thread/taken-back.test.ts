/** Calls that wait for the main thread, which ends their session first. */
import { createGateway, memoryJournal, tokenAuth, type Gateway, type GatewaySession } from "@turnmux/gateway";
import { expect, it } from "vitest";
import { otherThread } from "./support/busy.ts";
import { SECRET, tools } from "./support/tools.ts";

/** Ends the first of two sessions, or the gateway, as soon as the main thread goes on. Gives what its client saw, and what ran since. */
async function ended(
  end: (gateway: Gateway, session: GatewaySession, ran: string[], withdraw: () => void) => Promise<void> | void,
): Promise<{ readonly saw: unknown; readonly ran: readonly string[] }> {
  const ran: string[] = [];
  let echoes = 0;
  const gateway = createGateway({
    journal: memoryJournal(),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const withdraw = gateway.implement(tools, {
    echo: (input) => {
      echoes += 1;
      if (echoes > 2 && input !== "the other's") ran.push(String(input));
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
    await client.reached();
    const [session] = gateway.sessions;
    if (session === undefined) throw new Error("there is no session");
    expect(client.block(), "the client came no further while the main thread was blocked").toBe(true);
    await end(gateway, session, ran, withdraw);
    return { saw: await client.result, ran };
  } finally {
    await gateway.close();
  }
}

it("begins none of a session whose grant was taken back, but what another session has joined", async () => {
  const { saw, ran } = await ended((_gateway, session) => session.revoke());
  expect(saw).toEqual({ endings: ["unavailable, unknown"], joined: "succeeded", again: "succeeded", answered: 600 });
  expect(ran.toSorted()).toEqual(["first", "second"]);
}, 60_000);

it("begins of a session that was closed what its tool keeps, and nothing else", async () => {
  const { saw, ran } = await ended((_gateway, session) => session.close());
  expect(saw).toEqual({ endings: ["unavailable, unknown"], joined: "succeeded", again: "succeeded", answered: 600 });
  expect(ran.toSorted()).toEqual(["first", "second"]);
}, 60_000);

it("begins nothing once the gateway is closed", async () => {
  const { saw, ran } = await ended((gateway) => gateway.close());
  expect(saw).toMatchObject({ endings: ["unavailable, unknown"], answered: 0 });
  expect(ran).toEqual([]);
}, 60_000);

it("begins none of a tool that was taken away", async () => {
  const { saw, ran } = await ended((_gateway, _session, _ran, withdraw) => withdraw());
  const gone = "unavailable, not_started";
  expect(saw).toEqual({ endings: [gone], joined: gone, again: "unimplemented, not_started", answered: 0 });
  expect(ran).toEqual([]);
}, 60_000);

it("begins none that was meant for a handler in whose place there is another one", async () => {
  const { saw, ran } = await ended((gateway, _session, now, withdraw) => {
    withdraw();
    const note = ({ text }: { readonly text: string }): { notes: number } => ({ notes: now.push(`${text}, anew`) });
    gateway.implement(tools, { echo: (input) => now.push(String(input)), note, hang: () => "" });
  });
  const replaced = "unavailable, not_started";
  expect(saw).toEqual({ endings: [replaced], joined: replaced, again: "succeeded", answered: 0 });
  expect(ran).toEqual(["second, anew"]);
}, 60_000);
