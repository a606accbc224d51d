import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool } from "../../src/index.ts";
import type { Frame } from "../../src/wire/frame.ts";
import { ClientUnderTest, GatewayUnderTest } from "../support/raw-worlds.ts";
import { offer, open, valueOf } from "../support/raw.ts";
import type { VirtualCarrier } from "../support/virtual-carrier.ts";

const tools = defineTools({
  echo: tool({ description: "Says it again", input: z.unknown(), output: z.unknown(), effect: "read" }),
  wait: tool({ description: "Never ends", input: z.unknown(), output: z.unknown(), effect: "read" }),
  count: tool({ description: "Counts", input: z.number(), item: z.number(), effect: "read" }),
});

/** Lets the code that runs end, with all that it has resolved. The event-loop turn is not over then: that is `settle`. */
async function codeEnds(): Promise<void> {
  for (let hop = 0; hop < 50; hop++) await Promise.resolve();
}

/** What a carrier was handed since it was looked at last. */
class Messages {
  readonly #carrier: VirtualCarrier;
  #seen: number;

  constructor(carrier: VirtualCarrier) {
    this.#carrier = carrier;
    this.#seen = carrier.sent.length;
  }

  /** How many there are. */
  take(): number {
    const count = this.#carrier.sent.length - this.#seen;
    this.#seen = this.#carrier.sent.length;
    return count;
  }
}

async function client(): Promise<ClientUnderTest & { readonly messages: Messages }> {
  const world = await ClientUnderTest.open();
  await world.say(offer("echo", "wait"));
  return Object.assign(world, { messages: new Messages(world.carrier) });
}

async function gateway(): Promise<GatewayUnderTest & { readonly messages: Messages; hears(...frames: Frame[]): void }> {
  const world = await GatewayUnderTest.open();
  world.side.registry.implement(tools, {
    echo: (input) => input,
    wait: () => new Promise(() => {}),
    count: async function* (to) {
      for (let n = 0; n < to; n++) yield n;
    },
  });
  await world.time.settle();
  world.raw.take();
  return Object.assign(world, {
    messages: new Messages(world.carrier),
    hears: (...frames: Frame[]) => world.carrier.arrive(world.raw.carriage.encode(world.raw.peerTag, frames, 0)),
  });
}

function calls(world: ClientUnderTest, count: number, input: unknown): void {
  for (let n = 0; n < count; n++) world.session.call("echo", input).catch(() => {});
}

describe("a call that is alone", () => {
  it("leaves as soon as the code that made it is done", async () => {
    const world = await client();
    calls(world, 1, 1);
    await codeEnds();
    expect(world.messages.take()).toBe(1);
    await world.time.settle();
    expect(world.messages.take()).toBe(0);
    expect(world.raw.all("open")).toHaveLength(1);
    world.raw.carrier.cut();
  });

  it("is answered as soon as its handler is done, with one frame", async () => {
    const world = await gateway();
    world.hears(open(1, "echo", 1));
    await codeEnds();
    expect(world.messages.take()).toBe(1);
    await world.time.settle();
    expect(world.messages.take()).toBe(0);
    expect(world.raw.received.map(({ type }) => type)).toEqual(["end"]);
    world.raw.carrier.cut();
  });

  it("is accepted at the end of the turn where its handler takes longer", async () => {
    const world = await gateway();
    world.hears(open(1, "wait", 1));
    await codeEnds();
    expect(world.messages.take()).toBe(0);
    await world.time.settle();
    expect(world.raw.received.map(({ type }) => type)).toEqual(["accept"]);
    world.raw.carrier.cut();
  });

  it("is taken back as soon as the code that cancels it is done", async () => {
    const world = await client();
    const leaving = new AbortController();
    world.session.call("wait", 1, { signal: leaving.signal }).catch(() => {});
    await world.time.settle();
    world.messages.take();
    leaving.abort();
    await codeEnds();
    expect(world.messages.take()).toBe(1);
    await world.time.settle();
    expect(world.raw.only("reset").code).toBe(1);
    world.raw.carrier.cut();
  });
});

describe("frames of several calls", () => {
  it("wait for the end of the turn, and leave together", async () => {
    const world = await client();
    calls(world, 31, 1);
    await codeEnds();
    // The first one was alone when it was made. What followed in the same code goes with it.
    expect(world.messages.take()).toBe(1);
    calls(world, 20, 1);
    await codeEnds();
    expect(world.messages.take()).toBe(0);
    await world.time.settle();
    expect(world.messages.take()).toBe(1);
    world.raw.carrier.cut();
  });

  it("leave in parts while the code that makes them still runs, each half as many as there are calls", async () => {
    const world = await client();
    calls(world, 1, 0);
    await world.time.settle();
    world.messages.take();
    const seen: number[] = [];
    for (let n = 1; n <= 200; n++) {
      calls(world, 1, n);
      await codeEnds();
      if (world.messages.take() === 1) seen.push(n);
    }
    expect(seen).toEqual([32, 64, 128]);
    await world.time.settle();
    expect(world.messages.take()).toBe(1);
    expect(world.raw.all("open").map(valueOf)).toEqual(Array.from({ length: 201 }, (_, n) => n));
    world.raw.carrier.cut();
  });

  it("leave at 64 KiB", async () => {
    const world = await client();
    calls(world, 1, 0);
    await world.time.settle();
    world.messages.take();
    const seen: number[] = [];
    for (let n = 1; n <= 9; n++) {
      calls(world, 1, "x".repeat(16_000));
      await codeEnds();
      if (world.messages.take() === 1) seen.push(n);
    }
    expect(seen).toEqual([5]);
    world.raw.carrier.cut();
    await world.time.settle();
  });

  it("leave in parts also where they are answers, while others are still awaited", async () => {
    const world = await gateway();
    const opens = Array.from({ length: 320 }, (_, n) => open(2 * n + 1, n < 280 ? "echo" : "wait", n));
    world.hears(...opens.slice(0, 128));
    world.hears(...opens.slice(128, 256));
    world.hears(...opens.slice(256));
    await codeEnds();
    expect(world.messages.take()).toBe(4);
    await world.time.settle();
    expect(world.messages.take()).toBe(1);
    expect(world.raw.all("end")).toHaveLength(280);
    expect(world.raw.all("accept").map(({ stream }) => stream)).toEqual(opens.slice(280).map(({ stream }) => stream));
    world.raw.carrier.cut();
  });

  it("leave together where they are items of one call", async () => {
    const world = await gateway();
    world.hears(open(1, "count", 20));
    await world.time.settle();
    expect(world.raw.all("data").map(({ body }) => JSON.parse(new TextDecoder().decode(body)))).toEqual(
      Array.from({ length: 20 }, (_, n) => n),
    );
    expect(world.messages.take()).toBeLessThanOrEqual(2);
    world.raw.carrier.cut();
  });
});

describe("what is heard", () => {
  it("keeps nobody awake where there is nothing to say", async () => {
    const world = await client();
    let deferred = 0;
    const { defer } = world.time;
    world.time.defer = (run) => {
      deferred += 1;
      defer.call(world.time, run);
    };
    world.carrier.arrive(world.raw.carriage.encode(world.raw.peerTag, [{ type: "pong", id: 1 }], 0));
    await codeEnds();
    expect(deferred).toBe(0);
    world.carrier.arrive(world.raw.carriage.encode(world.raw.peerTag, [{ type: "ping", id: 1 }], 0));
    expect(deferred).toBe(1);
    await world.time.settle();
    expect(world.raw.only("pong").id).toBe(1);
    world.raw.carrier.cut();
  });
});
