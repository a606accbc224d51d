import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, type Limits } from "../../src/index.ts";
import { gate, kit, kitWorld, never, watch } from "../support/kit.ts";
import { GatewayUnderTest } from "../support/raw-worlds.ts";
import { cont, octets, open, reset } from "../support/raw.ts";

/** A gateway whose tool `look` runs until a test says so, and whatever it is told. */
async function gateway(limits: Partial<Limits>) {
  const under = await GatewayUnderTest.open({ limits });
  const { handler, open: finish, runs } = gate();
  under.side.registry.implement(kit, { look: handler, set: (input) => input, add: never, list: () => "none" });
  await under.time.settle();
  under.raw.take();
  return { under, finish, runs };
}

/** JSON of so many octets. */
const long = (length: number) => "x".repeat(length - 2);

const REFUSED = { type: "end", code: 8, outcome: 0, retryAfterMs: 1_000 };

describe("The arguments of calls that run", () => {
  it("are held up to a limit, and a call whose own are more is refused, with a time to try again [FLOW-012]", async () => {
    const { under, finish, runs } = await gateway({ heldArguments: 100_000 });
    // A caller that has as many calls as it may, each with as much as it may.
    for (let n = 0; n < 256; n++) under.raw.say(open(2 * n + 1, "look", long(10_000)));
    await under.time.settle();
    expect(runs()).toBe(10);
    const refused = under.raw.all("end");
    expect(refused).toHaveLength(246);
    for (const end of refused) expect(end).toMatchObject(REFUSED);
    expect(refused[0]?.message).toContain("heldArguments");
    expect(under.session.state).toBe("ready");
    expect(under.session.activeCalls.incoming).toBe(10);
    finish("done");
    await under.time.settle();
    expect(await under.say(open(601, "set", long(10_000)))).toMatchObject([{ type: "end", stream: 601, code: 0 }]);
  });

  it("do not keep calls from running whose own are short", async () => {
    const { under, runs } = await gateway({ heldArguments: 1_024, streams: 512 });
    await under.say(open(1, "look", long(15_000)), open(3, "look", long(1_025)));
    expect(under.raw.received.filter(({ type }) => type === "end")).toMatchObject([{ ...REFUSED, stream: 3 }]);
    for (let n = 2; n < 300; n++) under.raw.say(open(2 * n + 1, "look", long(1_024)));
    await under.time.settle();
    expect(runs()).toBe(299);
    expect(under.raw.all("end")).toHaveLength(1);
  });

  it("count with the meta of their call, which runs on for nobody as well", async () => {
    const { under, finish, runs } = await gateway({ heldArguments: 100_000 });
    const meta = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`name ${n}`, "m".repeat(994)]));
    for (let n = 0; n < 200; n++) under.raw.say(open(2 * n + 1, "look", 1, { meta, deadlineMs: 10 }));
    await under.time.advance(1_000);
    expect(runs()).toBe(9);
    const refused = under.raw.all("end").filter(({ code }) => code === 8);
    expect(refused).toHaveLength(191);
    for (const end of refused) expect(end).toMatchObject(REFUSED);
    // A little of it is short.
    expect(await under.say(open(601, "set", 1, { meta: { note: "m".repeat(1_000) } }))).toMatchObject([{ code: 0 }]);
    expect(await under.say(open(603, "set", 1, { meta }))).toMatchObject([REFUSED]);
    finish("nobody hears it");
    await under.time.settle();
    expect(await under.say(open(605, "set", 1, { meta }))).toMatchObject([{ stream: 605, code: 0 }]);
  });

  it("are taken in any case where they are alone, since they are no more than was stated", async () => {
    const { under, runs } = await gateway({ heldArguments: 1_024 });
    await under.say(open(1, "set", long(16_000)), open(3, "look", long(16_000)), open(5, "set", long(16_000)));
    expect(under.raw.all("end")).toMatchObject([
      { stream: 1, code: 0 },
      { ...REFUSED, stream: 5 },
    ]);
    expect(runs()).toBe(1);
  });

  it("count where they came in several frames, once they are complete", async () => {
    const { under, runs } = await gateway({ heldArguments: 50_000 });
    const parts = (stream: number) => [
      open(stream, "look", null, { more: true, body: octets(`"${"x".repeat(15_000)}`) }),
      cont(stream, octets("x".repeat(15_000)), false),
      cont(stream, octets('"'), true),
    ];
    await under.say(...parts(1));
    expect(await under.say(...parts(3))).toMatchObject([{ ...REFUSED, stream: 3 }]);
    expect(await under.say(open(5, "set", long(15_000)))).toMatchObject([{ stream: 5, code: 0 }]);
    expect(runs()).toBe(1);
  });

  it("count until their handler has ended, also where it goes on for nobody", async () => {
    const { under, finish } = await gateway({ heldArguments: 10_000 });
    const late = { deadlineMs: 10 };
    await under.say(open(1, "look", long(5_000), late), open(3, "look", long(5_000)), reset(3, 4));
    await under.time.advance(1_000);
    expect(under.raw.all("end").map(({ stream, code }) => [stream, code])).toEqual([
      [3, 4],
      [1, 4],
    ]);
    expect(await under.say(open(5, "set", long(5_000)))).toMatchObject([REFUSED]);
    finish("nobody hears it");
    await under.time.settle();
    expect(await under.say(open(7, "set", long(5_000)))).toMatchObject([{ stream: 7, code: 0 }]);
  });

  it("are let go by calls that ended in whatever way, or never ran", async () => {
    const world = await kitWorld(
      { set: () => Promise.reject(new Error("fails")), look: (_input, { signal }) => whenAborted(signal) },
      { limits: { heldArguments: 20_000 }, overrides: { look: { maxConcurrent: 1 } } },
    );
    const input = long(15_000);
    const api = world.client.client(kit);
    for (let round = 0; round < 5; round++) {
      const leaving = new AbortController();
      const calls = [
        () => api.look(input, { signal: leaving.signal }),
        () => api.set(input),
        () => api.add(input, { key: "the same" }),
        () => world.client.call("nothing", input),
      ];
      for (const call of calls) {
        const watched = watch(call());
        await world.time.settle();
        leaving.abort();
        await world.time.settle();
        expect(watched.said).not.toContain("resource_exhausted");
        expect(watched.said).not.toBe("pending");
      }
    }
  });

  it("are not decoded, or checked against their contract, where there is no room for them", async () => {
    let looks = 0;
    const under = await GatewayUnderTest.open({ limits: { heldArguments: 10_000 } });
    const input = z.string().refine(() => {
      looks += 1;
      return true;
    });
    const tools = defineTools({
      wait: tool({ description: "Waits", input, output: z.unknown(), effect: "read" }),
    });
    under.side.registry.implement(tools, { wait: never });
    await under.time.settle();
    await under.say(open(1, "wait", long(8_000)), open(3, "wait", long(8_000)));
    expect(under.raw.all("end")).toMatchObject([{ ...REFUSED, stream: 3 }]);
    expect(looks).toBe(1);
  });

  it("keep nothing of the message that they came in", async () => {
    const held: unknown[] = [];
    const under = await GatewayUnderTest.open({});
    under.side.registry.implement(kit, {
      look: (input) => {
        held.push(input);
        return never();
      },
      set: never,
      add: never,
      list: () => "none",
    });
    await under.time.settle();
    const short = { content: 4, body: Uint8Array.of(1, 2, 3) };
    await under.say(open(1, "look", 0, short), open(3, "unheard of", long(60_000)));
    const [input] = held;
    if (!(input instanceof Uint8Array)) throw new Error("no octets came");
    expect([...input]).toEqual([1, 2, 3]);
    expect(input.buffer.byteLength).toBeLessThan(100);
  });
});

/** Resolves once the signal is aborted. */
function whenAborted(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve("stopped"));
  });
}
