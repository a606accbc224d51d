/** What passes between a call and its handler in another thread. */
import { describe, expect, test } from "vitest";
import { connected, listening } from "../support/gateway.ts";
import { workerGateway, workerTools } from "../support/worker-tools.ts";

describe("a worker tool's handler", () => {
  test("is told of its call what every handler is told", async () => {
    const { gateway } = workerGateway();
    const session = await connected(await listening(gateway));
    const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const seen = await session
      .turn("t-1", { lineage: "l-1" })
      .call("facts", {}, { key: "k-1", meta: { a: "b" }, trace, timeoutMs: 60_000 });
    expect(seen).toEqual({
      tool: "facts",
      callId: expect.any(String),
      key: "k-1",
      turn: "t-1",
      lineage: "l-1",
      principal: "alice",
      scopes: ["write"],
      trace,
      meta: { a: "b" },
      deadlineMs: expect.any(Number),
      cancelled: false,
    });
  });

  test("gets its arguments and gives its result over a socket and in process", async () => {
    const { gateway, session } = workerGateway();
    const remote = await connected(await listening(gateway));
    const value = { a: [1, "two", null, true], octets: new Uint8Array([1, 2, 3]) };
    expect(await session.client(workerTools).echo(value)).toEqual(value);
    expect(await remote.client(workerTools).echo(value)).toEqual(value);
  });

  test("has its arguments checked before it runs, and its result behind it", async () => {
    const { session } = workerGateway();
    await expect(session.call("count", { to: "ten" })).rejects.toMatchObject({
      code: "invalid_argument",
      outcome: "not_started",
    });
    await expect(session.client(workerTools).fail("uncloneable result")).rejects.toMatchObject({
      code: "internal",
      outcome: "completed",
    });
  });

  test("takes and gives large octets, and keeps its own", async () => {
    const { session } = workerGateway({ workers: { maxThreads: 1 } });
    const octets = new Uint8Array(100_000).fill(5);
    for (let i = 0; i < 2; i++) {
      const result = await session.client(workerTools).octets({ octets });
      expect(result.seen).toEqual([5, 5, 100_000]);
      expect(result.octets).toEqual(new Uint8Array(64 * 1024).fill(7));
    }
    expect(octets).toHaveLength(100_000);
  });

  test("logs with its tool and its call, also what cannot be cloned", async () => {
    const { session, log } = workerGateway();
    await session.client(workerTools).say("log");
    expect(await log.line(/^a line$/)).toMatchObject({ level: "info", fields: { tool: "say", n: 1 } });
    expect(await log.line(/cannot be cloned/)).toMatchObject({
      level: "error",
      fields: { tool: "say", fn: expect.stringContaining("=>"), error: "inside" },
    });
  });

  test("that logs faster than anybody reads has lines dropped, and they are counted", async () => {
    const { session, log } = workerGateway();
    await session.client(workerTools).say("many lines");
    const dropped = log.lines.filter(({ message }) => message.includes("were dropped"));
    const lines = dropped.map(({ fields }) => Number(fields?.["lines"])).reduce((sum, each) => sum + each, 0);
    expect(log.of("debug").length + lines).toBe(5_000);
    expect(lines).toBeGreaterThan(0);
  });

  test("says that it waits, and for what", async () => {
    const { session } = workerGateway();
    const said: (string | undefined)[] = [];
    await session.client(workerTools).say("wait", { onAccept: ({ state, reason }) => said.push(`${state} ${reason}`) });
    expect(said).toContain("waiting for the auditors");
  });

  test("reports progress, of which the latest arrives however fast it is made", async () => {
    const { session } = workerGateway();
    const seen: number[] = [];
    await session.client(workerTools).say("progress", { onProgress: (n) => seen.push(n) });
    expect(seen.at(-1)).toBe(10_000);
    expect(seen.length).toBeLessThan(10_000);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test("that reports what the contract forbids has still run", async () => {
    const { session } = workerGateway();
    await expect(session.client(workerTools).say("wrong progress")).rejects.toMatchObject({
      code: "internal",
      outcome: "completed",
    });
  });
});

describe("what a worker tool's handler throws", () => {
  test("is told as it is where it is a tool error", async () => {
    const { session, log } = workerGateway();
    await expect(session.client(workerTools).fail("tool error")).rejects.toMatchObject({
      code: "failed_precondition",
      outcome: "failed",
      sentence: "The account is closed.",
      retryAfterMs: 20,
      details: { account: "a-1" },
    });
    expect(log.of("error")).toEqual([]);
  });

  test("stays on its own side where it is anything else, with its stack and its cause", async () => {
    const { session, log } = workerGateway();
    const thrown = await session
      .client(workerTools)
      .fail("error")
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: "internal", outcome: "unknown" });
    expect(String(thrown)).not.toContain("secrets.ts");
    const { fields } = await log.line(/fail failed/);
    expect(fields?.["error"]).toMatchObject({
      message: "at line 7 of secrets.ts",
      stack: expect.stringContaining("worker-module-failing.ts"),
      cause: { name: "TypeError", message: "below it" },
    });
  });

  test.each(["uncloneable", "no error"])(
    "ends its call and nothing else where it cannot be cloned: %s",
    async (what) => {
      const { session, log } = workerGateway({ workers: { maxThreads: 1 } });
      await expect(session.client(workerTools).fail(what)).rejects.toMatchObject({
        code: "internal",
        outcome: "unknown",
      });
      await log.line(/fail failed/);
      expect(await session.client(workerTools).echo("still there")).toBe("still there");
    },
  );
});

describe("items of a worker tool", () => {
  test.each(["count", "yielded"] as const)("arrive in order, each once, and then the result: %s", async (name) => {
    const { gateway } = workerGateway();
    const session = await connected(await listening(gateway));
    const call = session.client(workerTools)[name]({ to: 300 });
    const seen: number[] = [];
    for await (const n of call) seen.push(n);
    expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    expect(await call.result).toBe(300);
  });

  test("that are read late all arrive, and other calls come and go meanwhile", async () => {
    const { gateway } = workerGateway();
    const session = await connected(await listening(gateway), { limits: { streamCredit: 20_000 } });
    const client = session.client(workerTools);
    const call = client.count({ to: 5_000 });
    const items = call[Symbol.asyncIterator]();
    expect(await items.next()).toEqual({ done: false, value: 1 });
    expect([await client.echo(1), await client.echo(2)]).toEqual([1, 2]);
    let last = 1;
    for (let next = await items.next(); next.done !== true; next = await items.next()) last = next.value;
    expect([last, await call.result]).toEqual([5_000, 5_000]);
  });

  test("are as they were when they were sent, and all arrive, where the handler awaits none", async () => {
    const { session } = workerGateway();
    const call = session.client(workerTools).unawaited({ to: 500 });
    const seen: number[] = [];
    for await (const { n } of call) seen.push(n);
    expect(seen).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    expect(await call.result).toBe("sent");
  });
});
