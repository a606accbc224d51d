import { describe, expect, it } from "vitest";
import { Rates } from "../../src/channel/rates.ts";
import { ProtocolViolation } from "../../src/errors/violation.ts";
import type { Limits } from "../../src/index.ts";
import { CREDIT, DEFAULT_LIMITS, DELIVERY } from "../../src/limits.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { kit, never } from "../support/kit.ts";
import { ClientUnderTest, GatewayUnderTest } from "../support/raw-worlds.ts";
import { accept, cont, goaway, offer, open, RAW_LIMITS, reset } from "../support/raw.ts";
import { World } from "../support/world.ts";

/** Few enough to be reached soon: of each rate 50 frames may come at once, and some more where there are streams. */
const FEW: Partial<Limits> = { pings: 10, idleFrames: 10, resets: 10, shortFragments: 10, streams: 1 };

const AT_ONCE = 50;

/** A gateway with few rates, and a raw client that may open one stream, as the gateway may. */
async function gateway(features: readonly string[] = []): Promise<GatewayUnderTest> {
  return greeted(new GatewayUnderTest({ limits: FEW }), features);
}

async function greeted(world: GatewayUnderTest, features: readonly string[] = []): Promise<GatewayUnderTest> {
  const more = features.length === 0 ? {} : { replay: 1 << 22, streamCredit: 1 << 18, channelCredit: 1 << 20 };
  world.raw.say(world.raw.hello({ features, limits: { ...RAW_LIMITS, streams: 1, ...more } }));
  await world.time.settle();
  world.side.registry.implement(kit, { look: never, set: never, add: never, list: () => "none" });
  await world.time.settle();
  world.raw.take();
  return world;
}

/** What a peer is told that says this so often, each time by itself. */
async function told(
  world: GatewayUnderTest | ClientUnderTest,
  times: number,
  say: (n: number) => Frame[],
): Promise<string> {
  for (let n = 0; n < times; n++) {
    world.raw.say(...say(n));
    await world.time.settle();
  }
  const [end] = world.raw.all("goaway").filter(({ code }) => code !== 0);
  return end === undefined ? "nothing" : `${end.code} ${end.requirement}`;
}

/** A frame that takes place `limit + 1` ends the session with this rule, and one less does not. */
async function expectLimit(
  make: () => Promise<GatewayUnderTest | ClientUnderTest>,
  limit: number,
  requirement: string,
  say: (n: number) => Frame[],
): Promise<void> {
  expect(await told(await make(), limit, say)).toBe("nothing");
  expect(await told(await make(), limit + 1, say)).toBe(`8 ${requirement}`);
}

describe("a peer that floods", () => {
  it("with PINGs is let go [RATE-001]", async () => {
    await expectLimit(gateway, AT_ONCE, "RATE-001", (id) => [{ type: "ping", id }]);
  });

  it("with PINGs is heard, however low the limit, as often as a heartbeat asks, and twice that [RATE-001]", async () => {
    for (const heartbeatMs of [10, 1_000]) {
      const often = async (): Promise<GatewayUnderTest> => {
        const world = new GatewayUnderTest({ limits: { ...FEW, pings: 1, heartbeatMs } });
        return greeted(world);
      };
      // 5 seconds' worth at once.
      await expectLimit(often, heartbeatMs === 10 ? 1_000 : 10, "RATE-001", (id) => [{ type: "ping", id }]);
    }
    const told = async (): Promise<ClientUnderTest> =>
      ClientUnderTest.open({ clientLimits: { ...FEW, pings: 1 } }, { heartbeatMs: 1_000 });
    await expectLimit(told, 10, "RATE-001", (id) => [{ type: "ping", id }]);
  });

  it("with PONGs that nobody asked for is let go [RATE-002]", async () => {
    await expectLimit(gateway, AT_ONCE + 2, "RATE-002", (id) => [{ type: "pong", id: id + 1_000 }]);
  });

  it("with ACKs that acknowledge nothing is let go [RATE-002]", async () => {
    await expectLimit(
      () => gateway([DELIVERY]),
      AT_ONCE + 2,
      "RATE-002",
      () => [{ type: "ack", received: 0 }],
    );
  });

  it("with CREDIT that grants nothing, or next to nothing, is let go [RATE-002]", async () => {
    for (const step of [0, 1, 1_023]) {
      await expectLimit(
        () => gateway([CREDIT]),
        AT_ONCE + 2,
        "RATE-002",
        (n) => [{ type: "credit", stream: 0, limit: (1 << 20) + n * step }],
      );
    }
    const more = (n: number): Frame[] => [{ type: "credit", stream: 0, limit: (1 << 20) + (n + 1) * 1_024 }];
    expect(await told(await gateway([CREDIT]), AT_ONCE * 4, more)).toBe("nothing");
  });

  it("with CREDIT for streams that are over is let go [RATE-003]", async () => {
    const over = async (): Promise<GatewayUnderTest> => {
      const world = await gateway([CREDIT]);
      await world.say(open(1, "nothing", 1));
      return world;
    };
    await expectLimit(over, AT_ONCE + 2, "RATE-003", (n) => [
      { type: "credit", stream: 1, limit: 1 << (19 + (n % 9)) },
    ]);
  });

  it("with crumbs for streams that are over is let go, and with the rest of what was refused is not [RATE-003]", async () => {
    const over = async (): Promise<GatewayUnderTest> => {
      const world = await gateway();
      await world.say(open(1, "nothing", 1));
      return world;
    };
    const part = (octets: number): Frame[] => [
      { type: "data", stream: 1, final: true, more: false, body: new Uint8Array(octets) },
    ];
    await expectLimit(over, AT_ONCE + 2, "RATE-003", () => part(255));
    await expectLimit(over, AT_ONCE + 2, "RATE-003", () => part(0));
    expect(await told(await over(), AT_ONCE * 4, () => part(256))).toBe("nothing");
  });

  it("with ACCEPTs that say nothing new is let go [RATE-002]", async () => {
    const called = async (): Promise<ClientUnderTest> => {
      const world = await ClientUnderTest.open({ clientLimits: FEW }, { limits: { ...RAW_LIMITS, streams: 1 } });
      world.session.call("echo", 1).catch(() => {});
      await world.say(offer("echo"));
      return world;
    };
    await expectLimit(called, AT_ONCE + 2 + 1, "RATE-002", () => [accept(1, { state: 1, reason: "a lane", place: 3 })]);
    // A place that changes is news.
    const moving = (n: number): Frame[] => [accept(1, { state: 1, reason: "a lane", place: n % 2 })];
    expect(await told(await called(), AT_ONCE * 4, moving)).toBe("nothing");
  });

  it("with OFFERs that change nothing is let go [RATE-002]", async () => {
    await expectLimit(gateway, AT_ONCE + 2 + 1, "RATE-002", () => [offer("one", "two")]);
    const changing = (n: number): Frame[] => [offer("one", n % 2 === 0 ? "two" : "three")];
    expect(await told(await gateway(), AT_ONCE * 4, changing)).toBe("nothing");
  });

  it("with GOAWAYs that it drains is let go [RATE-002]", async () => {
    await expectLimit(gateway, AT_ONCE + 2 + 1, "RATE-002", () => [goaway(0)]);
  });

  it("with frames that are skipped is let go, however many come in a message [RATE-002]", async () => {
    const skipped = [0, 0, 0, 0x80, 0, 0, 0, 0, 0];
    const flood = async (...messages: number[]): Promise<string> => {
      const world = await gateway();
      for (const count of messages) world.raw.sayOctets(...Array.from({ length: count }, () => skipped).flat());
      return told(world, 1, () => [{ type: "ping", id: 1 }]);
    };
    const most = AT_ONCE + 2;
    expect(await flood(...Array.from({ length: most }, () => 1))).toBe("nothing");
    expect(await flood(...Array.from({ length: most + 1 }, () => 1))).toBe("8 RATE-002");
    expect(await flood(most)).toBe("nothing");
    expect(await flood(most - 1, 2)).toBe("8 RATE-002");
  });

  it("with frames that are skipped may send as many as go along with others, and no more [RATE-002]", async () => {
    const skipped = [0, 0, 0, 0x80, 0, 0, 0, 0, 0];
    // PING 1, as binary carriage has it.
    const ping = [0, 0, 2, 0x22, 0, 0, 0, 0, 0, 0x91, 1];
    for (const [along, end] of [
      [1, "nothing"],
      [2, "8 RATE-002"],
    ] as const) {
      const world = await greeted(new GatewayUnderTest({ limits: { ...FEW, pings: 1_000 } }));
      for (let n = 0; n < AT_ONCE * 2; n++) {
        world.raw.sayOctets(...ping, ...Array.from({ length: along }, () => skipped).flat());
        await world.time.settle();
      }
      expect(await told(world, 0, () => [])).toBe(end);
    }
  });

  it("with frames that are skipped is let go on every carriage [RATE-002]", async () => {
    for (const carriage of ["text", "wrapped"] as const) {
      const world = await greeted(new GatewayUnderTest({ limits: FEW, carriage }));
      const tag = Buffer.from(world.raw.peerTag).toString("hex");
      const rows = Array.from({ length: AT_ONCE + 3 }, () => [0x80, 0, 0, null, null]);
      world.raw.sayRaw(
        carriage === "text"
          ? `{"turnmux":[1,"${tag}",${JSON.stringify(rows).slice(1)}}`
          : { turnmux: [1, tag, 1, ...rows] },
      );
      await world.time.settle();
      expect(await told(world, 0, () => [])).toBe("8 RATE-002");
    }
  });

  it("with calls that it takes back at once is let go [RATE-003]", async () => {
    await expectLimit(gateway, AT_ONCE + 2, "RATE-003", (n) => [open(2 * n + 1, "look", n), reset(2 * n + 1)]);
  });

  it("with bodies in crumbs, or in nothing at all, is let go [RATE-004]", async () => {
    for (const octets of [0, 1, 255]) {
      const began = async (): Promise<GatewayUnderTest> => {
        const world = await gateway();
        await world.say(open(1, "look", "", { more: true, body: new Uint8Array(0) }));
        return world;
      };
      await expectLimit(began, AT_ONCE, "RATE-004", () => [cont(1, new Uint8Array(octets), false)]);
    }
  });

  it("is told which limit that was, and its calls end", async () => {
    const world = await gateway();
    world.raw.say(open(1, "look", 1));
    await told(world, AT_ONCE + 1, (id) => [{ type: "ping", id }]);
    expect(world.raw.only("goaway").message).toBe("PINGs came more often than this side takes (pings)");
    expect(world.session.state).toBe("closed");
    expect(world.carrier.closedWith?.code).toBe(1009);
    expect(world.time.pendingTimers).toBe(0);
  });
});

describe("a rate", () => {
  it("makes good with time what was taken", async () => {
    const world = await gateway();
    const ping = (id: number): Frame[] => [{ type: "ping", id }];
    expect(await told(world, AT_ONCE, ping)).toBe("nothing");
    for (let second = 0; second < 7; second++) {
      await world.time.advance(1_000);
      expect(await told(world, 10, ping)).toBe("nothing");
    }
    expect(await told(world, 1, ping)).toBe("8 RATE-001");
  });

  it("does not save up more than a few seconds' worth", async () => {
    const world = await gateway();
    await world.time.advance(10_000);
    expect(await told(world, AT_ONCE + 1, (id) => [{ type: "ping", id }])).toBe("8 RATE-001");
  });
});

describe("an honest peer reaches no rate", () => {
  const most = { ...DEFAULT_LIMITS, streams: 65_536 };

  /** True where none of so many is one too many. */
  function passes(count: number, take: () => void): boolean {
    try {
      for (let n = 0; n < count; n++) take();
      return true;
    } catch (error) {
      if (error instanceof ProtocolViolation) return false;
      throw error;
    }
  }

  it("where it cancels 65,536 calls at once, and those that take their place", () => {
    const rates = new Rates(most, most.streams);
    expect(passes(2 * 65_536, () => rates.reset(0))).toBe(true);
    expect(passes(2 * 65_536, () => rates.reset(0))).toBe(false);
  });

  it("where a resume says again what 65,536 streams of either side were granted, as often as there is a resume", () => {
    const rates = new Rates(most, most.streams);
    for (let resume = 0; resume < 10; resume++) {
      rates.refill();
      expect(passes(2 * 65_536 + 1, () => rates.idle(0))).toBe(true);
    }
  });

  it("where it asks every 10 ms whether anybody is there", async () => {
    const world = await World.ready({ limits: { heartbeatMs: 10 } });
    await world.time.advance(8_000);
    expect(world.client.state).toBe("ready");
    world.clientCarrier.cut();
    await world.time.settle();
  });

  it("where a handler says time and again that it waits for the same", async () => {
    const world = await World.ready({ limits: FEW, clientLimits: FEW });
    const accepted: unknown[] = [];
    let goOn = (_result: string): void => {};
    world.registry.implement(kit, {
      look: async (_input, { waiting }) => {
        const result = new Promise<string>((resolve) => {
          goOn = resolve;
        });
        for (let n = 0; n < 200; n++) {
          waiting(n < 150 ? "approval" : "another approval");
          await new Promise<void>((resolve) => world.time.defer(resolve));
        }
        return result;
      },
      set: never,
      add: never,
      list: () => "none",
    });
    await world.time.settle();
    const call = world.client.call("look", 1, { onAccept: (acceptance) => accepted.push(acceptance) });
    await world.time.settle();
    goOn("approved");
    await world.time.settle();
    expect(await call).toBe("approved");
    expect(accepted).toMatchObject([
      { state: "waiting", reason: "approval" },
      { state: "waiting", reason: "another approval" },
    ]);
    world.clientCarrier.cut();
    await world.time.settle();
  });

  it("where it makes many small calls, and takes many of them back", async () => {
    const world = await World.ready({ limits: { streams: 2_048 } });
    world.registry.implement(kit, {
      look: (input) => input,
      set: (_input, { signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(1))),
      add: never,
      list: () => "none",
    });
    await world.time.settle();
    for (let round = 0; round < 4; round++) {
      const leaving = new AbortController();
      const calls = Array.from({ length: 400 }, (_, n) =>
        n % 2 === 0 ? world.client.call("look", n) : world.client.call("set", n, { signal: leaving.signal }),
      );
      await world.time.settle();
      leaving.abort();
      await world.time.settle();
      await Promise.all(calls.map((call) => call.catch(() => {})));
    }
    expect(world.client.state).toBe("ready");
    world.clientCarrier.cut();
    await world.time.settle();
  });
});
