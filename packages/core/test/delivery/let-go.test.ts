import { describe, expect, it } from "vitest";
import { bodySource, cloneItem, encodeOutgoing } from "../../src/content/body.ts";
import { Delivery } from "../../src/delivery/delivery.ts";
import { CREDIT, resolveLimits } from "../../src/limits.ts";
import { Peer } from "../../src/peer/peer.ts";
import { letGo, spareItems, spareParts } from "../../src/spare-octets.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { kit, kitWorld, watch } from "../support/kit.ts";

const LONG = "é".repeat(200_000);
const limits = resolveLimits();

/** A caller whose arguments are a long text. */
function caller(): Peer {
  const peer = new Peer({
    role: "client",
    limits,
    peerLimits: limits,
    peerContents: [1, 2, 3, 4],
    features: [CREDIT],
    control: { drain() {}, drained() {}, close() {}, fail() {}, wake() {}, ready() {} },
  });
  peer.open({ tool: "t", callId: "a", body: encodeOutgoing(LONG, [1, 2, 3, 4]) });
  return peer;
}

/** The memory of the next frame's body. */
function memoryOf(frame: Frame | undefined): ArrayBufferLike {
  if (frame === undefined || !("body" in frame)) throw new Error("there is no such frame");
  return frame.body.buffer;
}

describe("The memory of a part of a long text", () => {
  it("is that of the next one, once it is in a message", () => {
    const peer = caller();
    const first = peer.nextFrame(0);
    const second = peer.nextFrame(0);
    expect(memoryOf(second)).not.toBe(memoryOf(first));
    peer.encoded([first, second].filter((frame) => frame !== undefined));
    expect([memoryOf(first), memoryOf(second)]).toContain(memoryOf(peer.nextFrame(0)));
  });

  it("is left alone until it is acknowledged, where it may be sent again", () => {
    const source = caller();
    const delivery = new Delivery({ source, limits, peerReplay: limits.replay });
    expect("encoded" in delivery).toBe(false);
    const frames = [delivery.nextFrame(0), delivery.nextFrame(0)];
    const memories = frames.map(memoryOf);
    expect(new Set(memories).size).toBe(2);
    delivery.frame({ type: "ack", received: 1 }, 0);
    expect(memoryOf(delivery.nextFrame(0))).toBe(memories[0]);
    expect(memories).not.toContain(memoryOf(delivery.nextFrame(0)));
  });

  it("comes back from a channel whose frames are not acknowledged", async () => {
    // Memory that nobody had before is all zeros.
    while (spareParts.take(60_000).some((octet) => octet !== 0));
    const world = await kitWorld({ look: () => LONG }, { resumable: false });
    const call = watch(world.client.client(kit).look("all"));
    await world.time.settle();
    expect(call.said).toContain(LONG);
    expect(spareParts.take(60_000)[0]).toBe(0xc3);
  });

  it("belongs to one frame: a part that is taken twice is not the same memory", () => {
    const source = bodySource(encodeOutgoing(LONG, [1, 2, 3, 4]));
    expect(source.subarray(0, 60_000).buffer).not.toBe(source.subarray(0, 60_000).buffer);
  });
});

describe("The memory of an item", () => {
  it("is given back with its last frame, and not before", () => {
    const octets = cloneItem(new Uint8Array(65_536)) as Uint8Array;
    const frame = { type: "data", stream: 1, final: false } as const;
    letGo({ ...frame, more: true, body: octets.subarray(0, 1_000) });
    expect(spareItems.take(65_536).buffer).not.toBe(octets.buffer);
    letGo({ ...frame, more: false, body: octets.subarray(1_000) });
    expect(spareItems.take(65_536).buffer).toBe(octets.buffer);
  });
});
