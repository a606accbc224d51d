import { describe, expect, it } from "vitest";
import { tools, type View } from "../../../core/test/delivery/support/exchange.ts";
import { Random } from "../shared-socket/traffic/random.ts";
import { PATIENCE_MS, seeded } from "../shared-socket/support/seed.ts";
import { openBench, type Bench } from "./support/bench.ts";
import type { Break } from "./support/cable.ts";

const forEver = { timeoutMs: Number.POSITIVE_INFINITY };

const BREAKS: readonly Break[] = ["cut", "client alone", "gateway alone"];

/** Rounds of an exchange, in which each side makes calls of every kind. */
const ROUNDS = 12;

async function exchange({ client, session, atClient, atGateway }: Bench, rounds: number = ROUNDS): Promise<View[]> {
  for (let round = 0; round < rounds; round++) {
    await Promise.all([atClient.exercise(client, atGateway), atGateway.exercise(session, atClient)]);
  }
  return [atClient.view, atGateway.view];
}

/** One session after all, which goes on, with nothing open in it. */
async function expectOneSession({ sessions, client, session, gateway }: Bench): Promise<void> {
  expect(await client.call("echo", "over", forEver)).toBe("over");
  expect(sessions).toHaveLength(1);
  expect([...gateway.sessions]).toEqual([session]);
  expect([client.state, client.id]).toEqual(["ready", session.id]);
  expect([client.activeCalls, session.activeCalls]).toEqual([
    { outgoing: 0, incoming: 0 },
    { outgoing: 0, incoming: 0 },
  ]);
}

describe.each(["binary", "text"] as const)("A session on sockets that break, by %s carriage,", (carriage) => {
  it(
    "looks to both applications as one that does not, wherever its connections are cut and whoever hears of that",
    seeded(async (seed) => {
      const uncut = await exchange(await openBench({ carriage }));
      const b = await openBench({ carriage });
      const random = new Random(seed);
      b.cable.breakAt(() => ({
        from: random.oneIn(2) ? "client" : "gateway",
        // The handshake alone takes more than a thousand.
        octets: 1_500 + random.below(20_000),
        how: random.pick(BREAKS),
      }));
      const views = await exchange(b);
      const { breaks } = b.cable;
      b.cable.breakAt(() => undefined);
      expect(views).toEqual(uncut);
      expect(breaks).toBeGreaterThan(5);
      await expectOneSession(b);
    }),
    PATIENCE_MS,
  );

  it(
    "goes on with large bodies in both directions whose sockets are destroyed in their middle",
    async () => {
      const b = await openBench({ carriage });
      const octets = Uint8Array.from({ length: 1_500_000 }, (_, at) => (at * 7) % 256);
      const fates = [200_000, 700_000].flatMap((many) => [
        { from: "client", octets: many, how: "cut" } as const,
        { from: "gateway", octets: many, how: "client alone" } as const,
        { from: "client", octets: many, how: "gateway alone" } as const,
        { from: "gateway", octets: many, how: "cut" } as const,
      ]);
      b.cable.breakAt(() => fates.shift());
      const [there, back] = await Promise.all([
        b.client.client(tools).echo(octets, forEver),
        b.session.client(tools).echo(octets, forEver),
      ]);
      expect(Buffer.compare(there as Uint8Array, octets)).toBe(0);
      expect(Buffer.compare(back as Uint8Array, octets)).toBe(0);
      expect(b.cable.breaks).toBeGreaterThan(2);
      await expectOneSession(b);
    },
    PATIENCE_MS,
  );

  it("has on its next socket what it had on the first: no limit of a handshake, and no place among those who have not said who they are", async () => {
    const b = await openBench({ carriage });
    b.near.at(-1)?.terminate();
    const octets = new Uint8Array(1_000_000).fill(7);
    const back = await b.client.client(tools).echo(octets, forEver);
    expect(Buffer.compare(back as Uint8Array, octets)).toBe(0);
    expect(b.near).toHaveLength(2);
    expect(b.gateway.stats().unauthenticated).toBe(0);
    await expectOneSession(b);
  });

  it.each<[string, (bench: Bench) => void]>([
    ["the client's socket is terminated", ({ near }) => near.at(-1)?.terminate()],
    ["the gateway's socket is destroyed", ({ far }) => far.at(-1)?.destroy()],
    ["the client alone loses its connection", ({ cable }) => cable.break("client alone")],
    ["the gateway alone loses its connection", ({ cable }) => cable.break("gateway alone")],
  ])("gives every item once and in order, in both directions, where %s among them", async (_what, cut) => {
    const b = await openBench({ carriage });
    const read = async (from: Bench["client"] | Bench["session"], cuts: readonly number[]): Promise<number[]> => {
      const items: number[] = [];
      for await (const item of from.client(tools).count({ to: 900, length: 2_000 }, forEver)) {
        items.push(Number(item.split("-", 1)[0]));
        if (cuts.includes(items.length)) cut(b);
      }
      return items;
    };
    const all = await Promise.all([read(b.client, [100, 500]), read(b.session, [300, 700])]);
    const expected = Array.from({ length: 900 }, (_, at) => at + 1);
    expect(all).toEqual([expected, expected]);
    expect(b.near.length).toBeGreaterThan(1);
    await expectOneSession(b);
  });

  it("runs once what runs once, where its socket breaks at any moment of the call", async () => {
    const b = await openBench({ carriage });
    for (let n = 0; n < 40; n++) {
      const added = b.client.client(tools).add(n, forEver);
      for (let turns = 0; turns < n % 8; turns++) await new Promise(setImmediate);
      if (n % 2 === 0) b.near.at(-1)?.terminate();
      else b.far.at(-1)?.destroy();
      await added;
    }
    expect(b.atGateway.view["add ran"]).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    await expectOneSession(b);
  });

  it("goes on with calls that began while there was no connection, and with those that wait for their handler", async () => {
    const b = await openBench({ carriage });
    const leaving = new AbortController();
    const held = b.client.client(tools).hold("finishes", {
      ...forEver,
      signal: leaving.signal,
      onAccept: () => b.cable.break("cut"),
    });
    const lost = new Promise<void>((resolve) => {
      b.client.addEventListener("state", ({ detail }) => {
        if (detail.state === "reconnecting") resolve();
      });
    });
    await lost;
    const later = b.client.client(tools).echo("later", forEver);
    leaving.abort();
    expect(await Promise.all([held, later])).toEqual(["finished all the same", "later"]);
    await expectOneSession(b);
  });
});
