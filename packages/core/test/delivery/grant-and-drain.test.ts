import { describe, expect, it } from "vitest";
import type { Admission, Grant } from "../../src/index.ts";
import { gate, kit, never, watch, type KitHandlers } from "../support/kit.ts";
import { offer, ok, open, valueOf } from "../support/raw.ts";
import type { Frame, OfferFrame } from "../../src/wire/frame.ts";
import { ack, ping, ResumableGateway, types, type Welcomed } from "./support/raw-resume.ts";

const handlers: KitHandlers = { look: (input) => input, set: () => never(), add: () => "added", list: () => "none" };

interface Bench {
  readonly gateway: ResumableGateway;
  /** What the next admissions grant. */
  grant: Grant;
  closed: Extract<Admission, { kind: "closed" }> | undefined;
}

function bench(more: Partial<KitHandlers> = {}): Bench {
  const made: { grant: Grant; closed: Bench["closed"] } = {
    grant: { principal: "alice", scopes: [] },
    closed: undefined,
  };
  const gateway = new ResumableGateway({
    admission: () => ({ kind: "vouched", grant: made.grant }),
    closed: () => made.closed,
  });
  gateway.side.registry.implement(kit, { ...handlers, ...more });
  return Object.assign(made, { gateway });
}

function offered(frames: readonly Frame[]): string[][] {
  return frames
    .filter((frame): frame is OfferFrame => frame.type === "offer")
    .map(({ tools }) => tools.map(({ name }) => name).filter((name) => !name.startsWith("turnmux.")));
}

/** END of a stream. */
function endOf(frames: readonly Frame[], stream: number): Frame | undefined {
  return frames.find((frame) => frame.type === "end" && frame.stream === stream);
}

const now = 1_700_000_001_000;

describe("The grant with which a session is resumed", () => {
  it("counts from then on: an offer of more follows, and more may be called", async () => {
    const b = bench();
    const first = await b.gateway.open();
    expect(offered(first.raw.received)).toEqual([]);
    await b.gateway.cut(first);
    b.grant = { principal: "alice", scopes: ["write"] };
    const second = await b.gateway.resume(first.welcome, 1);
    expect(second.welcome.scopes).toEqual(["write"]);
    expect(offered(second.raw.received)).toEqual([["look", "set", "add", "list"]]);
    const frames = await b.gateway.say(second, open(1, "add", 1, { key: "k" }));
    expect(endOf(frames, 1)).toMatchObject({ code: 0 });
  });

  it("counts from then on: an offer of less follows, and what was taken away is denied; calls under way go on", async () => {
    const { handler, open: finish } = gate();
    const b = bench({ add: handler });
    b.grant = { principal: "alice", scopes: ["write"] };
    const first = await b.gateway.open();
    await b.gateway.say(first, open(1, "add", 1, { key: "k" }));
    await b.gateway.cut(first);
    b.grant = { principal: "alice", scopes: [] };
    // OFFER and ACCEPT.
    const second = await b.gateway.resume(first.welcome, 2);
    expect(offered(second.raw.received)).toEqual([["look", "set", "list"]]);
    const frames = await b.gateway.say(second, open(3, "add", 1, { key: "l" }));
    expect(endOf(frames, 3)).toMatchObject({ code: 7, outcome: 0 });
    finish("added");
    await b.gateway.time.settle();
    expect(endOf(second.raw.received, 1)).toMatchObject({ code: 0 });
  });

  it("with the same scopes, in whatever order, makes no further offer", async () => {
    const b = bench();
    b.grant = { principal: "alice", scopes: ["write", "read"] };
    const first = await b.gateway.open();
    await b.gateway.cut(first);
    b.grant = { principal: "alice", scopes: ["read", "write"] };
    const second = await b.gateway.resume(first.welcome, 1);
    expect(types(second.raw.received)).toEqual(["welcome"]);
  });

  it("may be over: then nobody is let in, and the session is as it was", async () => {
    const b = bench();
    const first = await b.gateway.open();
    await b.gateway.cut(first);
    b.grant = { principal: "alice", scopes: [], expiresAt: now - 1 };
    const late = await b.gateway.hello({
      resume: { sessionId: first.welcome.sessionId, token: first.welcome.resumeToken ?? new Uint8Array(), received: 1 },
    });
    expect(late.raw.only("refuse")).toMatchObject({ code: 16, message: "the grant has expired" });
    b.grant = { principal: "alice", scopes: [] };
    expect((await b.gateway.resume(first.welcome, 1)).welcome.resumedFrom).toBe(0);
  });

  it("sets when the session ends, in place of the one before", async () => {
    const b = bench();
    b.grant = { principal: "alice", scopes: [], expiresAt: now + 10_000 };
    const first = await b.gateway.open();
    await b.gateway.cut(first);
    b.grant = { principal: "alice", scopes: [], expiresAt: now + 30_000 };
    const second = await b.gateway.resume(first.welcome, 1);
    await b.gateway.time.advance(20_000);
    expect(b.gateway.side.latest.session.state).toBe("ready");
    second.raw.say(ping());
    await b.gateway.time.advance(10_000);
    expect(b.gateway.side.latest.session.state).toBe("closed");
    expect(second.raw.only("goaway")).toMatchObject({ code: 16, message: "the grant has expired" });
  });

  it("ends the session when it is over while there is no connection", async () => {
    const b = bench();
    b.grant = { principal: "alice", scopes: [], expiresAt: now + 10_000 };
    const first = await b.gateway.open();
    await b.gateway.cut(first);
    await b.gateway.time.advance(10_000);
    expect(b.gateway.side.latest.session.state).toBe("closed");
    b.grant = { principal: "alice", scopes: [] };
    expect((await b.gateway.resume(first.welcome, 1)).welcome.notResumed).toBe(
      "the session is over: the grant has expired",
    );
  });
});

describe("A gateway that drains", () => {
  /** A session with a call under way, without a connection. */
  async function underWay(b: Bench): Promise<Welcomed> {
    const line = await b.gateway.open({}, ping(), open(1, "look", 1));
    await b.gateway.cut(line);
    return line;
  }

  const CLOSED = { kind: "closed", message: "restarting", retryAfterMs: 700 } as const;

  it("lets clients resume, says so again, delivers what is under way, and ends the session when that is acknowledged", async () => {
    const { handler, open: finish } = gate();
    const b = bench({ look: handler });
    const first = await underWay(b);
    b.closed = CLOSED;
    b.gateway.side.resumable.drain("restarting", 700);
    // OFFER and ACCEPT.
    const second = await b.gateway.resume(first.welcome, 2);
    expect(second.welcome.resumedFrom).toBe(1);
    expect(second.raw.only("goaway")).toMatchObject({
      code: 0,
      lastStream: 1,
      message: "restarting",
      retryAfterMs: 700,
    });
    // It takes no further calls, and this one may be opened elsewhere.
    expect(endOf(await b.gateway.say(second, open(3, "look", 2)), 3)).toBeUndefined();
    second.raw.take();
    finish("done");
    await b.gateway.time.settle();
    const end = endOf(second.raw.received, 1);
    expect(end?.type === "end" ? valueOf(end) : undefined).toBe("done");
    expect([second.raw.all("goaway"), b.gateway.side.latest.session.state]).toEqual([[], "ready"]);
    await b.gateway.say(second, ack(3));
    expect(second.raw.only("goaway")).toMatchObject({ code: 14, retryAfterMs: 700 });
    expect(b.gateway.side.latest.session.state).toBe("closed");
  });

  it("says so again also where it had said so on the connection before", async () => {
    const { handler, open: finish } = gate();
    const b = bench({ look: handler });
    const first = await b.gateway.open({}, ping(), open(1, "look", 1));
    first.acceptor.drain("restarting", undefined);
    await b.gateway.time.settle();
    await b.gateway.cut(first);
    const second = await b.gateway.resume(first.welcome, 2);
    expect(second.raw.only("goaway")).toMatchObject({ code: 0, lastStream: 1 });
    finish("done");
    await b.gateway.time.settle();
    expect(endOf(second.raw.received, 1)).toMatchObject({ code: 0 });
  });

  it("delivers a result that came while there was no connection", async () => {
    const { handler, open: finish } = gate();
    const b = bench({ look: handler });
    const first = await underWay(b);
    finish("done");
    await b.gateway.time.settle();
    b.closed = CLOSED;
    b.gateway.side.resumable.drain("restarting", undefined);
    const second = await b.gateway.resume(first.welcome, 2);
    expect(endOf(second.raw.received, 1)).toMatchObject({ code: 0 });
  });

  it("delivers a result that was written, and of which nobody knows whether it came", async () => {
    const b = bench();
    const first = await b.gateway.open({}, ping(), open(1, "look", "result"));
    await b.gateway.cut(first);
    b.closed = CLOSED;
    b.gateway.side.resumable.drain("restarting", undefined);
    const second = await b.gateway.resume(first.welcome, 1);
    expect(endOf(second.raw.received, 1)).toMatchObject({ code: 0 });
    expect(second.raw.only("goaway").code).toBe(0);
    await b.gateway.say(second, ack(2));
    expect(second.raw.only("goaway").code).toBe(14);
  });

  it("ends a session whose last result arrived although its ACK did not", async () => {
    const b = bench();
    const first = await b.gateway.open({}, ping(), open(1, "look", "result"));
    await b.gateway.cut(first);
    b.gateway.side.resumable.drain("restarting", undefined);
    const second = await b.gateway.resume(first.welcome, 2);
    expect(second.raw.all("goaway").map(({ code }) => code)).toContain(14);
    expect(b.gateway.side.latest.session.state).toBe("closed");
  });

  it("ends a session with its last result still to be acknowledged neither sooner nor, with that, later", async () => {
    const { handler, open: finish } = gate();
    const b = bench({ look: handler });
    const first = await b.gateway.open({}, ping(), open(1, "look", 1));
    await b.gateway.say(first, ack(2));
    first.acceptor.drain("restarting", undefined);
    finish("done");
    await b.gateway.time.settle();
    expect(types(first.raw.received)).toEqual(["goaway", "end"]);
    await b.gateway.cut(first);
    expect(b.gateway.side.latest.session.state).toBe("reconnecting");
    const second = await b.gateway.resume(first.welcome, 2);
    expect(endOf(second.raw.received, 1)).toMatchObject({ code: 0 });
    await b.gateway.say(second, ack(3));
    expect(b.gateway.side.latest.session.state).toBe("closed");
  });

  it("ends the sessions at once that have no connection and no call", async () => {
    const b = bench();
    const first = await b.gateway.open();
    await b.gateway.say(first, { type: "ack", received: 1 });
    await b.gateway.cut(first);
    b.gateway.side.resumable.drain("restarting", undefined);
    expect(b.gateway.side.latest.session.state).toBe("closed");
    expect(b.gateway.side.resumable.parked).toBe(0);
  });

  it("waits for the client's help with calls of its own that are under way", async () => {
    const b = bench({
      look: async () => `helped: ${String(await b.gateway.side.latest.session.call("help", 1))}`,
    });
    const first = await b.gateway.open({}, offer("help"), open(1, "look", 1));
    expect(first.raw.only("open").stream).toBe(2);
    await b.gateway.cut(first);
    b.gateway.side.resumable.drain("restarting", undefined);
    const second = await b.gateway.resume(first.welcome, 3);
    const frames = await b.gateway.say(second, ok(2, "yes"));
    const end = endOf(frames, 1);
    expect(end?.type === "end" ? valueOf(end) : undefined).toBe("helped: yes");
  });

  it("grants no new session in place of one that cannot be resumed, and says when to come back", async () => {
    const b = bench();
    const first = await underWay(b);
    b.closed = CLOSED;
    const late = await b.gateway.hello({
      resume: { sessionId: first.welcome.sessionId, token: new Uint8Array(32), received: 0 },
    });
    expect(late.raw.only("refuse")).toMatchObject({ code: 14, message: "restarting", retryAfterMs: 700 });
    expect(b.gateway.side.resumable.parked).toBe(1);
    const fresh = await b.gateway.hello();
    expect(fresh.raw.only("refuse")).toMatchObject({ code: 14 });
  });

  it("and then closes ends what has no connection, and its calls", async () => {
    const b = bench({ set: () => never() });
    const first = await b.gateway.open({}, ping(), open(1, "set", 1));
    const { session } = b.gateway.side.latest;
    const call = watch(session.call("help", 1));
    await b.gateway.time.settle();
    await b.gateway.cut(first);
    b.gateway.side.resumable.close("the gateway was closed");
    await b.gateway.time.settle();
    expect([session.state, call.said, session.activeCalls]).toEqual([
      "closed",
      "cancelled, unknown",
      { outgoing: 0, incoming: 0 },
    ]);
  });
});
