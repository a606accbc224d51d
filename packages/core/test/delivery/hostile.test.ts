/** Clients and gateways that lie about counts and tokens, or come back where they may not (DELIV, RESUME). */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, type Admission } from "../../src/index.ts";
import { REMEMBERED_ENDS } from "../../src/limits.ts";
import type { Frame, HelloFrame, ResumeRequest, WelcomeFrame } from "../../src/wire/frame.ts";
import { ClientUnderTest } from "../support/raw-worlds.ts";
import { offer, open, RAW_LIMITS, RawEnd } from "../support/raw.ts";
import { GatewaySide, type GatewaySideOptions } from "../support/sides.ts";
import { virtualCarriers, type VirtualCarrier } from "../support/virtual-carrier.ts";
import { VirtualTime } from "../support/virtual-time.ts";

const LIMITS = { ...RAW_LIMITS, replay: 1 << 20 };

const tools = defineTools({
  hold: tool({ description: "Holds until it is aborted", input: z.object({}), effect: "read" }),
});

/** A raw client on a carrier of its own. */
interface Visitor {
  readonly raw: RawEnd;
  readonly carrier: VirtualCarrier;
}

/** A gateway whose visitors are whoever the test says. */
class Gateway {
  readonly time = new VirtualTime();
  readonly side: GatewaySide;
  /** How many handlers have been started. */
  started = 0;
  principal = "alice";
  admission: Admission | undefined;
  #seed = 0;

  constructor(options: Omit<GatewaySideOptions, "admission"> = {}) {
    this.side = new GatewaySide(this.time, {
      ...options,
      admission: () => this.admission ?? { kind: "vouched", grant: { principal: this.principal, scopes: [] } },
    });
    this.side.registry.implement(tools, {
      hold: (_input, call) => {
        this.started += 1;
        return new Promise((_resolve, reject) => {
          call.signal.addEventListener("abort", () => reject(new Error("aborted")));
        });
      },
    });
  }

  /** Says HELLO on a new connection. */
  async visit(resume?: ResumeRequest, more: Partial<HelloFrame> = {}): Promise<Visitor> {
    const { client, gateway } = virtualCarriers(this.time);
    this.side.accept(gateway);
    this.#seed = (this.#seed + 1) % 0xa0;
    const raw = new RawEnd(client, this.#seed);
    raw.say(raw.hello({ features: ["delivery"], limits: LIMITS, resume, ...more }));
    await this.time.settle();
    return { raw, carrier: client };
  }

  /** A client that has a session, and is known to have it. */
  async enter(): Promise<Visitor & { readonly welcome: WelcomeFrame }> {
    const visitor = await this.visit();
    visitor.raw.say({ type: "ack", received: 1 });
    await this.time.settle();
    return { ...visitor, welcome: welcomeOf(visitor) };
  }

  async say(visitor: Visitor, ...frames: Frame[]): Promise<readonly Frame[]> {
    visitor.raw.take();
    visitor.raw.say(...frames);
    await this.time.settle();
    return visitor.raw.received;
  }

  async cut({ carrier }: Visitor): Promise<void> {
    carrier.cut();
    await this.time.settle();
  }
}

function welcomeOf({ raw }: Visitor): WelcomeFrame {
  return raw.only("welcome");
}

function resumeOf({ sessionId, resumeToken }: WelcomeFrame, received = 1): ResumeRequest {
  if (resumeToken === undefined) throw new Error("WELCOME has no token");
  return { sessionId, token: resumeToken, received };
}

describe("ACK", () => {
  it.each([
    ["tells of more than was sent", [2]],
    ["tells of far more than can be", [2 ** 53 - 1]],
    ["goes back", [0]],
  ])("that %s ends the session", async (_how, counts) => {
    const gateway = new Gateway();
    const client = await gateway.enter();
    const [answer] = await gateway.say(client, ...counts.map((received) => ({ type: "ack", received }) as const));
    expect(answer).toMatchObject({ type: "goaway", requirement: "DELIV-005" });
    expect(gateway.side.latest.session.state).toBe("closed");
    const back = await gateway.visit(resumeOf(client.welcome));
    expect(welcomeOf(back)).toMatchObject({ resumedFrom: undefined });
    expect(welcomeOf(back).sessionId).not.toBe(client.welcome.sessionId);
  });

  it("that is repeated a thousand times is no more than one", async () => {
    const gateway = new Gateway();
    const client = await gateway.enter();
    const answers = await gateway.say(
      client,
      ...Array.from({ length: 1_000 }, () => ({ type: "ack", received: 1 }) as const),
    );
    expect(answers).toEqual([]);
    expect(gateway.side.latest.session.state).toBe("ready");
  });
});

describe("Whoever asks for a session that is not theirs", () => {
  const wrong = (token: Uint8Array): Uint8Array => token.map((octet, index) => (index === 0 ? octet ^ 1 : octet));

  it.each([
    ["with a wrong token", (r: ResumeRequest) => ({ ...r, token: wrong(r.token) })],
    ["with a token that is cut short", (r: ResumeRequest) => ({ ...r, token: r.token.subarray(0, 15) })],
    ["with a token that is longer", (r: ResumeRequest) => ({ ...r, token: Uint8Array.of(...r.token, 0) })],
    ["with no token", (r: ResumeRequest) => ({ ...r, token: new Uint8Array(0) })],
  ])("%s gets another one, and the session goes on undisturbed", async (_how, change) => {
    const gateway = new Gateway();
    const client = await gateway.enter();
    await gateway.say(client, open(1, "hold", {}));
    const thief = await gateway.visit(change(resumeOf(client.welcome)));
    expect(welcomeOf(thief).notResumed).toContain("token");
    expect(welcomeOf(thief).sessionId).not.toBe(client.welcome.sessionId);
    expect(await gateway.say(client, { type: "ping", id: 4 })).toContainEqual(
      expect.objectContaining({ type: "pong", id: 4 }),
    );
    await gateway.cut(client);
    const back = await gateway.visit(resumeOf(client.welcome));
    expect(welcomeOf(back)).toMatchObject({ sessionId: client.welcome.sessionId, resumedFrom: 1 });
  });

  it("as another principal hears the same of it as of one that never was", async () => {
    const gateway = new Gateway();
    const client = await gateway.enter();
    gateway.principal = "mallory";
    const thief = await gateway.visit(resumeOf(client.welcome));
    const dreamer = await gateway.visit({ ...resumeOf(client.welcome), sessionId: "never was" });
    expect(welcomeOf(thief)).toMatchObject({ principal: "mallory", resumedFrom: undefined });
    expect(welcomeOf(thief).notResumed).toBe(welcomeOf(dreamer).notResumed);
    // Also once it is over.
    gateway.principal = "alice";
    await gateway.say(client, { type: "goaway", code: 1, lastStream: 0, message: "bye" });
    gateway.principal = "mallory";
    const later = await gateway.visit(resumeOf(client.welcome));
    expect(welcomeOf(later).notResumed).toBe(welcomeOf(dreamer).notResumed);
  });
});

describe("A token", () => {
  it("is void once its successor's channel was heard, and its use disturbs nobody", async () => {
    const gateway = new Gateway();
    const first = await gateway.enter();
    await gateway.cut(first);
    const second = await gateway.visit(resumeOf(first.welcome));
    await gateway.say(second, { type: "ack", received: 1 });
    const replayed = await gateway.visit(resumeOf(first.welcome));
    expect(welcomeOf(replayed).notResumed).toContain("token");
    expect(second.raw.all("goaway")).toEqual([]);
    expect(await gateway.say(second, { type: "ping", id: 4 })).toContainEqual(
      expect.objectContaining({ type: "pong" }),
    );
  });

  it("is good again and again while each WELCOME is lost on the way", async () => {
    const gateway = new Gateway();
    const first = await gateway.enter();
    await gateway.cut(first);
    for (let time = 0; time < 100; time += 1) {
      const lost = await gateway.visit(resumeOf(first.welcome));
      expect(welcomeOf(lost).sessionId).toBe(first.welcome.sessionId);
      await gateway.cut(lost);
    }
    expect(gateway.side.sessions).toHaveLength(1);
  });

  it("that two use at once leaves the session to one of them, and calls run once", async () => {
    const gateway = new Gateway();
    const first = await gateway.enter();
    await gateway.cut(first);
    const [one, other] = await Promise.all([
      gateway.visit(resumeOf(first.welcome)),
      gateway.visit(resumeOf(first.welcome)),
    ]);
    expect(one.raw.all("goaway")).toMatchObject([{ code: 10 }]);
    await gateway.say(other, { type: "ack", received: 1 }, open(1, "hold", {}));
    await gateway.say(one, open(1, "hold", {}));
    expect(gateway.started).toBe(1);
    expect(gateway.side.sessions).toHaveLength(1);
  });
});

describe("The former channel of a session that was taken over", () => {
  it("counts for nothing any more, whatever still arrives there", async () => {
    const gateway = new Gateway();
    const first = await gateway.enter();
    const second = await gateway.visit(resumeOf(first.welcome));
    expect(first.raw.all("goaway")).toMatchObject([{ code: 10 }]);
    await gateway.say(first, open(1, "hold", {}), { type: "ack", received: 77 });
    await gateway.say(first, { type: "goaway", code: 1, lastStream: 0, message: "bye" });
    expect(gateway.started).toBe(0);
    await gateway.cut(first);
    await gateway.say(second, open(1, "hold", {}));
    expect(gateway.started).toBe(1);
    expect(gateway.side.latest.session.state).toBe("ready");
  });
});

describe("HELLO that resumes", () => {
  it.each([
    ["more than was sent", 3],
    ["far more", 2 ** 53 - 1],
    ["less than was acknowledged", 0],
  ])("with a count of %s ends the session, and grants another", async (_what, received) => {
    const gateway = new Gateway();
    const client = await gateway.enter();
    await gateway.say(client, open(1, "hold", {}));
    await gateway.cut(client);
    const back = await gateway.visit(resumeOf(client.welcome, received));
    expect(welcomeOf(back).notResumed).toContain("RESUME-004");
    expect(gateway.side.sessions.map(({ session }) => session.state)).toEqual(["closed", "ready"]);
    expect(gateway.side.resumable.parked).toBe(0);
  });

  it("with other limits, or without the feature, gets another session, and this one is kept", async () => {
    const gateway = new Gateway();
    const client = await gateway.enter();
    await gateway.cut(client);
    for (const more of [{ limits: { ...LIMITS, message: 1_024 } }, { contents: [1] }, { features: [] }]) {
      const other = await gateway.visit(resumeOf(client.welcome), more);
      expect(welcomeOf(other).notResumed).toBeDefined();
    }
    expect(gateway.side.resumable.parked).toBe(1);
    expect(welcomeOf(await gateway.visit(resumeOf(client.welcome))).resumedFrom).toBe(0);
  });

  it("and is followed by calls before WELCOME is refused, and the session is kept", async () => {
    const gateway = new Gateway();
    const client = await gateway.enter();
    await gateway.cut(client);
    const granted = Promise.withResolvers<{ principal: string; scopes: string[] }>();
    const methods = ["token"];
    gateway.admission = { kind: "proof", audience: "gateway.example:443", methods, verify: () => granted.promise };
    const hasty = await gateway.visit(resumeOf(client.welcome));
    await gateway.say(hasty, hasty.raw.proof());
    await gateway.say(hasty, open(1, "hold", {}));
    granted.resolve({ principal: "alice", scopes: [] });
    await gateway.time.settle();
    expect(hasty.raw.all("welcome")).toEqual([]);
    expect(hasty.raw.only("refuse").message).toContain("HAND-006");
    expect(gateway.started).toBe(0);
    gateway.admission = undefined;
    const back = await gateway.visit(resumeOf(client.welcome));
    expect(welcomeOf(back).sessionId).toBe(client.welcome.sessionId);
  });

  it("and is refused by the proof leaves the session to who can prove it", async () => {
    const gateway = new Gateway();
    const client = await gateway.enter();
    const verify = (): Promise<undefined> => Promise.resolve(undefined);
    gateway.admission = { kind: "proof", audience: "gateway.example:443", methods: ["token"], verify };
    const thief = await gateway.visit(resumeOf(client.welcome));
    await gateway.say(thief, thief.raw.proof());
    expect(thief.raw.only("refuse")).toMatchObject({ code: 16 });
    expect(await gateway.say(client, { type: "ping", id: 4 })).toContainEqual(
      expect.objectContaining({ type: "pong", id: 4 }),
    );
  });

  it("again and again, while the session stands, loses and doubles nothing", async () => {
    const gateway = new Gateway();
    let { welcome, ...last }: Visitor & { readonly welcome: WelcomeFrame } = await gateway.enter();
    await gateway.say(last, open(1, "hold", {}));
    for (let time = 0; time < 500; time += 1) {
      last = await gateway.visit(resumeOf(welcome));
      welcome = welcomeOf(last);
      // Only a session's own client goes on to the next token.
      await gateway.say(last, { type: "ack", received: 1 });
    }
    expect(gateway.started).toBe(1);
    expect(gateway.side.sessions).toHaveLength(1);
    expect(gateway.side.latest.session.activeCalls).toEqual({ incoming: 1, outgoing: 0 });
    expect(gateway.time.pendingTimers).toBeLessThan(10);
  });
});

describe("A session that is over is not resumed, and its principal hears why:", () => {
  const END: readonly (readonly [how: string, end: (gateway: Gateway, client: Visitor) => unknown, why: string])[] = [
    ["closed by the client", (g, c) => g.say(c, { type: "goaway", code: 1, lastStream: 0, message: "bye" }), "bye"],
    ["closed by the gateway", (g) => g.side.latest.control.onClose?.("closed for today"), "closed for today"],
    ["revoked", (g) => g.side.latest.control.onRevoke?.("revoked by hand"), "revoked by hand"],
    ["a rule was broken", (g, c) => g.say(c, { type: "ack", received: 9 }), "ACK.received"],
    [
      "away for too long",
      async (g, c) => {
        await g.cut(c);
        await g.time.advance(121_000);
      },
      "120000 ms",
    ],
  ];

  it.each(END)("%s", async (_how, end, why) => {
    const gateway = new Gateway();
    const client = await gateway.enter();
    await end(gateway, client);
    await gateway.time.settle();
    const back = await gateway.visit(resumeOf(client.welcome));
    expect(welcomeOf(back).notResumed).toContain(why);
    expect(gateway.side.resumable.parked).toBe(0);
  });
});

describe("Sessions without a channel", () => {
  it("of many principals stay within the octets that the gateway gives them", async () => {
    const gateway = new Gateway({ limits: { parkedOctets: 1_048_576 } });
    for (let count = 0; count < 2_000; count += 1) {
      gateway.principal = `visitor ${count}`;
      await gateway.cut(await gateway.enter());
    }
    expect(gateway.side.resumable.parkedOctets).toBeLessThanOrEqual(1_048_576);
    // What a session costs beside its frames counts as well.
    expect(gateway.side.resumable.parked).toBe(64);
  });

  it("of one principal are limited, however many there were, and end with their handlers", async () => {
    const gateway = new Gateway({ limits: { parkedSessions: 10 } });
    for (let count = 0; count < 2_000; count += 1) {
      const client = await gateway.enter();
      await gateway.say(client, open(1, "hold", {}));
      await gateway.cut(client);
    }
    expect(gateway.side.resumable.parked).toBe(10);
    const alive = gateway.side.sessions.filter(({ session }) => session.state !== "closed");
    expect(alive).toHaveLength(10);
    expect(gateway.time.pendingTimers).toBeLessThanOrEqual(20);
  });

  it("that nobody ever spoke in are not kept", async () => {
    const gateway = new Gateway();
    for (let count = 0; count < 500; count += 1) await gateway.cut(await gateway.visit());
    expect(gateway.side.resumable.parked).toBe(0);
  });

  it("leave no more than a limited memory of their ends", async () => {
    const gateway = new Gateway({ limits: { parkedSessions: 0 } });
    const first = await gateway.enter();
    await gateway.cut(first);
    expect(welcomeOf(await gateway.visit(resumeOf(first.welcome))).notResumed).toContain("parkedSessions");
    for (let count = 0; count <= REMEMBERED_ENDS; count += 1) await gateway.cut(await gateway.enter());
    expect(welcomeOf(await gateway.visit(resumeOf(first.welcome))).notResumed).toContain("no such session");
  });
});

describe("A gateway that lies", () => {
  const token = new Uint8Array(16).fill(3);

  /** A client with a session, whose connection is cut, and that has said HELLO on the next one. */
  async function back(): Promise<{ readonly client: ClientUnderTest; readonly raw: RawEnd }> {
    const client = await ClientUnderTest.open({}, { features: ["delivery"], limits: LIMITS, resumeToken: token });
    await client.say(offer("hold"));
    const carriers = virtualCarriers(client.time);
    client.carrier.cut();
    await client.time.settle();
    const raw = new RawEnd(carriers.gateway, 3);
    client.side.dial(carriers.client);
    await client.time.settle();
    expect(raw.only("hello").resume).toMatchObject({ sessionId: "s", received: 1 });
    return { client, raw };
  }

  const right: Partial<WelcomeFrame> = { features: ["delivery"], limits: LIMITS, resumeToken: token };

  it.each([
    ["with more than was sent", { resumedFrom: 99 }],
    ["with other limits", { resumedFrom: 0, limits: { ...LIMITS, message: 1_024 } }],
    ["without a token", { resumedFrom: 0, resumeToken: undefined }],
    ["without the feature", { resumedFrom: 0, features: [] }],
    ["another session", { resumedFrom: 0, sessionId: "another" }],
  ])("and resumes %s is left with a reason", async (_how, lie) => {
    const { client, raw } = await back();
    raw.say(raw.welcome({ ...right, ...lie }));
    await client.time.settle();
    expect(client.side.ends.at(-1)).toMatchObject({ cause: "violation" });
    expect(client.session.state).toBe("closed");
  });

  it("and resumes a session that nobody asked for is left with a reason", async () => {
    const client = new ClientUnderTest();
    await client.time.settle();
    client.raw.say(client.raw.welcome({ ...right, resumedFrom: 0 }));
    await client.time.settle();
    expect(client.side.ends.at(-1)).toMatchObject({ cause: "violation" });
  });

  it("and agrees on delivery without a token is left with a reason", async () => {
    const client = new ClientUnderTest();
    await client.time.settle();
    client.raw.say(client.raw.welcome({ ...right, resumeToken: undefined }));
    await client.time.settle();
    expect(client.side.ends.at(-1)).toMatchObject({ cause: "violation" });
  });
});
