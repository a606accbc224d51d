import { channel, tracingChannel } from "node:diagnostics_channel";
import { describe, expect, onTestFinished, test } from "vitest";
import type { CallTraceMessage, Occurrence } from "@turnmux/gateway";
import { DelayMeter } from "../src/observe/delays.ts";
import { stderrLogger, unfailing } from "../src/observe/logger.ts";
import { LagMeter, systemEnvironment } from "@turnmux/core";
import { connected, listening, nextSession, testGateway } from "./support/gateway.ts";
import { hello, RawClient } from "./support/raw.ts";
import { deviceTools, handle, tools } from "./support/tools.ts";

describe("stats()", () => {
  test("counts sessions, handshakes, and calls by how they ended", async () => {
    const { gateway } = testGateway();
    const handlers = handle(gateway);
    const endpoint = await listening(gateway);
    const opened = nextSession(gateway);
    const session = await connected(endpoint);
    session.implement(deviceTools, { device: { ring: ({ times }) => ({ rung: times }) } });
    const api = session.client(tools);
    await api.echo({ text: "x" });
    await api.job.list();
    await expect(session.call("no.such.tool")).rejects.toMatchObject({ code: "unimplemented" });
    await expect(session.call("echo", {})).rejects.toMatchObject({ code: "invalid_argument" });
    const cancel = new AbortController();
    const cancelled = api.hold({}, { signal: cancel.signal });
    await handlers.held();
    expect(gateway.stats().running).toEqual({ incoming: 1, outgoing: 0, handlers: 1 });
    cancel.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
    const atGateway = await opened;
    await atGateway.client(deviceTools).device.ring({ times: 1 });
    // What the caller's side of a session in process counts is not the gateway's.
    await using local = gateway.openSession({ principal: "local", scopes: [] });
    await local.client(tools).echo({ text: "x" });
    await local.close();
    await expect(atGateway.call("device.none")).rejects.toMatchObject({ outcome: "not_started" });
    const refused = await RawClient.open(endpoint.url);
    refused.say(hello({ versions: [99] }));
    await refused.closed;
    const stats = gateway.stats();
    expect(stats).toEqual({
      sessions: 1,
      unauthenticated: expect.any(Number),
      running: { incoming: 0, outgoing: 0, handlers: 0 },
      lanes: { running: 0, waiting: 0 },
      handshakes: { accepted: 2, refused: 1 },
      ended: {
        incoming: { ok: 3, not_started: 2, failed: 1, completed: 0, unknown: 0 },
        outgoing: { ok: 1, not_started: 1, failed: 0, completed: 0, unknown: 0 },
      },
      workers: { threads: 0, running: 0, queued: 0 },
      lagMs: expect.any(Number),
      eventLoop: { p50Ms: expect.any(Number), p99Ms: expect.any(Number), maxMs: expect.any(Number) },
    });
    expect(JSON.parse(JSON.stringify(stats))).toEqual(stats);
  });
});

describe("diagnostics channels", () => {
  /** What a channel publishes while the test runs. */
  function subscribed<T>(name: string): T[] {
    const seen: T[] = [];
    // The channel's messages are what the test is about.
    const listener = (message: unknown): void => void seen.push(message as T);
    channel(name).subscribe(listener);
    onTestFinished(() => {
      channel(name).unsubscribe(listener);
    });
    return seen;
  }

  test("tell of sessions that open, close and are refused", async () => {
    const occurrences = subscribed<Occurrence>("turnmux:session");
    const { gateway } = testGateway();
    const endpoint = await listening(gateway);
    const opened = nextSession(gateway);
    const session = await connected(endpoint);
    await session.close("enough");
    await (await opened).closed;
    const refused = await RawClient.open(endpoint.url);
    refused.ws.send("what?");
    await refused.closed;
    expect(occurrences.filter(({ fields }) => fields?.["side"] === "gateway")).toMatchObject([
      { event: "opened", sessionId: session.id, fields: { principal: "alice", scopes: ["write"] } },
      { event: "closed", sessionId: session.id, fields: { principal: "alice", cause: "goaway" } },
      { event: "refused", fields: { code: "failed_precondition", requirement: "HAND-005" } },
    ]);
  });

  test("trace calls of both directions, with their end, and neither arguments nor results", async () => {
    const seen: { readonly event: string; readonly message: CallTraceMessage }[] = [];
    const subscribers = Object.fromEntries(
      (["start", "end", "asyncStart", "asyncEnd", "error"] as const).map((event) => [
        event,
        (message: unknown) => seen.push({ event, message: message as CallTraceMessage }),
      ]),
    ) as unknown as Parameters<ReturnType<typeof tracingChannel>["subscribe"]>[0];
    const calls = tracingChannel("turnmux:call");
    calls.subscribe(subscribers);
    onTestFinished(() => calls.unsubscribe(subscribers));

    const { gateway } = testGateway();
    handle(gateway);
    const opened = nextSession(gateway);
    await using session = gateway.openSession({ principal: "alice", scopes: [] });
    session.implement(deviceTools, {
      device: {
        ring: () => {
          throw new Error("no bell");
        },
      },
    });
    await session.turn("turn-9").client(tools).echo({ text: "a secret" });
    await (await opened)
      .client(deviceTools)
      .device.ring({ times: 1 })
      .catch(() => {});

    const of = (direction: string, tool: string) =>
      seen.filter(({ message }) => message.direction === direction && message.tool === tool);
    const ok = ["start", "end", "asyncStart", "asyncEnd"];
    const failed = ["start", "end", "error", "asyncStart", "asyncEnd"];
    expect(of("outgoing", "echo").map(({ event }) => event)).toEqual(ok);
    expect(of("incoming", "echo").map(({ event }) => event)).toEqual(ok);
    expect(of("outgoing", "device.ring").map(({ event }) => event)).toEqual(failed);
    expect(of("incoming", "device.ring").map(({ event }) => event)).toEqual(failed);
    expect(of("incoming", "echo")[0]?.message).toMatchObject({
      sessionId: session.id,
      principal: "alice",
      turn: "turn-9",
      result: { ok: true },
    });
    expect(of("incoming", "device.ring")[0]?.message.error).toMatchObject({ code: "internal", outcome: "failed" });
    expect(JSON.stringify(seen)).not.toContain("a secret");
  });
});

function block(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

/** The event loop has run what is due, and come round. */
async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe("the event loop's lag", () => {
  const clock = systemEnvironment({ globals: globalThis, id: () => "" });

  test("is told in ACCEPT, by a gateway that was blocked until now", async () => {
    const { gateway } = testGateway();
    handle(gateway);
    const session = await connected(await listening(gateway));
    const lags: number[] = [];
    const call = session.client(tools).echo({ text: "x" }, { onAccept: ({ lagMs }) => lags.push(lagMs ?? -1) });
    // The gateway is in this process, and shall see the call behind this.
    block(400);
    await call;
    // END stands for an ACCEPT that was not written; the gateway says it in statistics as well.
    for (const lag of lags) expect(lag).toBeGreaterThanOrEqual(200);
  });

  test("is told in ACCEPT by a client in Node, too", async () => {
    const { gateway } = testGateway();
    const opened = nextSession(gateway);
    const client = await connected(await listening(gateway));
    const rung = Promise.withResolvers<{ rung: number }>();
    client.implement(deviceTools, {
      device: {
        ring: () => {
          block(400);
          return rung.promise;
        },
      },
    });
    const lag = await new Promise<number | undefined>((resolve) => {
      void opened.then((session) =>
        session.client(deviceTools).device.ring({ times: 1 }, { onAccept: ({ lagMs }) => resolve(lagMs) }),
      );
    });
    expect(lag).toBeGreaterThanOrEqual(200);
    rung.resolve({ rung: 1 });
  });

  test("is a distribution since it was read before, with the worst of it, and of what goes on", async () => {
    const { gateway } = testGateway();
    gateway.stats();
    block(300);
    const during = gateway.stats().eventLoop;
    expect(during.maxMs).toBeGreaterThanOrEqual(180);
    const meter = new LagMeter(clock);
    const delays = new DelayMeter(meter);
    for (let i = 0; i < 5; i++) {
      block(60);
      await turn();
    }
    const busy = delays.read();
    expect(busy.maxMs).toBeGreaterThanOrEqual(busy.p99Ms);
    expect(busy.p99Ms).toBeGreaterThanOrEqual(busy.p50Ms);
    expect(busy.p99Ms).toBeGreaterThanOrEqual(30);
    delays.close();
    meter.close();
    expect(delays.read()).toEqual({ p50Ms: 0, p99Ms: 0, maxMs: 0 });
  });

  test("is known before any timer has run, and is nothing once the meter is closed", () => {
    const meter = new LagMeter(clock);
    block(300);
    expect(meter.lagMs).toBeGreaterThanOrEqual(200);
    meter.close();
    expect(meter.lagMs).toBe(0);
  });
});

describe("the log that a gateway has by itself", () => {
  function written(act: () => void): string[] {
    const lines: string[] = [];
    const { write } = process.stderr;
    process.stderr.write = (chunk: string | Uint8Array) => {
      lines.push(String(chunk));
      return true;
    };
    try {
      act();
    } finally {
      process.stderr.write = write;
    }
    return lines;
  }

  test("says warnings and errors in one line each, with the stacks of an error and of its causes", () => {
    const error = new Error("no", { cause: new Error("because") });
    Object.assign(error, { input: "a secret" });
    const lines = written(() => {
      stderrLogger.debug("quiet");
      stderrLogger.info("quiet");
      stderrLogger.warn("turnmux: something\nodd", { tool: "cron.add", count: 3, text: "a b", value: { a: "secret" } });
      stderrLogger.error("turnmux: cron.add failed", { error });
    });
    expect(lines[0]).toBe('turnmux warn: something odd tool=cron.add count=3 text="a b" value={...}\n');
    expect(lines[1]).toMatch(
      /^turnmux error: cron\.add failed error="Error: no\\n {4}at .*caused by: Error: because\\n.*"\n$/,
    );
    expect(lines).toHaveLength(2);
    expect(lines.join("")).not.toContain("secret");
  });

  test("and a logger that throws harms nobody", () => {
    const logger = unfailing({
      ...stderrLogger,
      error: () => {
        throw new Error("disk full");
      },
    });
    expect(() => logger.error("x")).not.toThrow();
  });
});
