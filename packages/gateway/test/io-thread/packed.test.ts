import { expect, it } from "vitest";
import { packRun, unpackRun } from "../../src/io-thread/packed.ts";
import type { RunData } from "../../src/io-thread/messages.ts";
import { ownTime, sharedTime } from "../../src/io-thread/shared.ts";

const identity = { principal: "ann", scopes: ["write"] };

function runOf(context: Partial<RunData["context"]>): RunData {
  const rest = { key: undefined, turn: undefined, lineage: undefined, trace: undefined, meta: {} };
  return {
    run: 1,
    word: 2,
    tool: 3,
    sessionId: "s",
    context: { callId: "c", deadlineAt: undefined, ...rest, ...identity, ...context },
    input: { text: "hello" },
    claimed: undefined,
  };
}

it.each([
  ["a plain call", {}, 7],
  ["one of a turn", { turn: "t-1", meta: { a: "b" } }, 8],
])("gives back %s as it was, whose short form is shorter", (_name, context, length) => {
  const run = runOf(context);
  const message = packRun(run, identity);
  expect(message).toHaveLength(length);
  expect(unpackRun(structuredClone(message), identity)).toEqual(run);
});

it.each([{}, { turn: "t-1" }])("says when the call's time is over on a clock that both threads have: %j", (context) => {
  const deadlineAt = performance.now() + 5_000;
  const message = packRun(runOf({ ...context, deadlineAt }), identity);
  expect(message[5]).toBe(sharedTime(deadlineAt));
  expect(unpackRun(message, identity).context.deadlineAt).toBe(ownTime(sharedTime(deadlineAt)));
});
