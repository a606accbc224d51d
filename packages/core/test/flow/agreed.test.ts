import { describe, expect, it } from "vitest";
import { CREDIT, DELIVERY, LIMIT_RANGES } from "../../src/limits.ts";
import { ClientUnderTest, GatewayUnderTest } from "../support/raw-worlds.ts";
import { RAW_LIMITS, RawEnd } from "../support/raw.ts";
import { virtualCarriers } from "../support/virtual-carrier.ts";
import { DELIVERING_LIMITS, ResumableGateway } from "../delivery/support/raw-resume.ts";
import { credit, pacedClient, pacedGateway, STATED, WINDOWS } from "./support/paced.ts";

const [least, most] = LIMIT_RANGES.streamCredit;

describe("credit", () => {
  it("is wished for by a client, which states its windows, whether or not it resumes", async () => {
    for (const resumes of [true, false]) {
      const { raw, time } = new ClientUnderTest({ resumes, clientLimits: WINDOWS });
      await time.settle();
      const { features, limits } = raw.only("hello");
      expect(features).toContain(CREDIT);
      expect(features.includes(DELIVERY)).toBe(resumes);
      expect(limits).toMatchObject(WINDOWS);
      expect(limits.replay === undefined).toBe(!resumes);
    }
  });

  it("is agreed on by a gateway that does not resume, and its windows are stated only there", async () => {
    const under = new GatewayUnderTest({ resumable: false, limits: WINDOWS });
    under.raw.say(under.raw.hello({ features: [CREDIT, DELIVERY], limits: { ...STATED, replay: 4_096 } }));
    await under.time.settle();
    expect(under.raw.only("welcome")).toMatchObject({ features: [CREDIT], limits: WINDOWS });

    const plain = new GatewayUnderTest({ limits: WINDOWS });
    plain.raw.say(plain.raw.hello());
    await plain.time.settle();
    expect(plain.raw.only("welcome").features).toEqual([]);
    expect(plain.raw.only("welcome").limits.streamCredit).toBeUndefined();
    expect(plain.raw.only("welcome").limits.channelCredit).toBeUndefined();
  });

  it.each([
    ["no window of a stream", { streamCredit: undefined }],
    ["a window of a stream that nothing goes through", { streamCredit: least - 1 }],
    ["a window of a stream that nobody has the memory for", { streamCredit: most + 1 }],
    ["no window of the channel", { channelCredit: undefined }],
    ["a window of the channel that nothing goes through", { channelCredit: least - 1 }],
    ["a window of the channel that nobody has the memory for", { channelCredit: most + 1 }],
  ])("is refused where a peer states %s", async (_, wrong) => {
    const under = new GatewayUnderTest();
    under.raw.say(under.raw.hello({ features: [CREDIT], limits: { ...STATED, ...wrong } }));
    await under.time.settle();
    expect(under.raw.only("refuse").message).toContain("[LIMIT-005]");

    const client = new ClientUnderTest();
    await client.time.settle();
    client.raw.say(client.raw.welcome({ features: [CREDIT], limits: { ...STATED, ...wrong } }));
    await client.time.settle();
    expect(client.raw.only("goaway")).toMatchObject({ requirement: "LIMIT-005" });
  });

  it("is no frame to send where it was not agreed on", async () => {
    const gateway = await GatewayUnderTest.open();
    expect(await gateway.say(credit(0, 1 << 20))).toMatchObject([{ type: "goaway", requirement: "FRAME-011" }]);
    const client = await ClientUnderTest.open();
    expect(await client.say(credit(0, 1 << 20))).toMatchObject([{ type: "goaway", requirement: "FRAME-011" }]);
  });
});

describe("a session that is resumed", () => {
  const limits = { ...DELIVERING_LIMITS, ...WINDOWS };

  it.each([
    ["another window of a stream", { limits: { ...limits, streamCredit: 16_384 } }],
    ["another window of the channel", { limits: { ...limits, channelCredit: 16_384 } }],
    ["no wish for credit", { features: [DELIVERY] }],
  ])("is another one where HELLO states %s", async (_, more) => {
    const gateway = new ResumableGateway({ limits: WINDOWS });
    const agreed = { features: [DELIVERY, CREDIT], limits };
    const line = await gateway.open(agreed);
    await gateway.cut(line);
    const again = await gateway.resume(line.welcome, 1, {}, { ...agreed, ...more });
    expect(again.welcome.resumedFrom).toBeUndefined();
    expect(again.welcome.notResumed).toContain("credit");
  });

  it("is none where WELCOME takes credit away", async () => {
    const features = [DELIVERY, CREDIT];
    const welcome = { limits: { ...RAW_LIMITS, ...WINDOWS, replay: 4_096 }, resumeToken: Uint8Array.of(1) };
    const under = await ClientUnderTest.open({ clientLimits: WINDOWS }, { features, ...welcome });
    under.carrier.cut();
    await under.time.settle();
    const carriers = virtualCarriers(under.time);
    const next = new RawEnd(carriers.gateway, 3);
    under.side.dial(carriers.client);
    await under.time.settle();
    next.say(next.welcome({ features: [DELIVERY], ...welcome, resumedFrom: 0 }));
    await under.time.settle();
    expect(next.only("goaway")).toMatchObject({ requirement: "RESUME-004" });
  });
});

describe("CREDIT", () => {
  it.each([
    ["goes back on the channel", credit(0, WINDOWS.channelCredit - 1), "FLOW-004"],
    ["names a stream that was never opened, of its own", credit(1, 1 << 20), "FLOW-004"],
    ["names a stream that was never opened, of the other side", credit(2, 1 << 20), "FLOW-004"],
  ])("ends the session where it %s", async (_, frame, requirement) => {
    const gateway = await pacedGateway();
    expect(await gateway.say(frame)).toMatchObject([{ type: "goaway", requirement }]);
    const client = await pacedClient();
    expect(await client.say(frame)).toMatchObject([{ type: "goaway", requirement }]);
  });

  it("may say what was said before, and the greatest limit there is, but none beyond it", async () => {
    const under = await pacedGateway();
    for (const limit of [WINDOWS.channelCredit, 1 << 20, 1 << 20, Number.MAX_SAFE_INTEGER]) {
      expect(await under.say(credit(0, limit))).toEqual([]);
    }
    // CREDIT [2^53]
    under.raw.sayOctets(0, 0, 10, 0x20, 0, 0, 0, 0, 0, 0x91, 0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0);
    await under.time.settle();
    expect(under.raw.only("goaway").requirement).toMatch(/^FRAME-/);
  });
});
