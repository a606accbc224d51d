import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineTools, memoryJournal, tool, TurnmuxError, type Interceptor } from "@turnmux/gateway";
import { nextSession, testGateway } from "./support/gateway.ts";
import { deviceTools, handle, tools } from "./support/tools.ts";

const alice = { principal: "alice", scopes: ["write"] } as const;

describe("openSession()", () => {
  test("gives the same session as a socket does: typed calls, untyped ones, items and the catalog", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    await using session = gateway.openSession(alice);
    const api = session.turn("turn-1").client(tools);
    expect(await api.job.add({ name: "plants" }, { key: "k" })).toEqual({ id: "k" });
    expect(await session.call("job.list", {})).toEqual(["plants"]);
    const counted: number[] = [];
    for await (const item of api.count({ to: 3 })) counted.push(item);
    expect(counted).toEqual([1, 2, 3]);
    expect((await session.catalog()).map(({ name }) => name)).toEqual(["echo", "hold", "job.add", "job.list", "count"]);
    expect([session.principal, session.scopes, session.state]).toEqual(["alice", ["write"], "ready"]);
  });

  test("keeps to scopes, and offers only what they allow", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    await using session = gateway.openSession({ principal: "bob", scopes: [] });
    const refused = session.client(tools).job.add({ name: "x" });
    await expect(refused).rejects.toMatchObject({ code: "permission_denied", outcome: "not_started" });
    expect([...session.offers.keys()]).toEqual(["echo", "hold", "job.list", "count"]);
  });

  test("checks arguments, with the paths that failed", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    await using session = gateway.openSession(alice);
    await expect(session.call("echo", { text: 7 })).rejects.toMatchObject({
      code: "invalid_argument",
      outcome: "not_started",
      details: { issues: [{ path: ["text"] }] },
    });
    await expect(session.call("no.such.tool")).rejects.toMatchObject({ code: "unimplemented" });
    await expect(session.call("echo", { text: new Date() })).rejects.toMatchObject({ code: "invalid_argument" });
  });

  test("keeps to deadlines, and tells the handler", async () => {
    const { gateway } = testGateway();
    const handlers = handle(gateway);
    await using session = gateway.openSession(alice);
    const call = session.client(tools).hold({}, { timeoutMs: 1_000 });
    const { call: held } = await handlers.held();
    await expect(call).rejects.toMatchObject({ code: "deadline_exceeded", outcome: "failed" });
    expect(held.signal.aborted).toBe(true);
    expect(held.deadlineMs).toBeLessThanOrEqual(1_000);
  });

  test("passes cancellation on to the handler, and its answer back", async () => {
    const { gateway } = testGateway();
    const handlers = handle(gateway);
    await using session = gateway.openSession(alice);
    const cancel = new AbortController();
    const call = session.client(tools).hold({}, { signal: cancel.signal });
    const { call: held } = await handlers.held();
    cancel.abort();
    await expect(call).rejects.toMatchObject({ code: "cancelled", outcome: "failed" });
    expect(held.signal.aborted).toBe(true);
  });

  test("shares no value that one side could change under the other", async () => {
    const { gateway } = testGateway();
    const shape = z.object({ list: z.array(z.number()), octets: z.instanceof(Uint8Array) });
    const mirror = defineTools({
      mirror: tool({
        description: "Gives back what it keeps",
        input: shape,
        output: shape,
        effect: "read",
        inputJsonSchema: { type: "object" },
        outputJsonSchema: { type: "object" },
      }),
    });
    const kept: z.infer<typeof shape>[] = [];
    gateway.implement(mirror, {
      mirror: (input) => {
        kept.push(input);
        return input;
      },
    });
    await using session = gateway.openSession(alice);
    const sent = { list: [1], octets: Uint8Array.of(1) };
    const promise = session.client(mirror).mirror(sent);
    sent.list.push(2);
    sent.octets[0] = 9;
    const got = await promise;
    expect(kept).toEqual([{ list: [1], octets: Uint8Array.of(1) }]);
    kept[0]?.list.push(3);
    if (kept[0]) kept[0].octets[0] = 7;
    expect(got).toEqual({ list: [1], octets: Uint8Array.of(1) });
  });

  test("takes the grant as it was: what the caller does to its array later changes nothing", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const scopes: string[] = [];
    await using session = gateway.openSession({ principal: "alice", scopes });
    scopes.push("write");
    await expect(session.client(tools).job.add({ name: "x" })).rejects.toMatchObject({ code: "permission_denied" });
    expect(session.scopes).toEqual([]);
  });

  test("is called by the gateway, too", async () => {
    const { gateway } = testGateway();
    const opened = nextSession(gateway);
    await using session = gateway.openSession(alice);
    session.implement(deviceTools, { device: { ring: ({ times }) => ({ rung: times }) } });
    const atGateway = await opened;
    expect([atGateway.id, atGateway.principal]).toEqual([session.id, "alice"]);
    expect(await atGateway.client(deviceTools).device.ring({ times: 3 })).toEqual({ rung: 3 });
  });

  test("implements `once` tools where it has a journal of its own, and is refused without [KEY-006]", async () => {
    const { gateway } = testGateway();
    const once = defineTools({
      pay: tool({ description: "Pays", input: z.object({}), output: z.string(), effect: "once" }),
    });
    await using without = gateway.openSession(alice);
    expect(() => without.implement(once, { pay: () => "paid" })).toThrow(/needs a journal.*\[KEY-006\]/);
    const opened = nextSession(gateway);
    await using session = gateway.openSession({ ...alice, journal: memoryJournal() });
    let paid = 0;
    session.implement(once, { pay: () => `paid ${++paid}` });
    const api = (await opened).client(once);
    expect([await api.pay({}, { key: "k" }), await api.pay({}, { key: "k" })]).toEqual(["paid 1", "paid 1"]);
  });

  test("has interceptors of its own side", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const seen: string[] = [];
    const watch: Interceptor = (call, next) => {
      seen.push(`${call.direction} ${call.tool}`);
      return next(call);
    };
    await using session = gateway.openSession({ ...alice, interceptors: [watch] });
    await session.client(tools).echo({ text: "x" });
    expect(seen).toEqual(["outgoing echo"]);
  });

  test("starts no call that its interceptor lets pass when the caller was told already that it is over", async () => {
    const { gateway } = testGateway();
    const ran: string[] = [];
    const notes = defineTools({ note: tool({ description: "Notes", input: z.string(), effect: "read" }) });
    gateway.implement(notes, { note: (text) => void ran.push(text) });
    const late = Promise.withResolvers<void>();
    const passed = Promise.withResolvers<unknown>();
    const patient: Interceptor = async (call, next) => {
      await late.promise;
      const result = next(call);
      result.catch(passed.resolve);
      return result;
    };
    await using session = gateway.openSession({ ...alice, interceptors: [patient] });
    const call = session.client(notes).note("x", { timeoutMs: 5 });
    await expect(call).rejects.toMatchObject({ code: "deadline_exceeded", outcome: "not_started" });
    late.resolve();
    expect(await passed.promise).toMatchObject({ code: "deadline_exceeded", outcome: "not_started" });
    expect(ran).toEqual([]);
  });

  test("keeps no process up for a handler that its tool keeps", async () => {
    const { gateway } = testGateway();
    const kept = defineTools({ kept: tool({ description: "Goes on", input: z.string(), effect: "once" }) });
    const began = Promise.withResolvers<void>();
    gateway.implement(kept, {
      kept: () => {
        began.resolve();
        return new Promise<never>(() => {});
      },
    });
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const session = gateway.openSession(alice);
    const call = session.client(kept).kept("x", { key: "k" });
    await began.promise;
    expect(timers()).toBeGreaterThan(before);
    await Promise.all([expect(call).rejects.toMatchObject({ outcome: "unknown" }), gateway.close()]);
    expect(timers()).toBeLessThanOrEqual(before);
    expect(() => gateway.listen({ port: 0, auth: [] })).toThrow(/closed: create another one/);
  });

  test("ends on both sides when either ends it", async () => {
    const { gateway } = testGateway();
    const opened = [nextSession(gateway)];
    const first = gateway.openSession(alice);
    await first.close("done here");
    expect(await (await opened[0])?.closed).toMatchObject({ message: "done here" });
    const next = nextSession(gateway);
    const second = gateway.openSession(alice);
    await (await next).close("done there");
    expect(await second.closed).toMatchObject({ message: "done there", byPeer: true });
    expect(gateway.sessions.size).toBe(0);
  });

  test("refuses what is no grant, one that has expired, and everybody once the gateway is closed", async () => {
    const { gateway } = testGateway();
    expect(() => gateway.openSession({ principal: "", scopes: [] })).toThrow(/principal/);
    expect(() => gateway.openSession({ ...alice, expiresAt: Date.now() - 1 })).toThrow(
      expect.objectContaining({ code: "unauthenticated" }),
    );
    await gateway.close("gone");
    const refused = (): unknown => gateway.openSession(alice);
    expect(refused).toThrow(TurnmuxError);
    expect(refused).toThrow(/gone/);
  });
});
