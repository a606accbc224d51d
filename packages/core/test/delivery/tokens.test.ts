import { describe, expect, it } from "vitest";
import { gate, kit, never, watch, type KitHandlers } from "../support/kit.ts";
import { goaway, octets, offer, ok, open, valueOf } from "../support/raw.ts";
import type { ResumeRequest, WelcomeFrame } from "../../src/wire/frame.ts";
import { ping, requestOf, ResumableGateway, types } from "./support/raw-resume.ts";

const handlers: KitHandlers = { look: (input) => input, set: () => never(), add: (input) => input, list: () => "none" };

function bench(more: Partial<KitHandlers> = {}): ResumableGateway {
  const gateway = new ResumableGateway();
  gateway.side.registry.implement(kit, { ...handlers, ...more });
  return gateway;
}

/** What a WELCOME says of the session that was asked for. */
function said({ sessionId, resumedFrom, notResumed }: WelcomeFrame): Partial<WelcomeFrame> {
  return { sessionId, resumedFrom, notResumed };
}

const OLD_TOKEN = "the resume token is not the session's latest one";

describe("A resume token", () => {
  it("comes with each WELCOME, has 256 bits, and is another one each time", async () => {
    const gateway = bench();
    let line = await gateway.open();
    const tokens = [line.welcome.resumeToken];
    for (let round = 0; round < 4; round++) {
      await gateway.cut(line);
      line = await gateway.resume(line.welcome, 1);
      tokens.push(line.welcome.resumeToken);
    }
    expect(tokens.map((token) => token?.length)).toEqual([32, 32, 32, 32, 32]);
    expect(new Set(tokens.map(String)).size).toBe(5);
  });

  it("comes with no WELCOME where delivery was not agreed on", async () => {
    const gateway = bench();
    const { raw } = await gateway.hello({ features: [] });
    expect(raw.only("welcome")).toMatchObject({ features: [], resumeToken: undefined });
  });

  it("is still good after a WELCOME with its successor that was lost on the way, however often that happens", async () => {
    const gateway = bench();
    const first = await gateway.open();
    await gateway.cut(first);
    for (let round = 0; round < 6; round++) {
      // Nothing is said behind this WELCOME: for all that the gateway knows, it never came.
      const lost = await gateway.resume(first.welcome, 1);
      expect(said(lost.welcome)).toEqual({ sessionId: first.welcome.sessionId, resumedFrom: 0 });
      await gateway.cut(lost);
    }
    expect(gateway.side.resumable.parked).toBe(1);
  });

  it("is still good after a WELCOME for which the client did not wait, and said so", async () => {
    const gateway = bench();
    const first = await gateway.open();
    await gateway.cut(first);
    const late = await gateway.resume(first.welcome, 1);
    await gateway.say(late, goaway(15));
    expect(gateway.side.resumable.parked).toBe(1);
    const second = await gateway.resume(first.welcome, 1);
    expect(said(second.welcome)).toEqual({ sessionId: first.welcome.sessionId, resumedFrom: 0 });
  });

  it("and its successor are both good until then: the client knows which of them it has", async () => {
    const gateway = bench();
    const first = await gateway.open();
    await gateway.cut(first);
    const second = await gateway.resume(first.welcome, 1);
    await gateway.cut(second);
    const third = await gateway.resume(second.welcome, 1);
    expect(third.welcome.resumedFrom).toBe(0);
    await gateway.cut(third);
    // The first one was followed by one that was used.
    const fourth = await gateway.resume(first.welcome, 1);
    expect(fourth.welcome.notResumed).toBe(OLD_TOKEN);
  });

  it("is useless once anything has come behind the WELCOME with its successor; the session stays", async () => {
    const gateway = bench();
    const first = await gateway.open();
    await gateway.cut(first);
    const second = await gateway.resume(first.welcome, 1);
    await gateway.say(second, ping());
    await gateway.cut(second);
    const late = await gateway.resume(first.welcome, 1);
    expect(said(late.welcome)).toEqual({
      sessionId: expect.not.stringMatching(`^${first.welcome.sessionId}$`),
      notResumed: OLD_TOKEN,
    });
    const third = await gateway.resume(second.welcome, 1);
    expect(said(third.welcome)).toEqual({ sessionId: first.welcome.sessionId, resumedFrom: 0 });
  });

  it.each<[string, (request: ResumeRequest) => Uint8Array]>([
    ["is another one", () => new Uint8Array(32)],
    ["lacks an octet", ({ token }) => token.subarray(1)],
    ["has an octet more", ({ token }) => Uint8Array.of(...token, 0)],
    ["differs in one bit", ({ token }) => token.map((octet, at) => (at === 31 ? octet ^ 1 : octet))],
    ["is empty", () => new Uint8Array(0)],
  ])("that %s resumes nothing, and leaves the session as it is", async (_how, change) => {
    const gateway = bench();
    const first = await gateway.open();
    const token = change(requestOf(first.welcome, 1));
    const thief = await gateway.resume(first.welcome, 1, { token });
    expect(thief.welcome.notResumed).toBe(OLD_TOKEN);
    expect(types(await gateway.say(first, ping()))).toEqual(["pong"]);
  });

  it("of a session whose WELCOME nobody has answered is worth nothing after the connection", async () => {
    const gateway = bench();
    const line = await gateway.hello();
    const welcome = line.raw.only("welcome");
    await gateway.cut(line);
    expect(gateway.side.resumable.parked).toBe(0);
    const again = await gateway.resume(welcome, 1);
    expect(again.welcome.notResumed).toContain("the session is over");
  });
});

describe("A session that is resumed while its former connection stands", () => {
  it("is taken over: the former one hears GOAWAY aborted, and nothing else ever", async () => {
    const gateway = bench();
    const first = await gateway.open();
    first.raw.take();
    const second = await gateway.resume(first.welcome, 1);
    expect(second.welcome.resumedFrom).toBe(0);
    expect(first.raw.only("goaway")).toMatchObject({ code: 10, message: expect.stringContaining("taken over") });
    first.raw.take();
    const { session } = gateway.side.latest;
    const [answer] = await gateway.say(second, open(1, "look", "here"));
    expect(answer).toMatchObject({ type: "end", stream: 1 });
    expect(first.raw.received).toEqual([]);
    expect(session.state).toBe("ready");
    expect(gateway.side.resumable.parked).toBe(0);
  });

  it("takes and counts nothing that still arrives on the former one", async () => {
    const { handler, runs } = gate();
    const gateway = bench({ set: handler });
    const first = await gateway.open();
    await gateway.say(first, open(1, "look", "counted"));
    // OFFER and END.
    const second = await gateway.resume(first.welcome, 2);
    expect(second.welcome.resumedFrom).toBe(1);
    // Half open: this was under way for long.
    await gateway.say(first, open(3, "set", "late"), offer("late"));
    expect(runs()).toBe(0);
    const answers = await gateway.say(second, open(3, "look", "again"));
    expect(valueOf(answers.find(({ type }) => type === "end") as never)).toBe("again");
    await gateway.cut(second);
    const third = await gateway.resume(second.welcome, 3);
    expect(third.welcome.resumedFrom).toBe(2);
  });

  it("is not parked when the former one is lost at last, and its window does not run", async () => {
    const gateway = bench();
    const first = await gateway.open();
    // Its end cannot even be told.
    first.near.send = () => {};
    first.near.close = () => {};
    const second = await gateway.resume(first.welcome, 1);
    await gateway.cut(first);
    expect(gateway.side.resumable.parked).toBe(0);
    for (let minutes = 0; minutes < 20; minutes++) {
      second.raw.say(ping());
      await gateway.time.advance(15_000);
    }
    expect(gateway.side.latest.session.state).toBe("ready");
  });

  it("may be taken over time and again, and what is under way in it goes on", async () => {
    const gateway = bench();
    let line = await gateway.open({}, offer("help"));
    const { session } = gateway.side.latest;
    const call = watch(session.call("help", 1));
    for (let round = 0; round < 10; round++) {
      // OFFER has arrived; OPEN never does.
      line = await gateway.resume(line.welcome, 1);
      expect(line.raw.only("open").stream).toBe(2);
    }
    await gateway.say(line, ok(2, "helped"));
    expect([call.said, gateway.side.sessions.length]).toEqual(['ok: "helped"', 1]);
  });
});

describe("Counted frames before WELCOME", () => {
  it("are refused where HELLO asks to resume (HAND-006), and the session stays", async () => {
    const decision = Promise.withResolvers<{ principal: string; scopes: string[] } | undefined>();
    const decisions: Promise<{ principal: string; scopes: string[] } | undefined>[] = [
      Promise.resolve({ principal: "alice", scopes: [] }),
      decision.promise,
      Promise.resolve({ principal: "alice", scopes: [] }),
    ];
    const gateway = new ResumableGateway({
      admission: () => ({
        kind: "proof",
        audience: "gateway.example:443",
        methods: ["token"],
        verify: () => decisions.shift() ?? Promise.resolve(undefined),
      }),
    });
    gateway.side.registry.implement(kit, handlers);
    const first = await gateway.hello();
    await gateway.say(first, first.raw.proof());
    const welcome = first.raw.only("welcome");
    await gateway.say(first, ping());
    await gateway.cut(first);

    const early = await gateway.hello({ resume: requestOf(welcome, 1) });
    await gateway.say(early, early.raw.proof({ proof: octets("p") }));
    // What is not counted may come.
    await gateway.say(early, ping());
    expect(early.raw.all("refuse")).toEqual([]);
    await gateway.say(early, open(1, "look", 1));
    expect(early.raw.only("refuse")).toMatchObject({ code: 9, message: expect.stringContaining("[HAND-006]") });
    decision.resolve({ principal: "alice", scopes: [] });
    await gateway.time.settle();
    expect(gateway.side.resumable.parked).toBe(1);

    const third = await gateway.hello({ resume: requestOf(welcome, 1) });
    await gateway.say(third, third.raw.proof());
    expect(third.raw.only("welcome")).toMatchObject({ sessionId: welcome.sessionId, resumedFrom: 0 });
  });
});
