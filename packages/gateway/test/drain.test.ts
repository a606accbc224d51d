import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineTools, memoryJournal, tool, UsageError, type Journal } from "@turnmux/gateway";
import { connect, sharedToken } from "@turnmux/client";
import { connected, listening, nextSession, SECRET, testGateway } from "./support/gateway.ts";
import { attached, host, Inbox } from "./support/host.ts";
import { anybody, hello, RawClient } from "./support/raw.ts";
import { deviceTools, handle, tools } from "./support/tools.ts";

/** Resolves when the session hears that its peer drains. */
function draining(session: { addEventListener(type: "drain", listener: () => void): void }): Promise<void> {
  return new Promise((resolve) => session.addEventListener("drain", resolve));
}

describe("drain()", () => {
  test("lets calls that run finish, refuses further ones as not started, and then closes everything", async () => {
    const { gateway } = testGateway();
    const handlers = handle(gateway);
    const endpoint = await listening(gateway);
    const session = await connected(endpoint);
    const running = session.client(tools).hold({});
    const held = await handlers.held();
    const told = draining(session);
    const drained = gateway.drain({ retryAfterMs: 1_500, message: "a new version comes" });
    await told;
    await expect(session.client(tools).echo({ text: "late" })).rejects.toMatchObject({
      code: "unavailable",
      outcome: "not_started",
    });
    held.finish("in time");
    expect(await running).toBe("in time");
    expect(await drained).toEqual({ cutCalls: 0 });
    expect(await session.closed).toMatchObject({
      code: "unavailable",
      message: "a new version comes",
      retryAfterMs: 1_500,
    });
    expect(endpoint.address()).toBe(null);
    expect(gateway.stats()).toMatchObject({ sessions: 0, unauthenticated: 0 });
  });

  test("refuses new sessions meanwhile, with the reason and when to try again", async () => {
    const { gateway } = testGateway();
    const handlers = handle(gateway);
    const endpoint = await listening(gateway);
    const session = await connected(endpoint);
    const running = session.client(tools).hold({});
    const held = await handlers.held();
    const connection = await (await host())();
    gateway.attach(connection.server, { principal: "bob", scopes: [] });
    const early = await RawClient.open(endpoint.url);
    early.say(hello());
    expect(await early.next()).toMatchObject({ type: "challenge" });
    const drained = gateway.drain({ retryAfterMs: 1_500, message: "a new version comes" });
    const refusal = { code: 14, message: "a new version comes", retryAfterMs: 1_500 };
    expect(await early.next()).toMatchObject({ type: "refuse", ...refusal });
    const late = await RawClient.open(endpoint.url);
    late.say(hello());
    expect(await late.next()).toMatchObject({ type: "refuse", ...refusal });
    expect(await attached(connection.client).closed).toMatchObject({ cause: "refused", retryAfterMs: 1_500 });
    expect(() => gateway.openSession({ principal: "carol", scopes: [] })).toThrow(
      expect.objectContaining({ code: "unavailable", retryAfterMs: 1_500 }),
    );
    held.finish("done");
    await running;
    await drained;
  });

  test("cuts off what is not over when the grace is, and says how much", async () => {
    const { gateway } = testGateway();
    const handlers = handle(gateway);
    const session = await connected(await listening(gateway));
    const calls = [session.client(tools).hold({}), session.client(tools).hold({})];
    const held = [await handlers.held(0), await handlers.held(1)];
    const outcomes = Promise.allSettled(calls);
    expect(await gateway.drain({ graceMs: 10 })).toEqual({ cutCalls: 2 });
    for (const { call } of held) expect(call.signal.aborted).toBe(true);
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "unavailable", outcome: "unknown" } });
    }
  });

  test("drains sessions in process and calls of the gateway's own likewise", async () => {
    const { gateway } = testGateway();
    const handlers = handle(gateway);
    const opened = nextSession(gateway);
    const local = gateway.openSession({ principal: "local", scopes: [] });
    const ring = Promise.withResolvers<{ rung: number }>();
    local.implement(deviceTools, { device: { ring: () => ring.promise } });
    const outgoing = (await opened).client(deviceTools).device.ring({ times: 1 });
    const incoming = local.client(tools).hold({});
    const held = await handlers.held();
    const drained = gateway.drain();
    await draining(local);
    held.finish("done");
    expect(await incoming).toBe("done");
    expect(gateway.sessions.size).toBe(1);
    ring.resolve({ rung: 1 });
    expect(await outgoing).toEqual({ rung: 1 });
    expect(await drained).toEqual({ cutCalls: 0 });
    expect(await local.closed).toMatchObject({ code: "unavailable" });
  });

  test("waits for a handler that is kept although its caller has left", async () => {
    const { gateway } = testGateway();
    const kept = defineTools({
      tidy: tool({ description: "Tidies up", input: z.object({}), effect: "idempotent", whenSessionEnds: "keep" }),
    });
    const started = Promise.withResolvers<undefined>();
    const tidied = Promise.withResolvers<undefined>();
    gateway.implement(kept, {
      tidy: async () => {
        started.resolve(undefined);
        await tidied.promise;
      },
    });
    const session = gateway.openSession({ principal: "alice", scopes: [] });
    session
      .client(kept)
      .tidy()
      .catch(() => {});
    await started.promise;
    await session.close();
    let over = false;
    const drained = gateway.drain().then((report) => {
      over = true;
      return report;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([over, gateway.stats().running.handlers]).toEqual([false, 1]);
    tidied.resolve(undefined);
    expect(await drained).toEqual({ cutCalls: 0 });
  });

  test("waits for the journal to know how calls ended", async () => {
    const inner = memoryJournal();
    const recorded = Promise.withResolvers<undefined>();
    const endings: number[] = [];
    const slow: Journal = {
      name: "slow",
      durable: false,
      claim: (claims) => inner.claim(claims),
      settle: async (settlements) => {
        await recorded.promise;
        endings.push(...settlements.map(({ ending }) => ending.code));
        await inner.settle(settlements);
      },
      find: (queries) => inner.find(queries),
      close: () => inner.close(),
    };
    const { gateway } = testGateway({ journal: slow });
    handle(gateway);
    const session = gateway.openSession({ principal: "alice", scopes: ["write"] });
    await session.client(tools).job.add({ name: "x" }, { key: "k" });
    await session.close();
    let over = false;
    const drained = gateway.drain().then((report) => {
      over = true;
      return report;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(over).toBe(false);
    recorded.resolve(undefined);
    expect(await drained).toEqual({ cutCalls: 0 });
    expect(endings).toEqual([0]);
  });

  test("does not wait for a journal that takes no endings", async () => {
    const inner = memoryJournal();
    const full: Journal = {
      name: "full",
      durable: false,
      claim: (claims) => inner.claim(claims),
      settle: () => Promise.reject(new Error("the disk is full")),
      find: (queries) => inner.find(queries),
      close: () => inner.close(),
    };
    const { gateway } = testGateway({ journal: full });
    handle(gateway);
    const session = gateway.openSession({ principal: "alice", scopes: ["write"] });
    await session.client(tools).job.add({ name: "x" }, { key: "k" });
    await session.close();
    expect(await gateway.drain({ graceMs: 3_600_000 })).toEqual({ cutCalls: 0 });
  });

  test("says GOAWAY twice: that it takes no more calls, and when the last one is over; then it closes with 1001", async () => {
    const { gateway } = testGateway();
    const handlers = handle(gateway);
    const client = await RawClient.open((await listening(gateway, { auth: anybody })).url);
    const tag = await client.welcomed();
    const body = Buffer.from("{}");
    client.send(tag, [
      { type: "open", stream: 1, more: false, final: true, tool: "hold", callId: "c", content: 1, body },
    ]);
    const held = await handlers.held();
    expect(await client.next()).toMatchObject({ type: "accept", stream: 1 });
    const drained = gateway.drain({ message: "bye" });
    expect(await client.next()).toMatchObject({ type: "goaway", code: 0, lastStream: 1, message: "bye" });
    held.finish("done");
    expect(await client.next()).toMatchObject({ type: "end", stream: 1, code: 0 });
    expect(await client.next()).toMatchObject({ type: "goaway", code: 14, message: "bye" });
    expect((await client.closed).code).toBe(1001);
    await drained;
  });

  test("gives one report, however often it is asked for, and close() cuts it short", async () => {
    const { gateway } = testGateway();
    const handlers = handle(gateway);
    const session = await connected(await listening(gateway));
    session
      .client(tools)
      .hold({})
      .catch(() => {});
    await handlers.held();
    const [first, second] = [gateway.drain(), gateway.drain({ graceMs: 1 })];
    expect(second).toBe(first);
    await gateway.close();
    expect(await first).toEqual({ cutCalls: 1 });
    expect(() => gateway.drain({ graceMs: -1 })).toThrow(UsageError);
  });

  test("is over at once where there is nothing to drain", async () => {
    const { gateway } = testGateway();
    expect(await gateway.drain()).toEqual({ cutCalls: 0 });
  });
});

describe("close()", () => {
  test("closes sockets of endpoints with 1001, and cuts off what runs", async () => {
    const { gateway } = testGateway();
    const handlers = handle(gateway);
    const endpoint = await listening(gateway);
    const session = await connect(endpoint.url, { auth: sharedToken(SECRET), reconnect: false });
    const call = session.client(tools).hold({});
    call.catch(() => {});
    await handlers.held();
    await gateway.close("good night");
    await expect(call).rejects.toMatchObject({ code: "unavailable", outcome: "unknown" });
    expect(await session.closed).toMatchObject({ code: "unavailable", message: "good night" });
  });

  test("leaves a host's socket open, and keeps turnmux's messages from the host still", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const { server, client } = await (await host())();
    const attachment = gateway.attach(server, { principal: "alice", scopes: [] });
    const inbox = new Inbox(server);
    const first = attached(client);
    await first.catalog();
    await gateway.close("good night");
    expect(await first.closed).toMatchObject({ message: "good night" });
    const second = attached(client);
    expect(await second.closed).toMatchObject({ cause: "refused", code: "unavailable", message: "good night" });
    client.send("the host's");
    expect(await inbox.first(1)).toEqual(["the host's"]);
    expect(inbox.messages).toEqual(["the host's"]);
    attachment.detach();
    await attachment.closed;
  });

  test("does not wait for a host that never ends its message", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const { server, client } = await (await host())();
    gateway.attach(server, { principal: "alice", scopes: [] });
    await attached(client).catalog();
    server.send("never ", { fin: false });
    await gateway.close();
    expect(gateway.sessions.size).toBe(0);
  });

  test("destroys the connection of a peer that does not answer the closing handshake", async () => {
    const { gateway } = testGateway();
    const endpoint = await listening(gateway);
    const silent = await RawClient.open(endpoint.url);
    // Reads nothing any more, and so never learns of the end.
    silent.ws.pause();
    await gateway.close();
    expect(gateway.stats().unauthenticated).toBe(0);
  });

  test("is what `await using` does", async () => {
    const { gateway } = testGateway();
    {
      await using scoped = gateway;
      scoped.openSession({ principal: "alice", scopes: [] });
      expect(gateway.sessions.size).toBe(1);
    }
    expect(gateway.sessions.size).toBe(0);
    const until = performance.now() + 300;
    while (performance.now() < until);
    expect(gateway.stats().lagMs).toBe(0);
  });
});
