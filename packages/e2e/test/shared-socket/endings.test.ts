import { attach } from "@turnmux/client";
import { TurnmuxError } from "@turnmux/core";
import { describe, expect, it } from "vitest";
import type { WebSocket as Ws } from "ws";
import { HostPair } from "./support/host-pair.ts";
import { seeded } from "./support/seed.ts";
import { closing, openStanding, type Standing } from "./support/shared.ts";
import { tagsOf, WireTap } from "./support/wire.ts";
import { makeCalls } from "./traffic/calls.ts";
import { implementation, tools } from "./traffic/tools.ts";

const CALLS = 150;

/** What belongs to the socket itself: turnmux's hold on it would show here. */
function ownKeys(socket: Ws): (string | symbol)[] {
  return Reflect.ownKeys(socket).filter((key) => typeof key === "symbol" || !key.startsWith("_"));
}

/** Calls in both directions, each with a message of the host. */
async function among(
  host: HostPair,
  { client, session }: Pick<Standing, "client" | "session">,
  seed: number,
): Promise<void> {
  await Promise.all([
    makeCalls(client, { seed, count: CALLS, before: () => host.far.say() }),
    makeCalls(session, { seed: seed + 1, count: CALLS, before: () => host.near.say() }),
  ]);
}

/** {@link openStanding} with a tap on the wire. */
async function openTapped(): Promise<Standing & { readonly tap: WireTap }> {
  let tap: WireTap | undefined;
  const shared = await openStanding({
    through: async (port) => {
      tap = await WireTap.before(port);
      return tap.port;
    },
  });
  if (tap === undefined) throw new Error("nobody asked for the tap");
  // From here on both sides have said something with a tag.
  await Promise.all([shared.client.client(tools).echo(1), shared.session.client(tools).echo(1)]);
  return { ...shared, tap };
}

describe("A host goes on untouched", () => {
  it(
    "when turnmux is detached from both ends, which are as they were, and when it attaches again",
    seeded(async (seed) => {
      const before: (string | symbol)[][] = [];
      const { near, far, client, session, attachment, gateway } = await openStanding({
        near: (socket) => before.push(ownKeys(socket)),
        far: (socket) => before.push(ownKeys(socket)),
      });
      // Handshakes only while none is due: later on the gateway waits for one.
      const host = new HostPair(near, far, { seed, count: 1_000, handshakes: false });
      await among(host, { client, session }, seed);
      // A last word cannot be said within a message of the host's, and so not behind a detach in there.
      await host.say(100);
      client.detach();
      await host.say(100);
      attachment.detach();
      await attachment.closed;
      expect([ownKeys(far), ownKeys(near)]).toEqual(before);
      await host.say(100);

      const second = gateway.attach(near, { principal: "alice", scopes: [] });
      const again = attach(far);
      again.implement(tools, implementation().handlers);
      await again.ready;
      await among(host, { client: again, session: await second.session }, seed + 10);
      await host.finish();
    }),
  );

  it(
    "when the gateway gives its socket back in the middle of calls; what was on its way of turnmux's comes to the host",
    seeded(async (seed) => {
      const { near, far, client, session, attachment, atGateway, tap } = await openTapped();
      const { gateway } = tagsOf(tap);
      const late = { count: 0 };
      const host = new HostPair(near, far, {
        seed,
        count: 1_000,
        ignore: (octets) => {
          const ours = gateway.equals(octets.subarray(2, 10)) && octets[0] === 0xc1;
          if (ours) late.count += 1;
          return ours;
        },
      });
      const calls = Promise.allSettled([
        makeCalls(client, {
          seed,
          count: CALLS,
          before: () => {
            if (atGateway.runs.count >= CALLS / 2) attachment.detach("enough of that");
            return host.far.say();
          },
        }),
        makeCalls(session, { seed: seed + 1, count: CALLS, before: () => host.near.say() }),
      ]);
      const [up, down] = await calls;
      await host.finish();

      expect([up.status, down.status]).toEqual(["rejected", "rejected"]);
      expect((await client.closed).message).toContain("enough of that");
      // Those that were under way when GOAWAY came, at most a message for each turn of the event loop.
      expect(late.count).toBeLessThan(CALLS);
    }),
  );

  it(
    "when a message with the right tag breaks the protocol: the session ends, and a new one takes its place",
    seeded(async (seed) => {
      const shared = await openTapped();
      const { near, far, client, session, attachment, tap, atGateway } = shared;
      const host = new HostPair(near, far, { seed, count: 1_500, handshakes: false });
      const { gateway: tag } = tagsOf(tap);
      const garbage = Buffer.concat([Buffer.of(0xc1, 0x01), tag, Buffer.of(0, 0, 1, 0x7f, 0, 0, 0, 0, 0, 0)]);
      let sent = false;
      const failures = await Promise.allSettled([
        makeCalls(client, {
          seed,
          count: CALLS,
          before: () => {
            if (!sent && atGateway.runs.count >= CALLS / 2 && !midMessage(far)) {
              sent = true;
              far.send(garbage);
            }
            return host.far.say();
          },
        }),
        makeCalls(session, { seed: seed + 1, count: CALLS, before: () => host.near.say() }),
      ]);
      expect(failures.map(outcomeOf)).toEqual([expect.any(String), expect.any(String)]);
      expect(await session.closed).toMatchObject({ cause: "violation", requirement: "FRAME-004", byPeer: false });
      expect(await client.closed).toMatchObject({ cause: "goaway", requirement: "FRAME-004", byPeer: true });
      expect(attachment.current).toBeUndefined();
      await host.say(100);

      const again = attach(far);
      again.implement(tools, implementation().handlers);
      await again.ready;
      const { current } = attachment;
      if (current === undefined) throw new Error("the gateway has no session");
      await among(host, { client: again, session: current }, seed + 10);
      await host.finish();
      expect([near.readyState, far.readyState]).toEqual([1, 1]);
    }),
  );

  it(
    "when the client closes its session in the middle of calls and attaches anew at once",
    seeded(async (seed) => {
      const { near, far, client, attachment, gateway } = await openStanding();
      const host = new HostPair(near, far, { seed, count: 1_000, handshakes: false });
      let last = client;
      for (let round = 0; round < 5; round++) {
        const api = last.client(tools);
        const calls = Array.from({ length: 20 }, (_, at) => api.text({ seed: at, length: 50_000 }));
        const over = Promise.allSettled(calls);
        const talking = host.say(20);
        await Promise.any(calls);
        await last.close();
        last = attach(far);
        last.implement(tools, implementation().handlers);
        await Promise.all([last.ready, talking]);
        expect((await over).some(({ status }) => status === "rejected")).toBe(true);
      }
      const { current } = attachment;
      if (current === undefined) throw new Error("the gateway has no session");
      await among(host, { client: last, session: current }, seed);
      await host.finish();
      expect(gateway.sessions.size).toBe(1);
    }),
  );

  it(
    "until it closes the socket itself: its code and reason arrive, and the calls hear of it",
    seeded(async (seed) => {
      const { near, far, client, session } = await openStanding();
      const host = new HostPair(near, far, { seed, count: 100 });
      await host.say(50);
      const calls = Promise.allSettled(
        Array.from({ length: 20 }, (_, at) => client.client(tools).text({ seed: at, length: 200_000 })),
      );
      const closed = Promise.all([closing(near), closing(far)]);
      await host.finish();
      near.close(4001, "closing time");
      expect(await closed).toEqual([
        [4001, "closing time"],
        [4001, "closing time"],
      ]);
      for (const call of await calls) if (call.status === "rejected") expect(outcomeOf(call)).toBe("unknown");
      expect((await client.closed).message).toContain("closing time");
      expect((await session.closed).cause).toBe("lost");
    }),
  );
});

/** Nothing may be sent between the fragments of a message, and these tests send past the host. */
function midMessage(socket: Ws): boolean {
  const { _sender: sender } = socket as unknown as { readonly _sender: { readonly _firstFragment: boolean } };
  return !sender._firstFragment;
}

function outcomeOf(result: PromiseSettledResult<unknown>): string | undefined {
  if (result.status === "fulfilled") return undefined;
  const reason: unknown = result.reason;
  const error = reason instanceof Error && !(reason instanceof TurnmuxError) ? reason.cause : reason;
  return error instanceof TurnmuxError ? error.outcome : undefined;
}
