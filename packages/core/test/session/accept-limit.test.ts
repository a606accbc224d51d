import { describe, expect, it } from "vitest";
import { watch } from "../support/kit.ts";
import { ClientUnderTest } from "../support/raw-worlds.ts";

interface Called extends ClientUnderTest {
  readonly call: ReturnType<typeof watch>;
}

/** A call that waits for ACCEPT for a second, in a session with a gateway that says what the test says. */
async function called(timeoutMs = 60_000): Promise<Called> {
  const made = await ClientUnderTest.open();
  const call = watch(made.session.call("slow", 1, { acceptTimeoutMs: 1_000, timeoutMs }));
  await made.time.settle();
  return Object.assign(made, { call });
}

/** Answers the latest PING. */
async function answer({ raw, time }: ClientUnderTest, lagMs: number | undefined): Promise<void> {
  raw.say({ type: "pong", id: raw.all("ping").at(-1)?.id ?? 0, lagMs });
  await time.settle();
}

describe("a caller whose call is not accepted [CALL-019]", () => {
  it("asks the peer for a word when half of the limit is over", async () => {
    const { raw, time } = await called();
    await time.advance(499);
    expect(raw.all("ping")).toEqual([]);
    await time.advance(1);
    expect(raw.all("ping")).toHaveLength(1);
  });

  it("begins the limit anew, as often as the peer answers that it is busy, and has its result", async () => {
    const world = await called();
    const { raw, time, call } = world;
    for (let round = 0; round < 5; round++) {
      await time.advance(500);
      await answer(world, 5_000 + round);
      await time.advance(500);
      expect([call.said, raw.all("reset").length]).toEqual(["pending", 0]);
    }
    const { stream } = raw.only("open");
    raw.say({ type: "accept", stream, state: 0 });
    raw.say({
      type: "end",
      stream,
      more: false,
      final: true,
      code: 0,
      content: 1,
      body: new TextEncoder().encode("7"),
    });
    await time.settle();
    expect(call.said).toBe("ok: 7");
  });

  it("gives the call up at the end of the limit in which the peer says that it is busy no more", async () => {
    const world = await called();
    await world.time.advance(500);
    await answer(world, 400);
    await world.time.advance(1_000);
    await answer(world, 99);
    expect(world.raw.all("reset")).toEqual([]);
    await world.time.advance(500);
    expect(world.raw.only("reset").code).toBe(4);
  });

  it.each([0, 99, undefined])("gives the call up in time where the peer says that it is %s ms late", async (lagMs) => {
    const world = await called();
    await world.time.advance(500);
    await answer(world, lagMs);
    await world.time.advance(500 + world.side.limits.deadlineVerdictMs);
    expect(world.call.said).toBe("deadline_exceeded, unknown");
    expect(world.call.error?.message).toContain("not accepted within 1000 ms");
  });

  it("gives the call up in time where the peer says nothing, however busy it was before", async () => {
    const world = await called();
    await world.time.advance(100);
    world.raw.say({ type: "pong", id: 99, lagMs: 5_000 });
    await world.time.advance(900);
    expect(world.raw.only("reset").code).toBe(4);
  });

  it("has its deadline all the same", async () => {
    const world = await called(1_200);
    await world.time.advance(500);
    await answer(world, 5_000);
    await world.time.advance(699);
    expect(world.raw.all("reset")).toEqual([]);
    await world.time.advance(1);
    expect(world.raw.only("reset").code).toBe(4);
    await world.time.advance(world.side.limits.deadlineVerdictMs);
    expect(world.call.error?.message).toContain("the deadline is over");
  });

  it("takes a word in the ACCEPT of another call for an answer", async () => {
    const world = await called();
    const { raw, time } = world;
    void world.session.call("other", 1).catch(() => {});
    await time.advance(700);
    raw.say({ type: "accept", stream: raw.all("open").at(-1)?.stream ?? 0, state: 1, lagMs: 3_000 });
    await time.advance(300);
    expect([world.call.said, raw.all("reset").length]).toEqual(["pending", 0]);
  });

  it("asks once for all that wait, and not again before it was answered", async () => {
    const world = await called();
    const { raw, time, session } = world;
    const more = Array.from({ length: 200 }, () => watch(session.call("slow", 1, { acceptTimeoutMs: 1_000 })));
    await time.advance(500);
    for (let i = 0; i < 40; i++) {
      more.push(watch(session.call("slow", 1, { acceptTimeoutMs: 200 })));
      await time.advance(10);
    }
    expect(raw.all("ping")).toHaveLength(1);
    await answer(world, 5_000);
    more.push(watch(session.call("slow", 1, { acceptTimeoutMs: 20 })));
    await time.advance(20);
    // What it said a moment ago holds.
    expect([raw.all("ping").length, more.at(-1)?.said]).toEqual([2, "pending"]);
  });

  it("waits for half of the limit behind the question also where it was blocked itself before it could ask", async () => {
    const world = await called();
    const { time, raw } = world;
    // Nothing of this side ran meanwhile.
    time.now += 5_000;
    await time.advance(499);
    expect([raw.all("ping").length, raw.all("reset").length]).toEqual([1, 0]);
    await answer(world, 5_000);
    await time.advance(1);
    expect(world.call.said).toBe("pending");
  });
});
