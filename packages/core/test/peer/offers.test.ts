import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, type OfferEntry } from "../../src/index.ts";
import { OwnOffers } from "../../src/peer/offers.ts";
import type { OfferFrame } from "../../src/wire/frame.ts";
import { watch } from "../support/kit.ts";
import { World } from "../support/world.ts";

const ROOM = 1_024;

function tools(...names: readonly string[]): OfferEntry[] {
  return names.map((name) => ({ name, effect: 0 }));
}

/** Enough for several frames. */
const MANY = tools(...Array.from({ length: 100 }, (_, n) => `tool-${n}-${"x".repeat(40)}`));

function names(frames: readonly OfferFrame[]): string[] {
  return frames.flatMap((frame) => frame.tools.map(({ name }) => name));
}

function takeAll(offers: OwnOffers): OfferFrame[] {
  const frames: OfferFrame[] = [];
  for (let frame = offers.take(); frame !== undefined; frame = offers.take()) frames.push(frame);
  return frames;
}

describe("what a side offers", () => {
  it("is stated once, also where there is nothing [HAND-011]", () => {
    const offers = new OwnOffers();
    expect(offers.replace([], ROOM)).toBe(true);
    expect(takeAll(offers)).toMatchObject([{ mode: 0, tools: [] }]);
    expect(offers.replace([], ROOM)).toBe(false);
    expect(takeAll(offers)).toEqual([]);
  });

  it("is not stated again where it is the same in another order [RATE-002]", () => {
    const offers = new OwnOffers();
    offers.replace(tools("a", "b"), ROOM);
    takeAll(offers);
    expect(offers.replace(tools("b", "a"), ROOM)).toBe(false);
    expect(offers.replace([{ name: "a", effect: 1 }, ...tools("b")], ROOM)).toBe(true);
  });

  it("is nothing to tell where it changed and changed back before it was told", () => {
    const offers = new OwnOffers();
    offers.replace(tools("a", "b"), ROOM);
    takeAll(offers);
    expect(offers.replace(tools("a"), ROOM)).toBe(true);
    expect(offers.replace(tools("a", "b"), ROOM)).toBe(false);
    expect(takeAll(offers)).toEqual([]);
  });

  it("goes on with the frames that are left of it where it comes again, and begins anew where it was given up half way", () => {
    const offers = new OwnOffers();
    offers.replace(MANY, ROOM);
    const first = offers.take();
    expect(offers.replace(MANY, ROOM)).toBe(false);
    expect(names([first, ...takeAll(offers)].filter((frame) => frame !== undefined))).toEqual(
      names([{ ...first, tools: MANY } as OfferFrame]),
    );
    const again = new OwnOffers();
    again.replace(MANY, ROOM);
    again.take();
    again.replace(tools("a"), ROOM);
    expect(again.replace(MANY, ROOM)).toBe(true);
    expect(names(takeAll(again))).toHaveLength(MANY.length);
  });
});

const passing = defineTools({
  passing: tool({ description: "Comes and goes", input: z.unknown(), output: z.unknown(), effect: "read" }),
});

describe("a tool that is taken away and registered again in one turn", () => {
  it("costs the session nothing, however often [RATE-002]", async () => {
    const world = await World.ready({
      limits: { idleFrames: 10, streams: 1 },
      clientLimits: { idleFrames: 10, streams: 1 },
    });
    let remove = world.registry.implement(passing, { passing: (input) => input });
    await world.time.settle();
    const sent = world.gatewayCarrier.sent.length;
    for (let n = 0; n < 500; n++) {
      remove();
      remove = world.registry.implement(passing, { passing: (input) => input });
      await world.time.settle();
    }
    expect(world.client.state).toBe("ready");
    expect(world.gatewayCarrier.sent).toHaveLength(sent);
    const call = watch(world.client.call("passing", 1));
    await world.time.settle();
    expect(call.said).toBe("ok: 1");
    world.clientCarrier.cut();
    await world.time.settle();
  });
});
