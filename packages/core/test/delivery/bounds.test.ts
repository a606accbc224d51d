import { describe, expect, it } from "vitest";
import { ToolError, type Admission } from "../../src/index.ts";
import { kit, kitWorld, never, watch } from "../support/kit.ts";
import { offer, open } from "../support/raw.ts";
import { ack, ResumableGateway } from "./support/raw-resume.ts";

const still = { look: () => "x".repeat(1_000), set: never, add: never, list: () => "none" };

describe("A peer that never acknowledges", () => {
  it("makes its peer keep twice the limit at most, however many calls it opens, and gets the rest when it does [DELIV-004]", async () => {
    const gateway = new ResumableGateway({ limits: { replay: 8_192 } });
    gateway.side.registry.implement(kit, still);
    const line = await gateway.open();
    let ends = 0;
    for (let n = 0; n < 100; n++) {
      const frames = await gateway.say(line, open(2 * n + 1, "look", n));
      ends += frames.filter(({ type }) => type === "end").length;
    }
    expect(ends).toBeGreaterThan(6);
    expect(ends * 1_000).toBeLessThan(2 * 8_192);
    let told = 0;
    for (let rounds = 0; rounds < 100 && ends < 100; rounds++) {
      told = Math.max(told, 1 + ends);
      const frames = await gateway.say(line, ack(told));
      ends += frames.filter(({ type }) => type === "end").length;
    }
    expect(ends).toBe(100);
  });
});

describe("A peer that offers again and again", () => {
  it("is listened to once for all that came together", async () => {
    const gateway = new ResumableGateway();
    const line = await gateway.open();
    const heard: number[] = [];
    gateway.side.latest.session.addEventListener("offer", ({ detail }) => heard.push(detail.tools.size));
    await gateway.say(line, offer("a"), ...Array.from({ length: 500 }, (_, n) => ({ ...offer(`t${n}`), mode: 1 })));
    expect(heard).toEqual([501]);
  });
});

describe("Sessions without a connection", () => {
  it.each([
    ["complete", false],
    ["still arriving", true],
  ])("count the meta of calls whose arguments are %s", async (_, more) => {
    const gateway = new ResumableGateway({ limits: { parkedOctets: 200_000 } });
    gateway.side.registry.implement(kit, { ...still, look: never });
    const meta = Object.fromEntries(Array.from({ length: 30 }, (_value, n) => [`${n}`, "m".repeat(1_000)]));
    for (let n = 0; n < 5; n++) {
      const line = await gateway.open();
      for (const stream of [1, 3]) await gateway.say(line, open(stream, "look", 1, { meta, more, final: !more }));
      await gateway.cut(line);
    }
    const states = gateway.side.sessions.map(({ session }) => session.state);
    expect(states).toEqual(["closed", "closed", "closed", "reconnecting", "reconnecting"]);
  });

  it("end first where one principal holds most of them, and count what was sent to them", async () => {
    let principal = "alice";
    const admission = (): Admission => ({ kind: "vouched", grant: { principal, scopes: [] } });
    const gateway = new ResumableGateway({ admission, limits: { parkedOctets: 200_000 } });
    gateway.side.registry.implement(kit, { ...still, look: never });
    await gateway.cut(await gateway.open());
    principal = "mallory";
    for (let n = 0; n < 5; n++) {
      const line = await gateway.open();
      await gateway.say(line, open(1, "look", "x".repeat(15_000)), open(3, "look", "x".repeat(15_000)));
      await gateway.cut(line);
    }
    const [alice, ...mallory] = gateway.side.sessions.map(({ session }) => session.state);
    expect(alice).toBe("reconnecting");
    expect(mallory.filter((state) => state === "closed").length).toBeGreaterThan(0);
    expect(gateway.side.resumable.parkedOctets).toBeLessThanOrEqual(200_000);
  });
});

describe("A session that its application closes while it has no connection", () => {
  it("tells every call of that, also one of which items were read", async () => {
    const world = await kitWorld({
      list: async function* () {
        yield 1;
        await never();
        return "";
      },
    });
    const items: unknown[] = [];
    const reading = watch(
      (async () => {
        for await (const item of world.client.client(kit).list({})) items.push(item);
      })(),
    );
    const other = watch(world.client.client(kit).set(1));
    await world.time.settle();
    expect(items).toEqual([1]);
    world.clientCarrier.cut();
    await world.time.settle();
    await world.client.close();
    await world.time.settle();
    expect(reading.said).toBe("cancelled, unknown");
    expect(other.said).toBe("ok: 1");
  });
});

describe("A call that joined a run which is being broken off, and is cancelled itself,", () => {
  it("does not run when that leaves the key free", async () => {
    let runs = 0;
    const broken = Promise.withResolvers<never>();
    const world = await kitWorld({
      add: () => {
        runs += 1;
        return broken.promise;
      },
    });
    const api = world.client.client(kit);
    const first = watch(api.add(1, { key: "k", timeoutMs: 100 }));
    await world.time.advance(500);
    expect(first.said).toBe("deadline_exceeded, unknown");
    const leaving = new AbortController();
    const second = watch(api.add(1, { key: "k", signal: leaving.signal }));
    await world.time.settle();
    leaving.abort();
    await world.time.settle();
    broken.reject(new ToolError("aborted", "left"));
    await world.time.settle();
    expect(runs).toBe(1);
    expect(second.said).toMatch(/^(aborted|cancelled), /);
  });
});
