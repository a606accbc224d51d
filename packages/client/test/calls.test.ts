import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket as Ws } from "ws";
import type { ClientSession } from "../src/client-session.ts";
import { attach, connect, memoryJournal, type ConnectOptions, type Interceptor } from "../src/index.ts";
import { TestGateway } from "./support/gateway.ts";
import { failureOf, gate } from "./support/observe.ts";
import { deviceTools, tools, Workshop } from "./support/tools.ts";

interface Bench {
  readonly session: ClientSession;
  readonly gateway: TestGateway;
  readonly workshop: Workshop;
}

type Options = Omit<ConnectOptions, "auth">;

/** A session between real sockets, of each kind. */
const kinds: Record<string, (options?: Options) => Promise<Bench>> = {
  "connected, binary": (options) => connected(options),
  "connected, text": (options) => connected({ ...options, carriage: "text" }),
  "attached to a host's socket": async (options) => {
    const { gateway, workshop } = await listening(true);
    const ws = new Ws(gateway.url);
    const session = attach(ws, options);
    onTestFinished(() => session.close());
    gateway.accept(await gateway.socket(1));
    await session.ready;
    return { session, gateway, workshop };
  },
};

async function listening(hosted: boolean): Promise<Omit<Bench, "session">> {
  const gateway = await TestGateway.listen({ hosted });
  const workshop = new Workshop();
  gateway.registry.implement(tools, workshop.handlers);
  return { gateway, workshop };
}

async function connected(options: Options = {}): Promise<Bench> {
  const { gateway, workshop } = await listening(false);
  const session = await connect(gateway.url, options);
  onTestFinished(() => session.close());
  return { session, gateway, workshop };
}

describe.each(Object.entries(kinds))("A session %s", (_kind, open) => {
  it("knows who it is and what the gateway offers", async () => {
    const { session, gateway } = await open();
    expect(session.state).toBe("ready");
    expect(session.principal).toBe("alice");
    expect(session.id).toBe(gateway.latest.session.id);
    expect([...session.offers.keys()]).toEqual(["echo", "fail", "hold", "job.add", "count"]);
    const described = await session.turn("t").catalog();
    expect(described.find(({ name }) => name === "job.add")).toMatchObject({ effect: "once" });
  });

  it("carries many calls at once, and each gets its own answer", async () => {
    const { session } = await open();
    const api = session.turn("t").client(tools);
    const texts = Array.from({ length: 1_000 }, (_, index) => `text ${index}`);
    expect(await Promise.all(texts.map((text) => api.echo(text)))).toEqual(texts);
  });

  it("tells when a call was accepted, its progress, and its result", async () => {
    const { session, workshop } = await open();
    const accepted = gate();
    const progressed = gate();
    const steps: number[] = [];
    const call = session
      .turn("t")
      .client(tools)
      .job.add(
        { name: "a" },
        {
          onAccept: ({ state }) => {
            expect(state).toBe("running");
            accepted.open();
          },
          onProgress: ({ step }) => {
            steps.push(step);
            progressed.open();
          },
        },
      );
    await Promise.all([accepted.passed, progressed.passed]);
    workshop.release.open();
    expect(await call).toEqual({ id: "a-1" });
    expect(steps).toEqual([1]);
  });

  it("joins a call that runs under the same key, and replays its result later", async () => {
    const { session, workshop } = await open();
    const add = session.turn("t").client(tools).job.add;
    const first = add({ name: "a" }, { key: "turn-7/call-1" });
    await workshop.started.passed;
    const joined = gate();
    const second = add(
      { name: "a" },
      { key: "turn-7/call-1", onAccept: ({ state }) => (state === "joined" ? joined.open() : undefined) },
    );
    await joined.passed;
    workshop.release.open();
    expect(await first).toEqual(await second);
    expect(await add({ name: "a" }, { key: "turn-7/call-1" })).toEqual({ id: "a-1" });
    expect(await failureOf(add({ name: "b" }, { key: "turn-7/call-1" }))).toMatchObject({ code: "already_exists" });
    expect(workshop.added).toEqual(["a"]);
  });

  it("passes on what a tool fails with", async () => {
    const { session } = await open();
    const error = await failureOf(session.turn("t").client(tools).fail());
    expect(error).toMatchObject({
      code: "failed_precondition",
      outcome: "failed",
      sentence: "not today",
      tool: "fail",
    });
    expect(await failureOf(session.turn("t").call("nothing.like.it"))).toMatchObject({
      code: "unimplemented",
      outcome: "not_started",
    });
  });

  it("cancels by a signal, and tells what really happened", async () => {
    for (const whenAborted of ["throw", "finish"] as const) {
      const { session, workshop } = await open();
      workshop.whenAborted = whenAborted;
      const abort = new AbortController();
      const call = session.turn("t").client(tools).hold({}, { signal: abort.signal });
      await workshop.started.passed;
      abort.abort(new Error("changed my mind"));
      if (whenAborted === "finish") expect(await call).toBe("done all the same");
      else expect(await failureOf(call)).toMatchObject({ code: "cancelled", outcome: "failed" });
    }
  });

  it("cancels every call of a turn with it, and no other", async () => {
    const { session, workshop } = await open();
    const turn = session.turn("t");
    const other = session.turn("u").client(tools).hold();
    await workshop.started.passed;
    workshop.started = gate();
    const calls = [failureOf(turn.client(tools).hold()), failureOf(turn.call("hold", {}))];
    await workshop.started.passed;
    turn.cancel("the user pressed stop");
    for (const error of await Promise.all(calls)) expect(error.code).toBe("cancelled");
    expect(await failureOf(turn.client(tools).echo("late"))).toMatchObject({
      code: "cancelled",
      outcome: "not_started",
    });
    workshop.release.open();
    expect(await other).toBe("done");
  });

  it("ends a call at its deadline, which reaches the handler", async () => {
    const { session, workshop } = await open();
    const error = await failureOf(session.turn("t").client(tools).hold({}, { timeoutMs: 20 }));
    expect(error).toMatchObject({ code: "deadline_exceeded", outcome: "failed" });
    const once = await failureOf(session.turn("t").client(tools).job.add({ name: "a" }, { timeoutMs: 20 }));
    expect(once).toMatchObject({ code: "deadline_exceeded", outcome: "unknown", verify: "echo" });
    expect(once.forModel()).toContain("echo");
    workshop.release.open();
  });

  it("iterates over items in order, with the result behind them", async () => {
    const { session } = await open();
    const call = session.turn("t").client(tools).count({ to: 500 });
    const items: number[] = [];
    for await (const item of call) items.push(item);
    expect(items).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
    expect(await call.result).toBe(500);
  });

  it("cancels a call whose loop is left", async () => {
    const { session, gateway } = await open();
    for await (const item of session.turn("t").client(tools).count({ to: 1e9 })) {
      if (item === 3) break;
    }
    const over = gate();
    const look = (): void => {
      const running = gateway.latest.session.activeCalls.incoming + session.activeCalls.outgoing;
      if (running === 0) over.open();
      else setImmediate(look);
    };
    look();
    await over.passed;
  });

  it("lets the gateway call tools that the client implements", async () => {
    const { session, gateway } = await open({ journal: memoryJournal() });
    let locks = 0;
    const offered = gate();
    gateway.latest.session.addEventListener("offer", ({ detail }) => {
      if (detail.tools.has("screen.lock")) offered.open();
    });
    const withdraw = session.implement(deviceTools, {
      screen: { title: (text) => text.toUpperCase(), lock: () => ++locks },
    });
    await offered.passed;
    const device = gateway.latest.session.client(deviceTools);
    expect(await device.screen.title("hello")).toBe("HELLO");
    expect(await device.screen.lock({}, { key: "k" })).toBe(1);
    expect(await device.screen.lock({}, { key: "k" })).toBe(1);
    expect(locks).toBe(1);
    withdraw();
    expect(await failureOf(device.screen.title("hello"))).toMatchObject({ code: "unimplemented" });
  });

  it("passes calls of both directions through its interceptors", async () => {
    const seen: string[] = [];
    const interceptor: Interceptor = async (call, next) => {
      seen.push(`${call.direction} ${call.tool}`);
      return next(call);
    };
    const { session, gateway } = await open({ interceptors: [interceptor], journal: memoryJournal() });
    session.implement(deviceTools, { screen: { title: (text) => text, lock: () => 1 } });
    await session.call("echo", "a");
    await gateway.latest.session.client(deviceTools).screen.title("b");
    expect(seen).toEqual(["outgoing echo", "incoming screen.title"]);
  });
});

describe("A call", () => {
  it("that nobody accepts in time ends as deadline_exceeded, long before its own deadline", async () => {
    const { session, gateway } = await connected({ timeoutMs: 600_000 });
    // The gateway's process hears nothing.
    gateway.latest.socket.pause();
    const error = await failureOf(session.call("echo", "a", { acceptTimeoutMs: 10 }));
    expect(error).toMatchObject({ code: "deadline_exceeded", outcome: "unknown" });
    expect(error.message).toContain("the call was not accepted within 10 ms");
    gateway.latest.socket.resume();
    expect(await session.call("echo", "b", { acceptTimeoutMs: 10_000 })).toBe("b");
  });

  it("takes the session's acceptTimeoutMs and timeoutMs where it has none of its own", async () => {
    const { session, gateway } = await connected({ acceptTimeoutMs: 15, timeoutMs: 30 });
    expect(await failureOf(session.call("hold", {}))).toMatchObject({
      code: "deadline_exceeded",
      message: expect.stringContaining("the deadline is over"),
    });
    gateway.latest.socket.pause();
    expect(await failureOf(session.call("echo", "a", { timeoutMs: 60_000 }))).toMatchObject({
      message: expect.stringContaining("not accepted within 15 ms"),
    });
    gateway.latest.socket.resume();
  });
});
