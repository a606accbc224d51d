import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { ToolDoor } from "../src/doors/door.ts";
import { KNOWN_TOOLS } from "../src/doors/known-tools.ts";
import { startScriptedModel } from "../src/model/server.ts";
import { WANTED } from "../src/request.ts";
import type { TurnRecord } from "../src/turn/record.ts";
import { runTurn } from "../src/turn/turn.ts";

interface Seen {
  readonly tool: string;
  readonly args: unknown;
  readonly key: string;
}

/** Runs a turn of the scripted model, over HTTP, with a door that answers as it is told. */
async function turnWith(
  context: TestContext,
  answer: (call: Seen, before: readonly Seen[]) => unknown,
): Promise<{ record: TurnRecord; seen: Seen[]; streamed: string }> {
  const model = await startScriptedModel(WANTED);
  context.after(() => model.stop());
  const seen: Seen[] = [];
  const door: ToolDoor = {
    tools: () => Promise.resolve(KNOWN_TOOLS),
    call: async (tool, args, { key }) => {
      const call = { tool, args, key };
      const before = [...seen];
      seen.push(call);
      return await answer(call, before);
    },
    close: () => Promise.resolve(),
  };
  let streamed = "";
  const record = await runTurn({
    turn: "turn-1",
    lineage: "the token of turn-1",
    model: model.settings,
    text: "Plan.",
    door,
    signal: context.signal,
    onDelta: (text) => (streamed += text),
  });
  return { record, seen, streamed };
}

test("a turn runs the tools that the model calls, and streams its reply", async (context) => {
  const { record, seen, streamed } = await turnWith(context, ({ tool }) =>
    tool === "cron.list" ? [] : { id: "job_1" },
  );
  assert.deepEqual(
    seen.map(({ tool, args }) => ({ tool, args })),
    WANTED.flatMap((job) => [
      { tool: "cron.list", args: {} },
      { tool: "cron.add", args: job },
    ]),
  );
  assert.equal(streamed, record.reply);
  assert.match(record.reply, /^Planned: /);
  assert.equal(record.calls.filter((call) => call.error !== undefined).length, 0);
});

test("a call that is tried again has the same arguments and another id", async (context) => {
  const { record, seen } = await turnWith(context, ({ tool }, before) => {
    if (tool === "cron.list") return [];
    if (before.some((call) => call.tool === "cron.add")) return { id: "job_1" };
    throw new Error("gateway timeout after 1000ms");
  });
  const [first, again] = seen.filter((call) => call.tool === "cron.add");
  assert.deepEqual(again?.args, first?.args);
  assert.notEqual(again?.key, first?.key);
  assert.deepEqual(
    record.calls.flatMap((call) => call.error ?? []),
    ["Error: gateway timeout after 1000ms"],
  );
});

test("a model that cannot be reached ends the turn with an error", async (context) => {
  const model = await startScriptedModel(WANTED);
  await model.stop();
  const door: ToolDoor = {
    tools: () => Promise.resolve(KNOWN_TOOLS),
    call: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const input = {
    turn: "turn-1",
    lineage: "the token of turn-1",
    model: model.settings,
    text: "Plan.",
    door,
    signal: context.signal,
    onDelta: () => undefined,
  };
  await assert.rejects(runTurn(input), /Connection error/);
});
