/** Sockets on which a host has much to send as well, and peers that come back from their sleep: neither is a peer that reads nothing. */
import { describe, expect, it } from "vitest";
import { UsageError, type Limits } from "../../src/index.ts";
import { resolveLimits } from "../../src/limits.ts";
import { ack, ping, ResumableGateway, type Welcomed } from "../delivery/support/raw-resume.ts";
import { kit, never } from "../support/kit.ts";
import { GatewayUnderTest } from "../support/raw-worlds.ts";
import { open } from "../support/raw.ts";

const STALL_MS = 60_000;

/** More than may lie ahead of a socket. */
const FULL = 1 << 20;

const handlers = { look: (input: unknown) => input, set: never, add: never, list: () => "none" };

const QUIET: Partial<Limits> = { heartbeatMs: 3_600_000 };

async function gateway(): Promise<GatewayUnderTest> {
  const world = await GatewayUnderTest.open({ limits: QUIET });
  world.side.registry.implement(kit, handlers);
  await world.time.settle();
  world.raw.take();
  return world;
}

/** A gateway with `delivery` whose client has acknowledged the offer, and calls. */
async function delivering(): Promise<{ gateway: ResumableGateway; line: Welcomed }> {
  const made = new ResumableGateway({ limits: QUIET });
  made.side.registry.implement(kit, handlers);
  const line = await made.open({}, ack(1));
  return { gateway: made, line };
}

describe("a socket that a host fills", () => {
  it("is no stall while the network takes octets, though ours wait and the backlog grows [CHAN-008]", async () => {
    const { raw, time, session, carrier } = await gateway();
    carrier.buffered = FULL;
    carrier.taken = 0;
    raw.say(open(1, "look", 1));
    for (let second = 0; second < 150; second++) {
      await time.advance(1_000);
      carrier.buffered += 1_000;
      carrier.taken += 10;
    }
    expect(session.state).toBe("ready");
    await time.advance(STALL_MS + 1_000);
    expect(session.state).toBe("closed");
  });

  it("is a stall where the host writes on, and the network takes nothing", async () => {
    const { raw, time, session, carrier } = await gateway();
    carrier.buffered = FULL;
    carrier.taken = 0;
    raw.say(open(1, "look", 1));
    for (let second = 0; second <= 60; second++) {
      await time.advance(1_000);
      carrier.buffered += 1_000;
      // The header of each of the host's messages is no part of what it wrote.
      carrier.taken -= 10;
    }
    expect(session.state).toBe("closed");
  });

  it("keeps acknowledgements from coming, and what waits behind the host's octets is not judged for it", async () => {
    const { gateway: world, line } = await delivering();
    const { session } = world.side.latest;
    line.near.pending = 50 * FULL;
    line.near.taken = 0;
    await world.say(line, open(1, "look", 1));
    for (let second = 0; second < 150; second++) {
      await world.time.advance(1_000);
      line.near.pending -= 1_000;
      line.near.taken += 1_000;
      await world.say(line, ping());
    }
    expect(session.state).toBe("ready");
    // The host's octets have left, and ours behind them.
    line.near.pending = 0;
    await world.time.advance(1_000);
    for (let second = 0; second < 2 * 60; second++) {
      await world.time.advance(1_000);
      await world.say(line, ping());
    }
    expect(session.state).toBe("closed");
    line.near.cut();
    await world.time.settle();
  });
});

describe("a peer that was asleep", () => {
  /** The client is silent from its call on, and says PING shortly before the gateway looks again. */
  async function awake(): Promise<{ gateway: ResumableGateway; line: Welcomed }> {
    const made = await delivering();
    await made.gateway.say(made.line, open(1, "look", 1));
    await made.gateway.time.advance(STALL_MS + STALL_MS / 2 - 100);
    await made.gateway.say(made.line, ping());
    return made;
  }

  it("has the time to acknowledge what it finds when it wakes [CHAN-008]", async () => {
    const { gateway: world, line } = await awake();
    await world.time.advance(250);
    expect(world.side.latest.session.state).toBe("ready");
    await world.say(line, ack(2));
    await world.time.advance(10_000);
    expect(world.side.latest.session.state).toBe("ready");
    line.near.cut();
    await world.time.settle();
  });

  it("is let go where it is awake and acknowledges nothing all the same", async () => {
    const { gateway: world, line } = await awake();
    for (let second = 0; second < 10; second++) {
      await world.time.advance(1_000);
      await world.say(line, ping());
    }
    expect(world.side.latest.session.state).toBe("closed");
    line.near.cut();
    await world.time.settle();
  });
});

describe("stallMs", () => {
  it("is 0, or no less than 5 seconds, in which a peer can be asked and answer", () => {
    for (const stallMs of [0, 5_000, 86_400_000]) expect(resolveLimits({ stallMs }).stallMs).toBe(stallMs);
    for (const stallMs of [-1, 1, 4_999, 86_400_001, 5_000.5]) {
      expect(() => resolveLimits({ stallMs })).toThrow(UsageError);
      expect(() => resolveLimits({ stallMs })).toThrow("limits.stallMs must be 0, or an integer from 5000 to 86400000");
    }
  });
});

describe("limits", () => {
  it("that are no plain object are refused, and not left out of account", () => {
    for (const limits of [null, 5, [], new Map([["streams", 1]]), () => ({})]) {
      // What a caller without types can give.
      expect(() => resolveLimits(limits as never)).toThrow("limits must be an object, such as { streams: 512 }");
    }
    expect(resolveLimits({ streams: 1 }).streams).toBe(1);
  });
});
