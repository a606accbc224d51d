import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect, memoryJournal, type Logger } from "../src/index.ts";
import { TestGateway } from "./support/gateway.ts";
import { failureOf, until } from "./support/observe.ts";
import { deviceTools, tools, Workshop } from "./support/tools.ts";

/** Everything that the subscribers of `turnmux:call` are told, for one tool. */
function traced(tool: string): object[] {
  const seen: object[] = [];
  const note =
    (name: string) =>
    (message: unknown): void => {
      const { tool: called, ...rest } = { tool: "", ...(message as object) };
      if (called === tool) seen.push({ name, ...rest });
    };
  const subscribers = {
    start: note("start"),
    end: note("end"),
    asyncStart: note("asyncStart"),
    asyncEnd: note("asyncEnd"),
    error: note("error"),
  };
  const channel = tracingChannel("turnmux:call");
  channel.subscribe(subscribers);
  onTestFinished(() => {
    channel.unsubscribe(subscribers);
  });
  return seen;
}

describe("diagnostics_channel", () => {
  it("traces calls out, without arguments and results", async () => {
    const gateway = await TestGateway.listen();
    gateway.registry.implement(tools, new Workshop().handlers);
    await using session = await connect(gateway.url);
    const seen = traced("echo");
    await session.turn("t").client(tools).echo("a secret");
    expect(seen.map((message) => ("name" in message ? message.name : ""))).toEqual([
      "start",
      "end",
      "asyncStart",
      "asyncEnd",
    ]);
    expect(seen.at(-1)).toMatchObject({
      direction: "outgoing",
      turn: "t",
      principal: "alice",
      sessionId: session.id,
      result: { ok: true },
    });
    expect(JSON.stringify(seen)).not.toContain("a secret");
  });

  it("traces calls in, and that they failed, without what was thrown", async () => {
    const gateway = await TestGateway.listen();
    await using session = await connect(gateway.url, { journal: memoryJournal() });
    const seen = traced("screen.title");
    session.implement(deviceTools, {
      screen: {
        title: () => {
          throw new Error("a secret");
        },
        lock: () => 1,
      },
    });
    const error = await failureOf(gateway.latest.session.client(deviceTools).screen.title("a"));
    expect(error).toMatchObject({ code: "internal", outcome: "failed" });
    const incoming = seen.filter((message) => "direction" in message && message.direction === "incoming");
    expect(incoming.map((message) => ("name" in message ? message.name : ""))).toEqual([
      "start",
      "end",
      "error",
      "asyncStart",
      "asyncEnd",
    ]);
    expect(incoming.at(-1)).toMatchObject({ error: { code: "internal", outcome: "failed" } });
    expect(JSON.stringify(incoming)).not.toContain("a secret");
  });

  it("tells where sessions are, and why", async () => {
    const events: unknown[] = [];
    const listener = (message: unknown): void => void events.push(message);
    subscribe("turnmux:session", listener);
    onTestFinished(() => {
      unsubscribe("turnmux:session", listener);
    });
    const gateway = await TestGateway.listen();
    const session = await connect(gateway.url, { reconnect: { initialMs: 1 } });
    gateway.cut();
    await until(session, "reconnecting");
    await until(session, "ready");
    await session.close();
    expect(events).toMatchObject([
      { event: "ready" },
      { event: "reconnecting", fields: { cause: "lost", code: "unavailable" } },
      { event: "ready", sessionId: session.id },
      { event: "closed", fields: { cause: "closed", code: "cancelled" } },
    ]);
  });
});

describe("The logger", () => {
  it("hears of connections, without what the URL's query says", async () => {
    const lines: string[] = [];
    const log = (message: string, fields?: Record<string, unknown>): void => {
      lines.push(`${message} ${JSON.stringify(fields)}`);
    };
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    const gateway = await TestGateway.listen();
    const session = await connect(`${gateway.url}/x?token=tops3cret`, { logger, reconnect: false });
    gateway.cut();
    await session.closed;
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^turnmux: connected \{"url":"ws:\/\/127\.0\.0\.1:\d+\/x","attempt":0\}$/);
    expect(lines[1]).toContain("turnmux: the session is over");
    expect(lines.join()).not.toContain("tops3cret");
    expect((await failureOf(session.call("echo"))).code).toBe("unavailable");
  });
});
