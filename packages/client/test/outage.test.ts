import { describe, expect, it } from "vitest";
import { connect, defineTools, type ConnectOptions } from "../src/index.ts";
import type { ClientSession } from "../src/client-session.ts";
import { TestGateway } from "./support/gateway.ts";
import { failureOf, gate, statesOf, until } from "./support/observe.ts";
import { tools, Workshop } from "./support/tools.ts";

const soon: ConnectOptions = { reconnect: { initialMs: 1, maxMs: 20 } };

interface Bench {
  readonly gateway: TestGateway;
  readonly workshop: Workshop;
  readonly session: ClientSession;
}

async function bench(options: ConnectOptions = soon, resumable: boolean = false): Promise<Bench> {
  const gateway = await TestGateway.listen({ resumable });
  const workshop = new Workshop();
  gateway.registry.implement(tools, workshop.handlers);
  return { gateway, workshop, session: await connect(gateway.url, options) };
}

/** The same port again, after the gateway was stopped. */
async function restart(before: TestGateway, workshop: Workshop): Promise<TestGateway> {
  const gateway = await TestGateway.listen({ server: { port: before.port } });
  gateway.registry.implement(tools, workshop.handlers);
  return gateway;
}

describe("When the connection is lost", () => {
  it("calls made during the outage wait, and are carried out after it, in order", async () => {
    const { gateway, workshop, session } = await bench();
    await using _ = session;
    const { states } = statesOf(session);
    await gateway.stop();
    await until(session, "reconnecting");
    const api = session.turn("t").client(tools);
    const calls = [api.echo("a"), api.job.add({ name: "b" }), api.echo("c")];
    const items: number[] = [];
    const counted = (async () => {
      for await (const item of api.count({ to: 3 })) items.push(item);
    })();
    workshop.release.open();
    const next = await restart(gateway, workshop);
    expect(await Promise.all(calls)).toEqual(["a", { id: "b-1" }, "c"]);
    await counted;
    expect(items).toEqual([1, 2, 3]);
    expect(states).toEqual(["reconnecting", "ready"]);
    expect(session.id).toBe(next.latest.session.id);
  });

  it("a call that waits takes its arguments as they were when it was made", async () => {
    const { gateway, workshop, session } = await bench();
    await using _ = session;
    await gateway.stop();
    await until(session, "reconnecting");
    const input = { name: "before" };
    const call = session.turn("t").client(tools).job.add(input);
    input.name = "after";
    workshop.release.open();
    await restart(gateway, workshop);
    expect(await call).toEqual({ id: "before-1" });
  });

  it.each([
    ["go on in the session, which is resumed", true],
    ["are opened again under their keys in a new session", false],
  ])("calls under way %s, and nothing runs twice", async (_how, resumable) => {
    const { gateway, workshop, session } = await bench(soon, resumable);
    await using _ = session;
    const { states } = statesOf(session);
    const first = session.id;
    const add = session.turn("t").client(tools).job.add;
    const before = add({ name: "a" }, { key: "turn-1/call-1" });
    await workshop.started.passed;
    gateway.cut();
    // Asked for once more by its key while there is no connection: that is the same call.
    const joined = gate();
    const again = add({ name: "a" }, { key: "turn-1/call-1", onAccept: () => joined.open() });
    await joined.passed;
    workshop.release.open();
    expect(await Promise.all([before, again])).toEqual([{ id: "a-1" }, { id: "a-1" }]);
    expect(workshop.added).toEqual(["a"]);
    expect(states).toEqual(["reconnecting", "ready"]);
    expect(session.id === first).toBe(resumable);
    expect(gateway.sessions).toHaveLength(resumable ? 1 : 2);
  });

  it("calls under way that no other connection follows end as unknown, and tell the model not to repeat a once tool", async () => {
    const { gateway, workshop, session } = await bench({ reconnect: false });
    const api = session.turn("t").client(tools);
    const held = failureOf(api.hold());
    const added = failureOf(api.job.add({ name: "a" }, { key: "turn-1/call-1" }));
    const counted = failureOf(
      (async () => {
        for await (const _item of api.count({ to: 1e9 })) await workshop.release.passed;
      })(),
    );
    await workshop.started.passed;
    await session.call("echo", "all of them have been sent");
    gateway.cut();
    expect(await held).toMatchObject({ code: "unavailable", outcome: "unknown", tool: "hold" });
    const error = await added;
    expect(error).toMatchObject({ code: "unavailable", outcome: "unknown", key: "turn-1/call-1" });
    expect(error.message).toContain("the connection was lost");
    expect(error.forModel()).toContain("Do not repeat it; check with echo first.");
    workshop.release.open();
    expect(await counted).toMatchObject({ code: "unavailable", outcome: "unknown" });
  });

  it("calls that wait still end at their deadline, and when they are cancelled, as not_started", async () => {
    const { gateway, session } = await bench();
    await using _ = session;
    await gateway.stop();
    await until(session, "reconnecting");
    expect(await failureOf(session.call("echo", "a", { timeoutMs: 5 }))).toMatchObject({
      code: "deadline_exceeded",
      outcome: "not_started",
    });
    expect(await failureOf(session.call("echo", "a", { acceptTimeoutMs: 5 }))).toMatchObject({
      code: "deadline_exceeded",
      outcome: "not_started",
    });
    const turn = session.turn("t");
    const call = failureOf(turn.call("echo", "a"));
    turn.cancel();
    expect(await call).toMatchObject({ code: "cancelled", outcome: "not_started" });
  });

  it("no more calls wait than queuedCalls allows", async () => {
    const { gateway, workshop, session } = await bench({ ...soon, limits: { queuedCalls: 1 } });
    await using _ = session;
    await gateway.stop();
    await until(session, "reconnecting");
    const first = session.call("echo", "a");
    expect(await failureOf(session.call("echo", "b"))).toMatchObject({
      code: "resource_exhausted",
      outcome: "not_started",
    });
    await restart(gateway, workshop);
    expect(await first).toBe("a");
  });

  it("tools that the client implements are offered again", async () => {
    const { gateway, session } = await bench();
    await using _ = session;
    const own = defineTools({ title: tools.echo });
    session.implement(own, { title: (text) => `[${text}]` });
    await session.call("echo", "a");
    gateway.cut();
    const { session: next } = await gateway.session(2);
    await until(session, "ready");
    if (!next.offers.has("title")) await new Promise((resolve) => next.addEventListener("offer", resolve));
    expect(await next.client(own).title("a")).toBe("[a]");
  });
});

describe("When the session is closed", () => {
  it("calls under way end as cancelled, with what is known of them", async () => {
    const { workshop, session } = await bench();
    const held = failureOf(session.turn("t").client(tools).hold());
    await workshop.started.passed;
    await session.close("the user went home");
    const error = await held;
    expect(error).toMatchObject({ code: "cancelled", outcome: "unknown" });
    expect(error.message).toContain("the user went home");
    expect(await failureOf(session.call("echo", "a"))).toMatchObject({ code: "cancelled", outcome: "not_started" });
  });

  it("handlers at the gateway are aborted", async () => {
    const { gateway, workshop, session } = await bench();
    const ended = gate();
    const { handlers } = workshop;
    gateway.registry.implement(defineTools({ other: tools.hold }), {
      other: async (input, call) => {
        await Promise.allSettled([handlers.hold(input, call)]);
        if (call.signal.aborted) ended.open();
        return "";
      },
    });
    const held = failureOf(session.call("other", {}));
    await workshop.started.passed;
    await session.close();
    await ended.passed;
    expect((await held).code).toBe("cancelled");
  });
});

describe("When the gateway drains", () => {
  it("calls under way finish, later ones wait for the next connection", async () => {
    const { gateway, workshop, session } = await bench();
    await using _ = session;
    const api = session.turn("t").client(tools);
    const held = api.hold();
    await workshop.started.passed;
    const draining = new Promise((resolve) => session.addEventListener("drain", resolve));
    gateway.latest.acceptor.drain("restarting", undefined);
    await draining;
    const late = api.echo("late");
    workshop.release.open();
    expect(await held).toBe("done");
    expect(await late).toBe("late");
    expect(gateway.sessions).toHaveLength(2);
  });
});
