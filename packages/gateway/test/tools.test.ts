import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createGateway, defineTools, tool, ToolError, UsageError, type Interceptor } from "@turnmux/gateway";
import { connected, listening, testGateway } from "./support/gateway.ts";
import { handle, tools } from "./support/tools.ts";

const alice = { principal: "alice", scopes: ["write"] } as const;

const shaky = defineTools({
  shaky: {
    read: tool({ description: "Fails", input: z.object({}), output: z.string(), effect: "read" }),
    once: tool({ description: "Fails", input: z.object({}), output: z.string(), effect: "once" }),
    wrong: tool({ description: "Lies", input: z.object({}), output: z.string(), effect: "once" }),
    told: tool({ description: "Says why", input: z.object({}), output: z.string(), effect: "once" }),
  },
});

describe("implement()", () => {
  test("refuses `once` tools where there is no journal, and says what to pass [KEY-006]", () => {
    const gateway = createGateway();
    expect(() => handle(gateway)).toThrow(/job\.add has effect "once" and needs a journal.*memoryJournal\(\)/);
  });

  test("refuses a tool that is there already, and takes one back", async () => {
    const { gateway } = testGateway();
    const { echo } = tools;
    const remove = gateway.implement(defineTools({ echo }), { echo: ({ text }) => ({ text }) });
    expect(() => gateway.implement(defineTools({ echo }), { echo: ({ text }) => ({ text }) })).toThrow(
      /echo is implemented already/,
    );
    await using session = gateway.openSession(alice);
    expect(await session.call("echo", { text: "x" })).toEqual({ text: "x" });
    remove();
    await expect(session.call("echo", { text: "x" })).rejects.toMatchObject({ code: "unimplemented" });
  });

  test("reaches sessions that stand already", async () => {
    const { gateway } = testGateway();
    await using session = gateway.openSession(alice);
    await session.catalog();
    const offered = new Promise((resolve) => {
      session.addEventListener("offer", resolve, { once: true });
    });
    handle(gateway);
    await offered;
    expect(await session.client(tools).echo({ text: "x" })).toEqual({ text: "x" });
  });
});

describe("configuration of a tool", () => {
  test("lays deadlines and limits over what the contract says", async () => {
    const { gateway } = testGateway({
      tools: { hold: { timeoutMs: 20, maxConcurrent: 1 }, "job.add": { maxTimeoutMs: 40 } },
    });
    const handlers = handle(gateway);
    await using session = gateway.openSession(alice);
    const first = session.client(tools).hold({}, { timeoutMs: 10_000 });
    await handlers.held();
    await expect(session.client(tools).hold({})).rejects.toMatchObject({
      code: "resource_exhausted",
      outcome: "not_started",
      retryAfterMs: expect.any(Number),
    });
    await using other = gateway.openSession(alice);
    await expect(other.call("hold", {})).rejects.toMatchObject({ code: "deadline_exceeded" });
    (await handlers.held()).finish("done");
    expect(await first).toBe("done");
    expect(session.offers.get("hold")?.deadlineMs).toBe(20);
  });

  test.each<[object, RegExp]>([
    [{ tools: { "job.add": { timeoutMs: 0 } } }, /tools\["job\.add"\]\.timeoutMs must be a positive number/],
    [{ tools: { "job.add": { maxConcurrent: 1.5 } } }, /maxConcurrent must be a whole number above zero/],
    [{ tools: { "job.add": { maxConcurent: 1 } } }, /maxConcurent: there is no such override; there are timeoutMs/],
    [{ timeoutMs: -1 }, /timeoutMs must be a positive number/],
    [{ limits: { streams: 0 } }, /limits\.streams must be an integer/],
  ])("is refused where it makes no sense: %j", (options, message) => {
    expect(() => createGateway(options)).toThrow(UsageError);
    expect(() => createGateway(options)).toThrow(message);
  });
});

describe("a handler that fails", () => {
  async function failing() {
    const { gateway, log } = testGateway();
    gateway.implement(shaky, {
      shaky: {
        read: () => {
          throw new Error("at line 7 of secrets.ts");
        },
        once: () => Promise.reject(new Error("at line 8 of secrets.ts")),
        // @ts-expect-error -- on purpose
        wrong: () => 7,
        told: () => {
          throw new ToolError("failed_precondition", "The account is closed.", { details: { account: "a-1" } });
        },
      },
    });
    return { gateway, log, session: await connected(await listening(gateway)) };
  }

  test("ends its call and nothing else; the log knows why, the caller does not [ERR-003]", async () => {
    const { session, log } = await failing();
    const api = session.client(shaky).shaky;
    const read = await api.read({}).catch((error: unknown) => error);
    const once = await api.once({}).catch((error: unknown) => error);
    expect(read).toMatchObject({ code: "internal", outcome: "failed" });
    expect(once).toMatchObject({ code: "internal", outcome: "unknown" });
    expect(`${String(read)} ${String(once)}`).not.toContain("secrets.ts");
    expect(log.of("error").map(({ fields }) => fields?.["error"])).toEqual([
      new Error("at line 7 of secrets.ts"),
      new Error("at line 8 of secrets.ts"),
    ]);
    expect(session.state).toBe("ready");
  });

  test("by returning what the contract forbids, has still taken effect [CALL-012]", async () => {
    const { session, log } = await failing();
    await expect(session.client(shaky).shaky.wrong({})).rejects.toMatchObject({
      code: "internal",
      outcome: "completed",
    });
    expect((await log.line(/returned what its contract forbids/)).level).toBe("error");
  });

  test("by a tool error, says to the caller what it wants to say, and the log stays quiet", async () => {
    const { session, log } = await failing();
    await expect(session.client(shaky).shaky.told({})).rejects.toMatchObject({
      code: "failed_precondition",
      outcome: "failed",
      sentence: "The account is closed.",
      details: { account: "a-1" },
    });
    expect(log.of("error")).toEqual([]);
  });
});

describe("interceptors", () => {
  test("stand around every call of every session, the first one outermost", async () => {
    const seen: string[] = [];
    const watch =
      (name: string): Interceptor =>
      async (call, next) => {
        seen.push(`${name} before ${call.tool} by ${call.principal}`);
        const result = await next(call);
        seen.push(`${name} after`);
        return result;
      };
    const { gateway } = testGateway({ interceptors: [watch("outer"), watch("inner")] });
    handle(gateway);
    const session = await connected(await listening(gateway));
    await session.client(tools).echo({ text: "x" });
    await using local = gateway.openSession({ principal: "local", scopes: [] });
    await local.client(tools).echo({ text: "x" });
    const around = (who: string): string[] => [
      `outer before echo by ${who}`,
      `inner before echo by ${who}`,
      "inner after",
      "outer after",
    ];
    expect(seen).toEqual([...around("alice"), ...around("local")]);
  });

  test("refuse a call, which then has not started", async () => {
    const refuse: Interceptor = (call, next) => {
      if (call.tool === "job.add") throw new ToolError("permission_denied", "Not on Sundays.");
      return next(call);
    };
    const { gateway } = testGateway({ interceptors: [refuse] });
    const { jobs } = handle(gateway);
    const session = await connected(await listening(gateway));
    await expect(session.client(tools).job.add({ name: "x" })).rejects.toMatchObject({
      code: "permission_denied",
      outcome: "not_started",
      sentence: "Not on Sundays.",
    });
    expect(jobs).toEqual([]);
    expect(await session.client(tools).echo({ text: "x" })).toEqual({ text: "x" });
  });

  test("make a call wait for a person, and its caller hears what for [CALL-003]", async () => {
    const approved = Promise.withResolvers<undefined>();
    const approval: Interceptor = async (call, next) => {
      call.waiting("the owner's approval");
      await approved.promise;
      return next(call);
    };
    const { gateway } = testGateway({ interceptors: [approval] });
    handle(gateway);
    const session = await connected(await listening(gateway));
    const states: (string | undefined)[] = [];
    const result = await session.client(tools).job.add(
      { name: "x" },
      {
        key: "k",
        acceptTimeoutMs: 10_000,
        onAccept: ({ state, reason }) => {
          states.push(state, reason);
          approved.resolve(undefined);
        },
      },
    );
    expect(result).toEqual({ id: "k" });
    expect(states.slice(0, 2)).toEqual(["waiting", "the owner's approval"]);
  });

  test("that throw anything else fail the call as a handler does", async () => {
    const broken: Interceptor = () => Promise.reject(new Error("the audit database is away"));
    const { gateway, log } = testGateway({ interceptors: [broken] });
    handle(gateway);
    const session = await connected(await listening(gateway));
    await expect(session.client(tools).echo({ text: "x" })).rejects.toMatchObject({
      code: "internal",
      outcome: "not_started",
    });
    expect((await log.line(/echo failed/)).fields?.["error"]).toEqual(new Error("the audit database is away"));
  });
});
