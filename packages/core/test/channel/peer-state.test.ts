import { describe, expect, it } from "vitest";
import { ClientUnderTest } from "../support/raw-worlds.ts";

async function asked(heartbeatMs = 10_000): Promise<ClientUnderTest> {
  const made = await ClientUnderTest.open({}, { heartbeatMs });
  await made.time.advance(heartbeatMs);
  expect(made.raw.all("ping")).toHaveLength(1);
  return made;
}

async function pong({ raw, time }: ClientUnderTest, lagMs?: number): Promise<void> {
  raw.say({ type: "pong", id: raw.all("ping").at(-1)?.id ?? 0, lagMs });
  await time.settle();
}

describe("a client's view of its gateway", () => {
  it("is that it lives, from WELCOME on, and nothing before", async () => {
    const made = new ClientUnderTest();
    await made.time.settle();
    expect(made.dialer.peer).toBeUndefined();
    made.raw.say(made.raw.welcome());
    await made.time.settle();
    await made.time.advance(70);
    expect(made.dialer.peer).toEqual({ state: "alive", lagMs: undefined, silentMs: 70 });
  });

  it("is that it is busy where it says that it is late by a tenth of a second, and no more once it says less", async () => {
    const made = await asked();
    await pong(made, 100);
    expect(made.dialer.peer).toEqual({ state: "busy", lagMs: 100, silentMs: 0 });
    await made.time.advance(1_000);
    await pong(made, 99);
    expect(made.dialer.peer).toEqual({ state: "alive", lagMs: 99, silentMs: 0 });
  });

  it("hears it from ACCEPT as well", async () => {
    const made = await ClientUnderTest.open();
    void made.session.call("slow").catch(() => {});
    await made.time.settle();
    made.raw.say({ type: "accept", stream: made.raw.only("open").stream, state: 1, lagMs: 2_500 });
    await made.time.settle();
    expect(made.dialer.peer).toMatchObject({ state: "busy", lagMs: 2_500 });
  });

  it("is asked for a second after a call that it says nothing to, once, and sooner where it says anything [CHAN-010]", async () => {
    const made = await ClientUnderTest.open();
    void made.session.call("slow", 1, { timeoutMs: 20_000 }).catch(() => {});
    await made.time.settle();
    // It crosses with the call.
    made.raw.say({ type: "ping", id: 1 });
    await made.time.advance(999);
    expect(made.raw.all("ping")).toEqual([]);
    await made.time.advance(2_001);
    expect(made.raw.all("ping")).toHaveLength(1);
    expect(made.dialer.peer).toEqual({ state: "quiet", lagMs: undefined, silentMs: 3_000 });
    await pong(made);
    void made.session.call("slow", 2).catch(() => {});
    await made.time.advance(500);
    made.raw.say({ type: "accept", stream: made.raw.all("open").at(-1)?.stream ?? 0, state: 0 });
    await made.time.advance(10_000);
    expect(made.raw.all("ping")).toHaveLength(1);
    expect(made.dialer.peer?.state).toBe("alive");
  });

  it("is asked for anew each second while it is busy, and each heartbeat interval otherwise [CHAN-010]", async () => {
    const made = await asked();
    await pong(made, 500);
    for (let count = 2; count < 5; count++) {
      await made.time.advance(999);
      expect(made.raw.all("ping")).toHaveLength(count - 1);
      await made.time.advance(1);
      expect(made.raw.all("ping")).toHaveLength(count);
      await pong(made, count === 4 ? 0 : 500);
    }
    await made.time.advance(9_999);
    expect(made.raw.all("ping")).toHaveLength(4);
  });

  it("is that it is quiet a second after it was asked in vain, until it says anything", async () => {
    const made = await asked();
    await made.time.advance(999);
    expect(made.dialer.peer?.state).toBe("alive");
    await made.time.advance(1);
    expect(made.dialer.peer).toEqual({ state: "quiet", lagMs: undefined, silentMs: 11_000 });
    made.raw.say({ type: "ping", id: 1 });
    await made.time.settle();
    expect(made.dialer.peer).toMatchObject({ state: "alive", silentMs: 0 });
  });

  it("is that it is still busy where it was before it was quiet, until it says otherwise", async () => {
    const made = await asked();
    await pong(made, 500);
    await made.time.advance(2_000);
    expect(made.dialer.peer?.state).toBe("quiet");
    made.raw.say({ type: "ping", id: 1 });
    await made.time.settle();
    expect(made.dialer.peer?.state).toBe("busy");
  });

  it("is none once the channel is over", async () => {
    const made = await asked();
    made.raw.carrier.cut();
    await made.time.settle();
    expect(made.dialer.peer).toBeUndefined();
  });
});
