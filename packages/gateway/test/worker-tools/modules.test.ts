/** Modules of worker tools that are not what they should be, and options of the pool that make no sense. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createGateway, defineTools, tool, UsageError, workerTool, type WorkersOptions } from "@turnmux/gateway";
import { testGateway } from "../support/gateway.ts";
import { causeOf, MODULE } from "../support/worker-tools.ts";

const tools = defineTools({
  report: { build: tool({ description: "Builds", input: z.object({}), output: z.string(), effect: "once" }) },
});

const MISSING = new URL("./no-such-module.ts", import.meta.url);
const THROWS = new URL("../support/worker-module-that-throws.ts", import.meta.url);

describe("workerTool()", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["a file that is not there", () => workerTool(MISSING), /there is no file file:.*no-such-module\.ts/],
    ["a folder", () => workerTool(new URL(".", import.meta.url)), /there is no file/],
    ["a path", () => workerTool("./tools.js"), /"\.\/tools\.js" is no file's URL.*new URL/],
    ["another scheme", () => workerTool("https://example.com/x.js"), /no file's URL/],
    ["no name", () => workerTool(MODULE, { export: "" }), /export must be the name/],
    ["no name of a contract", () => workerTool(MODULE, { contract: "" }), /contract must be the name/],
    ["no time", () => workerTool(MODULE, { terminateAfterMs: -1 }), /terminateAfterMs must be a number/],
  ])("refuses %s", (_what, make, message) => {
    expect(make).toThrow(UsageError);
    expect(make).toThrow(message);
  });

  test("makes a handler that runs in a gateway only, and says so", async () => {
    await expect(workerTool(MODULE)({}, {})).rejects.toThrow(/runs in a gateway/);
  });
});

describe("a worker tool whose module has no such handler", () => {
  test.each<[string, Parameters<typeof workerTool>, RegExp]>([
    ["no export", [MODULE, { export: "build" }], /worker-module\.ts: its export "build" is no handler: there is none/],
    ["no default", [MODULE], /its export "default" is no handler/],
    ["no function", [MODULE, { export: "noHandler" }], /its export "noHandler" is no handler: it is no function/],
    ["no module", [THROWS, { export: "build" }], /worker-module-that-throws\.ts cannot be loaded/],
  ])("is found out before anybody calls it, and ends its calls as not started: %s", async (_what, args, message) => {
    const { gateway, log } = testGateway();
    gateway.implement(tools, { report: { build: workerTool(...args) } });
    const { fields } = await log.line(/report\.build cannot run/);
    expect(String(fields?.["error"])).toMatch(message);
    await using session = gateway.openSession({ principal: "alice", scopes: [] });
    const ended = await session
      .client(tools)
      .report.build({})
      .catch((error: unknown) => error);
    expect(ended).toMatchObject({ code: "internal", outcome: "not_started" });
    expect(String(ended)).not.toContain("worker-module");
    expect(causeOf(await log.line(/report\.build failed/))).toMatch(message);
  });
});

describe("the pool's options", () => {
  test.each<[WorkersOptions, RegExp]>([
    [{ maxThreads: 0 }, /workers\.maxThreads must be a whole number above zero/],
    [{ minThreads: 1.5 }, /workers\.minThreads must be a whole number above zero/],
    [{ minThreads: 3, maxThreads: 2 }, /minThreads must not be above maxThreads/],
    [{ idleTimeoutMs: -1 }, /workers\.idleTimeoutMs must be a number/],
    [{ maxQueue: -1 }, /workers\.maxQueue must be a whole number, zero or more/],
    [{ resourceLimits: { maxOldGenerationSizeMb: 0 } }, /maxOldGenerationSizeMb must be a positive number/],
    [{ execArgv: ["--import", 7 as unknown as string] }, /workers\.execArgv must be an array of strings/],
  ])("are refused where they make no sense: %j", (workers, message) => {
    expect(() => createGateway({ workers })).toThrow(UsageError);
    expect(() => createGateway({ workers })).toThrow(message);
  });

  test("that Node refuses are found out with the first worker tool", () => {
    const { gateway } = testGateway({ workers: { execArgv: ["--no-such-option"] } });
    const handler = workerTool(MODULE, { export: "echo" });
    expect(() => gateway.implement(tools, { report: { build: handler } })).toThrow(/cannot be started: see `workers`/);
  });

  test("that no thread survives end the calls, and not the gateway", async () => {
    const { gateway, log } = testGateway({ workers: { maxThreads: 2, execArgv: ["--import", "./no-such-file.mjs"] } });
    gateway.implement(tools, { report: { build: workerTool(MODULE, { export: "echo" }) } });
    await using session = gateway.openSession({ principal: "alice", scopes: [] });
    const { build } = session.client(tools).report;
    const ended = await Promise.all(
      [build({}), build({}), build({})].map((call) => call.catch((error: unknown) => error)),
    );
    for (const each of ended) expect(each).toMatchObject({ outcome: "not_started" });
    expect(await build({}).catch((error: unknown) => error)).toMatchObject({ outcome: "not_started" });
    expect(log.of("error").length).toBeGreaterThan(0);
  });
});
