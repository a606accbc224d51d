/** A call that is given up: its RESET waits for nothing that large bodies, slow readers and full sockets make others wait for. */
import { describe, expect, it } from "vitest";
import { CREDIT, DELIVERY } from "../../src/limits.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { ack, ResumableGateway, types } from "../delivery/support/raw-resume.ts";
import { kit, never, watch } from "../support/kit.ts";
import { GatewayUnderTest } from "../support/raw-worlds.ts";
import { offer, open, RAW_LIMITS } from "../support/raw.ts";

const HAND_OVER = 128 * 1024;

/** A gateway that has called its raw client, which hears of nothing but what is behind that. */
async function calling(features: readonly string[]) {
  const world = new GatewayUnderTest();
  const limits = { ...RAW_LIMITS, replay: 1 << 22, streamCredit: 8_192, channelCredit: 1 << 20 };
  world.raw.say(world.raw.hello({ features, limits }));
  await world.time.settle();
  await world.say(offer("work"));
  const leaving = new AbortController();
  const call = watch(world.session.call("work", 1, { signal: leaving.signal }));
  await world.time.settle();
  world.raw.take();
  const { raw, time, carrier, session } = world;
  return { raw, time, carrier, session, leaving, call };
}

/** The streams and types of frames. */
function heads(frames: readonly Frame[]): string[] {
  return frames.map((frame) => ("stream" in frame ? `${frame.type} ${frame.stream}` : frame.type));
}

describe("RESET", () => {
  it("leaves where the socket has enough, and bodies wait [CHAN-007]", async () => {
    for (const features of [[], [DELIVERY], [DELIVERY, CREDIT]]) {
      const { raw, time, carrier, session, leaving } = await calling(features);
      carrier.buffered = HAND_OVER;
      watch(session.call("work", "another"));
      await time.settle();
      leaving.abort();
      await time.settle();
      expect(heads(raw.received)).toEqual(["reset 2"]);
      carrier.drain();
      await time.settle();
      expect(heads(raw.received)).toEqual(["reset 2", "open 4"]);
      raw.carrier.cut();
      await time.settle();
    }
  });

  it("is no more than the room for what waits for nothing, however many are given up", async () => {
    const { raw, time, carrier, leaving } = await calling([]);
    carrier.buffered = HAND_OVER + 64 * 1024;
    leaving.abort();
    await time.advance(1_000);
    expect(raw.received).toEqual([]);
    carrier.drain();
    await time.settle();
    expect(heads(raw.received)).toEqual(["reset 2"]);
    raw.carrier.cut();
    await time.settle();
  });

  it("leaves before bodies, and behind what answers the peer", async () => {
    const { raw, time, carrier, session, leaving } = await calling([DELIVERY]);
    carrier.blocked = true;
    for (const input of ["x", "y"]) watch(session.call("work", input.repeat(40_000), { priority: "interactive" }));
    await time.settle();
    leaving.abort();
    raw.say({ type: "ping", id: 1 });
    await time.settle();
    carrier.drain();
    await time.settle();
    expect(heads(raw.received).slice(0, 4)).toEqual(["pong", "reset 2", "open 4", "open 6"]);
    raw.carrier.cut();
    await time.settle();
  });

  it("leaves where the arguments of its own call wait for credit, and stands for the rest of them", async () => {
    const { raw, time, session } = await calling([DELIVERY, CREDIT]);
    const leaving = new AbortController();
    watch(session.call("work", "x".repeat(100_000), { signal: leaving.signal }));
    await time.settle();
    expect(heads(raw.take())).toEqual(["open 4"]);
    leaving.abort();
    await time.settle();
    expect(heads(raw.take())).toEqual(["reset 4"]);
    raw.say({ type: "credit", stream: 4, limit: 1 << 20 });
    await time.settle();
    expect(raw.take()).toEqual([]);
    raw.carrier.cut();
    await time.settle();
  });

  it("is not sent where the call has ended before it could leave", async () => {
    const { raw, time, carrier, leaving, call } = await calling([DELIVERY]);
    carrier.blocked = true;
    leaving.abort();
    await time.settle();
    raw.say({ type: "end", stream: 2, more: false, final: true, code: 0, content: 1, body: Uint8Array.of(0x31) });
    await time.settle();
    expect(call.said).toBe("ok: 1");
    carrier.drain();
    await time.advance(2_000);
    expect(types(raw.received)).toEqual(["ack"]);
    raw.carrier.cut();
    await time.settle();
  });
});

describe("RESET on a connection that follows", () => {
  it("comes behind what is sent again: the OPEN that it belongs to [DELIV-006]", async () => {
    const gateway = new ResumableGateway();
    const line = await gateway.open({}, ack(1), offer("work"));
    const leaving = new AbortController();
    watch(gateway.side.latest.session.call("work", 1, { signal: leaving.signal }));
    await gateway.time.settle();
    await gateway.cut(line);
    leaving.abort();
    await gateway.time.settle();
    const next = await gateway.resume(line.welcome, 1);
    expect(types(next.raw.received)).toEqual(["welcome", "open", "reset"]);
    await gateway.cut(next);
  });

  it("waits where twice as much is kept as may be [DELIV-004]", async () => {
    const gateway = new ResumableGateway({ limits: { replay: 1_024 } });
    const line = await gateway.open({}, ack(1), offer("work"));
    gateway.side.registry.implement(kit, { look: (input) => input, set: never, add: never, list: () => "none" });
    const leaving = new AbortController();
    watch(gateway.side.latest.session.call("work", 1, { signal: leaving.signal }));
    await gateway.time.settle();
    // Their ends are kept as well, beyond the limit.
    for (let n = 0; n < 10; n++) await gateway.say(line, open(2 * n + 1, "look", "x".repeat(300)));
    leaving.abort();
    await gateway.time.settle();
    expect(types(line.raw.take())).not.toContain("reset");
    const frames = await gateway.say(line, ack(5));
    expect(frames[0]).toMatchObject({ type: "reset" });
    await gateway.cut(line);
  });
});
