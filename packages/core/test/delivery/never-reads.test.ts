/** Peers that take, and give nothing back: what this side writes for them, and keeps, has a bound. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool } from "../../src/index.ts";
import { CONTROL_ROOM, DEFAULT_LIMITS } from "../../src/limits.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { GatewayUnderTest } from "../support/raw-worlds.ts";
import { open } from "../support/raw.ts";
import { ack, ResumableGateway } from "./support/raw-resume.ts";

const tools = defineTools({
  text: tool({ description: "Gives a text", input: z.number(), output: z.string(), effect: "read" }),
});

const LARGE = 200_000;

/** Octets of frames that belong to a body of several. */
function bulkOf(frames: readonly Frame[]): number {
  let octets = 0;
  for (const frame of frames) {
    const isPart = frame.type === "data" || (frame.type === "end" && frame.more);
    if (isPart) octets += frame.body.length;
  }
  return octets;
}

describe("a peer that never acknowledges", () => {
  it("is sent no more of large bodies than bulkInFlight, whatever it asks for, and small ones all the same [FLOW-009]", async () => {
    const limits = { bulkInFlight: 65_536, stallMs: 0 };
    const gateway = new ResumableGateway({ limits });
    gateway.side.registry.implement(tools, { text: (octets) => "x".repeat(octets) });
    const line = await gateway.open({}, ack(1));
    const frames: Frame[] = [];
    for (let n = 0; n < 100; n++) {
      frames.push(...(await gateway.say(line, open(4 * n + 1, "text", LARGE), open(4 * n + 3, "text", 10))));
    }
    line.raw.take();
    await gateway.time.advance(120_000);
    frames.push(...line.raw.take());
    // The frame that crossed the limit is written.
    expect(bulkOf(frames)).toBeLessThanOrEqual(limits.bulkInFlight + DEFAULT_LIMITS.framePayload);
    expect(bulkOf(frames)).toBeGreaterThan(limits.bulkInFlight - DEFAULT_LIMITS.framePayload);
    const small = frames.filter((frame) => frame.type === "end" && frame.stream % 4 === 3);
    expect(small).toHaveLength(100);
    line.near.cut();
    await gateway.time.settle();
  });
});

describe("a peer that floods a full socket with PINGs", () => {
  it("adds no more to it than 64 KiB, and is let go [LIMIT-004]", async () => {
    const { raw, time, session, carrier } = await GatewayUnderTest.open();
    const { send } = carrier;
    const { handOver } = DEFAULT_LIMITS;
    carrier.buffered = handOver;
    carrier.send = (message) => {
      send.call(carrier, message);
      carrier.buffered += (message as Uint8Array).length;
    };
    let most = 0;
    for (let id = 0; session.state === "ready"; id++) {
      // As often as the rate of PINGs lets it.
      raw.say({ type: "ping", id });
      await time.advance(5);
      if (session.state === "ready") most = Math.max(most, carrier.buffered);
    }
    expect(most).toBeGreaterThan(handOver + CONTROL_ROOM / 2);
    // One PONG may cross it.
    expect(most).toBeLessThan(handOver + CONTROL_ROOM + 100);
    expect(raw.all("goaway")).toMatchObject([{ requirement: "LIMIT-004" }]);
    raw.carrier.cut();
    await time.settle();
  });
});
