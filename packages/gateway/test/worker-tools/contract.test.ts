/** Contracts that are checked in the thread that runs the handler: where the calls come in there are no schemas. */
import { beforeAll, afterAll, describe, expect, test } from "vitest";
import { ForbiddenPart, lateStart, type HandlerCall } from "@turnmux/core";
import { workerTool } from "@turnmux/gateway";
import { WorkerPool, workerToolFacts } from "../../src/worker-tools/pool.ts";
import { workerToolOf } from "../../src/worker-tools/worker-tool.ts";
import { Log } from "../support/gateway.ts";
import { MODULE } from "../support/worker-tools.ts";

const WITH_CONTRACT = new URL("../support/worker-module-with-contract.ts", import.meta.url);

const log = new Log();
let pool: WorkerPool;

// One for all tests: its thread has loaded the packages once.
beforeAll(() => {
  pool = new WorkerPool({ maxThreads: 1 }, log);
});
afterAll(() => pool.close());

/** Has a tool called by somebody without its schemas. What it sent before its end is in `sent`. */
function calling(name: string, contract: string | undefined, module: URL = WITH_CONTRACT) {
  const description = workerToolOf(workerTool(module, { export: name, contract }));
  if (description === undefined) throw new Error("workerTool() made none");
  const facts = {
    name,
    effect: "read",
    hasItems: true,
    hasOutput: name !== "quiet",
    checksThere: true,
    description,
  } as const;
  const handler = pool.handler(facts);
  const sent: unknown[] = [];
  const call: HandlerCall = {
    tool: name,
    callId: "c-1",
    key: undefined,
    turn: undefined,
    lineage: undefined,
    principal: "alice",
    scopes: [],
    deadlineMs: undefined,
    trace: undefined,
    meta: {},
    signal: new AbortController().signal,
    log,
    waiting: () => {},
    progress: (value) => sent.push(value),
    item: async (value) => void sent.push(value),
    [lateStart]: { queued: () => {}, begin: () => true },
  };
  return { sent, facts, handler, call: async (input: unknown): Promise<unknown> => handler(input, call) };
}

describe("a contract that the module brings along", () => {
  test("parses the arguments, items, progress and result in the thread of the handler", async () => {
    const { call, sent } = calling("double", "tools");
    expect(await call({ text: "2" })).toEqual({ twice: 4 });
    expect(new Set(sent)).toEqual(new Set([2, "right"]));
  });

  test("refuses arguments before the handler runs, and says what is wrong with them", async () => {
    const { call, sent } = calling("double", "tools");
    await expect(call({ text: 7 })).rejects.toMatchObject({
      name: "ToolError",
      code: "invalid_argument",
      outcome: "not_started",
      details: { issues: [{ path: ["text"], message: expect.any(String) }] },
    });
    expect(sent).toEqual([]);
  });

  test.each([
    ["an item", "12"],
    ["a report, though its validator takes its time", "3"],
    ["a result", "5"],
  ])("forbids %s", async (_what, text) => {
    await expect(calling("double", "tools").call({ text })).rejects.toThrow(ForbiddenPart);
  });

  test("drops what a tool without a result returns", async () => {
    expect(await calling("quiet", "tools").call(1)).toBeUndefined();
  });

  test.each<[string, string, URL, RegExp]>([
    ["is with no such handler", "double", MODULE, /worker-module\.ts: its export "double" is no handler/],
    ["is no tree", "double", WITH_CONTRACT, /its export "double" is no tree of tools/],
    ["is not there", "contract", WITH_CONTRACT, /its export "contract" is no tree of tools/],
  ])("ends the calls as not started, and the log says why, where it %s", async (_what, contract, module, message) => {
    const { call } = calling("double", contract, module);
    const ended = await call({ text: "1" }).catch((error: unknown) => error);
    expect(ended).toMatchObject({ code: "internal", outcome: "not_started" });
    expect(String((ended as Error).cause)).toMatch(message);
  });

  test("without one nothing is checked there", async () => {
    expect(await calling("double", undefined).call({ text: 4 })).toEqual({ twice: 8, secret: "not in the contract" });
  });
});

test("what a pool was told of a tool is found by its handler, for another thread's pool", () => {
  const { facts, handler } = calling("double", "tools");
  expect(workerToolFacts(handler)).toEqual(facts);
  expect(structuredClone(workerToolFacts(handler))).toEqual(facts);
  expect(workerToolFacts(() => 1)).toBeUndefined();
});
