import { describe, expect, it } from "vitest";
import type { Admission, BaseToolCall, Effect } from "../../src/index.ts";
import { kit, never, type KitHandlers } from "../support/kit.ts";
import { open } from "../support/raw.ts";
import { GatewaySide } from "../support/sides.ts";
import type { Frame, HelloFrame } from "../../src/wire/frame.ts";
import { DELIVERING_LIMITS, ping, ResumableGateway, type Welcomed } from "./support/raw-resume.ts";

const WINDOW_MS = 120_000;

const NO_SUCH =
  "no such session stands: the gateway has started anew, or the session was without a connection for too long (120000 ms)";

/** A gateway with the kit, and what happened to its handlers. */
function bench(options: ConstructorParameters<typeof ResumableGateway>[0] = {}): {
  readonly gateway: ResumableGateway;
  readonly aborted: string[];
} {
  const gateway = new ResumableGateway({ scopes: ["write"], ...options });
  const aborted: string[] = [];
  const hold =
    (name: string) =>
    (_input: unknown, { signal }: BaseToolCall<Effect>): Promise<never> => {
      signal.addEventListener("abort", () => aborted.push(name));
      return never();
    };
  gateway.side.registry.implement(kit, { look: hold("look"), set: hold("set"), add: hold("add"), list: () => "none" });
  return { gateway, aborted };
}

/** A session that stood, and lost its connection. */
async function parked(gateway: ResumableGateway, ...frames: Frame[]): Promise<Welcomed> {
  const line = await gateway.open({}, ping(), ...frames);
  await gateway.cut(line);
  return line;
}

describe("A session without a connection", () => {
  it("is kept for two minutes, with its handlers; then it ends, and they as their tools say", async () => {
    const { gateway, aborted } = bench();
    const calls = [open(1, "look", 1), open(3, "set", 1), open(5, "add", 1, { key: "k" })];
    await parked(gateway, ...calls);
    const { session } = gateway.side.latest;
    await gateway.time.advance(WINDOW_MS - 1);
    expect([session.state, session.activeCalls.incoming, aborted]).toEqual(["reconnecting", 3, []]);
    await gateway.time.advance(1);
    expect([session.state, session.activeCalls.incoming, aborted]).toEqual(["closed", 0, ["look", "set"]]);
    expect(await session.closed).toMatchObject({ cause: "lost", code: "unavailable" });
    expect([gateway.side.resumable.parked, gateway.side.resumable.parkedOctets]).toEqual([0, 0]);
  });

  it("may be resumed in the last millisecond, and has two minutes again after that", async () => {
    const { gateway } = bench();
    const first = await parked(gateway);
    await gateway.time.advance(WINDOW_MS - 1);
    const second = await gateway.resume(first.welcome, 1);
    expect(second.welcome.resumedFrom).toBe(0);
    await gateway.say(second, ping());
    await gateway.cut(second);
    await gateway.time.advance(WINDOW_MS - 1);
    const third = await gateway.resume(second.welcome, 1);
    expect(third.welcome.resumedFrom).toBe(0);
  });

  it("is kept as long as resumeWindowMs says, and not at all where that is 0", async () => {
    const { gateway } = bench({ limits: { resumeWindowMs: 500 } });
    await parked(gateway);
    await gateway.time.advance(499);
    expect(gateway.side.latest.session.state).toBe("reconnecting");
    await gateway.time.advance(1);
    expect(gateway.side.latest.session.state).toBe("closed");

    const none = bench({ limits: { resumeWindowMs: 0 } }).gateway;
    const line = await none.hello();
    expect(line.raw.only("welcome")).toMatchObject({ features: [], resumeToken: undefined });
    await none.cut(line);
    expect(none.side.latest.session.state).toBe("closed");
  });
});

describe("A client whose session is not resumed hears why in WELCOME, and gets another one,", () => {
  /** Asks to resume the session. */
  async function why(
    gateway: ResumableGateway,
    before: Welcomed,
    more: Partial<HelloFrame> = {},
  ): Promise<string | undefined> {
    const { welcome } = await gateway.resume(before.welcome, 1, {}, more);
    expect(welcome.sessionId).not.toBe(before.welcome.sessionId);
    expect(welcome.resumedFrom).toBeUndefined();
    return welcome.notResumed;
  }

  it("when the window is over", async () => {
    const { gateway } = bench();
    const before = await parked(gateway);
    await gateway.time.advance(WINDOW_MS);
    expect(await why(gateway, before)).toBe(
      "the session is over: the session was without a connection for more than 120000 ms",
    );
  });

  it("when the gateway has started anew", async () => {
    const { gateway } = bench();
    const before = await parked(gateway);
    gateway.side = new GatewaySide(gateway.time);
    expect(await why(gateway, before)).toBe(NO_SUCH);
  });

  it("when its session was closed at the gateway meanwhile", async () => {
    const { gateway } = bench();
    const before = await parked(gateway);
    await gateway.side.latest.session.close("enough");
    expect(await why(gateway, before)).toBe("the session is over: enough");
  });

  it("when its session was closed while it had a connection", async () => {
    const { gateway } = bench();
    const before = await gateway.open();
    await gateway.say(before, { type: "goaway", code: 1, lastStream: 0, message: "bye" });
    expect(await why(gateway, before)).toBe("the session is over: bye");
  });

  it("when it states other limits", async () => {
    const { gateway } = bench();
    const before = await parked(gateway);
    const limits = { ...DELIVERING_LIMITS, streams: 255 };
    expect(await why(gateway, before, { limits })).toContain("HELLO states other limits or contents");
    expect((await gateway.resume(before.welcome, 1)).welcome.resumedFrom).toBe(0);
  });

  it.each([
    ["more contents", [1, 2, 3, 4, 5]],
    ["fewer contents", [1, 3, 4]],
    ["others", [1, 2, 3, 5]],
  ])("when it states %s", async (_which, contents) => {
    const { gateway } = bench();
    const before = await parked(gateway);
    expect(await why(gateway, before, { contents })).toContain("HELLO states other limits or contents");
  });

  it("when it does not ask for delivery", async () => {
    const { gateway } = bench();
    const before = await parked(gateway);
    expect(await why(gateway, before, { features: [] })).toBe("HELLO does not ask for the feature delivery");
    expect(gateway.side.resumable.parked).toBe(1);
  });

  it("when this gateway resumes none", async () => {
    const { gateway } = bench({ limits: { resumeWindowMs: 0 } });
    const before = await parked(gateway);
    expect(await why(gateway, before)).toContain("HELLO does not ask for the feature delivery");
    const other = new ResumableGateway({ resumable: false });
    const first = await other.open();
    await other.cut(first);
    expect(await why(other, first)).toBe("this gateway does not resume sessions");
  });
});

describe("Whoever asks for the session of another principal", () => {
  async function asOther(
    happens: (gateway: ResumableGateway, line: Welcomed) => Promise<void>,
  ): Promise<string | undefined> {
    let principal = "alice";
    const admission = (): Admission => ({ kind: "vouched", grant: { principal, scopes: [] } });
    const { gateway } = bench({ admission });
    const line = await gateway.open();
    await happens(gateway, line);
    principal = "mallory";
    const { welcome } = await gateway.resume(line.welcome, 1);
    expect(welcome).toMatchObject({ principal: "mallory", resumedFrom: undefined });
    return welcome.notResumed;
  }

  it("is told the same, whether there is such a session or not: nothing of it", async () => {
    const answers = [
      await asOther(async () => {}),
      await asOther((gateway, line) => gateway.cut(line)),
      await asOther(async (gateway) => {
        void gateway.side.latest.session.close("a secret reason");
        await gateway.time.settle();
      }),
      await asOther(async (gateway, line) => {
        await gateway.cut(line);
        await gateway.time.advance(WINDOW_MS);
      }),
      await asOther(async (gateway) => {
        gateway.side = new GatewaySide(gateway.time, {
          admission: { kind: "vouched", grant: { principal: "mallory", scopes: [] } },
        });
      }),
    ];
    expect(answers).toEqual(answers.map(() => NO_SUCH));
  });

  it("does it no harm, even with its token", async () => {
    let principal = "alice";
    const { gateway } = bench({ admission: () => ({ kind: "vouched", grant: { principal, scopes: [] } }) });
    const line = await gateway.open();
    principal = "mallory";
    await gateway.resume(line.welcome, 1);
    expect((await gateway.say(line, ping())).map(({ type }) => type)).toEqual(["pong"]);
    principal = "alice";
    expect((await gateway.resume(line.welcome, 1)).welcome.resumedFrom).toBe(0);
  });
});

describe("Sessions without a connection are kept within limits:", () => {
  it("so many for each principal, and the oldest one ends", async () => {
    let principal = "alice";
    const { gateway } = bench({
      limits: { parkedSessions: 2 },
      admission: () => ({ kind: "vouched", grant: { principal, scopes: [] } }),
    });
    const lines: Welcomed[] = [];
    for (const who of ["alice", "bob", "alice", "alice", "bob"]) {
      principal = who;
      lines.push(await parked(gateway));
    }
    const states = gateway.side.sessions.map(({ session }) => session.state);
    expect(states).toEqual(["closed", "reconnecting", "reconnecting", "reconnecting", "reconnecting"]);
    principal = "alice";
    const [first, , third] = lines;
    if (first === undefined || third === undefined) throw new Error("no sessions");
    expect((await gateway.resume(first.welcome, 1)).welcome.notResumed).toBe(
      "the session is over: its principal had more than 2 sessions without a connection (parkedSessions)",
    );
    expect((await gateway.resume(third.welcome, 1)).welcome.resumedFrom).toBe(0);
  });

  it("64 of one principal by default", async () => {
    const { gateway } = bench();
    for (let n = 0; n < 65; n++) await parked(gateway);
    expect(gateway.side.resumable.parked).toBe(64);
    expect(gateway.side.sessions.map(({ session }) => session.state).indexOf("reconnecting")).toBe(1);
  });

  it("so many octets for the gateway, also of what comes later, and the oldest one ends", async () => {
    const results: ((value: string) => void)[] = [];
    const gateway = new ResumableGateway({ limits: { parkedOctets: 150_000 } });
    const look: KitHandlers["look"] = () => new Promise((resolve) => results.push(resolve));
    gateway.side.registry.implement(kit, { look, set: never, add: never, list: () => "none" });
    for (let n = 0; n < 3; n++) {
      const line = await gateway.open({}, ping(), open(1, "look", n));
      await gateway.cut(line);
    }
    const states = (): string[] => gateway.side.sessions.map(({ session }) => session.state);
    const result = "x".repeat(40_000);
    results[1]?.(result);
    await gateway.time.settle();
    results[2]?.(result);
    await gateway.time.settle();
    expect(states()).toEqual(["reconnecting", "reconnecting", "reconnecting"]);
    expect(gateway.side.resumable.parkedOctets).toBeGreaterThan(128_000);
    results[0]?.(result);
    await gateway.time.settle();
    expect(states()).toEqual(["closed", "reconnecting", "reconnecting"]);
    expect(gateway.side.resumable.parkedOctets).toBeLessThan(150_000);
  });

  it("and what is resumed does not count any more", async () => {
    const { gateway } = bench({ limits: { parkedSessions: 1 } });
    const first = await parked(gateway);
    const back = await gateway.resume(first.welcome, 1);
    await parked(gateway);
    expect(gateway.side.sessions.map(({ session }) => session.state)).toEqual(["ready", "reconnecting"]);
    expect(gateway.side.resumable.parked).toBe(1);
    await gateway.say(back, ping());
  });
});
