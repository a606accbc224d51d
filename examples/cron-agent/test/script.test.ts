import assert from "node:assert/strict";
import { test } from "node:test";
import { nextMove, type Move } from "../src/model/script.ts";
import { WANTED } from "../src/request.ts";

const ADDED = '{"id":"job_1"}';
const TIMEOUT = "Error: gateway timeout after 1000ms";
const UNKNOWN = "cron.add: The session was lost. It may have run. Do not repeat it; check with cron.list first.";
const DENIED = "cron.add: You may not. It did not run; do not call it again.";

/** The calls that the model makes when these results come back, as "list" and "add name"; and what it says at the end. */
function play(results: readonly string[]): { calls: string[]; reply: string } {
  const calls: string[] = [];
  for (let at = 0; ; at += 1) {
    const move: Move = nextMove(WANTED, results.slice(0, at));
    if (move.kind === "reply") return { calls, reply: move.text };
    assert.ok(at < results.length, `one call more than there are results: ${move.name}`);
    calls.push(move.name === "cron_add" ? `add ${String(move.args["name"])}` : move.name.replace("cron_", ""));
  }
}

test("the model lists before it adds each job", () => {
  const { calls, reply } = play(["[]", ADDED, "[]", ADDED]);
  assert.deepEqual(calls, ["list", "add plants", "list", "add report"]);
  assert.match(reply, /^Planned: "plants" .*"report"/);
});

test("it calls an add again after an error, and only once more", () => {
  const { calls, reply } = play(["[]", TIMEOUT, ADDED, TIMEOUT, TIMEOUT, TIMEOUT]);
  assert.deepEqual(calls, ["list", "add plants", "add plants", "list", "add report", "add report"]);
  assert.match(reply, /I do not know whether "report" is planned/);
});

test("it checks instead of repeating when the error says so", () => {
  const there = JSON.stringify([WANTED[0]]);
  const { calls, reply } = play(["[]", UNKNOWN, there, "[]", ADDED]);
  assert.deepEqual(calls, ["list", "add plants", "list", "list", "add report"]);
  assert.match(reply, /"plants"/);
});

test("it adds again when the check shows that the job is not there", () => {
  const { calls } = play(["[]", UNKNOWN, "[]", ADDED, "[]", ADDED]);
  assert.deepEqual(calls, ["list", "add plants", "list", "add plants", "list", "add report"]);
});

test("it gives up when the error says that the call will fail again", () => {
  const { calls, reply } = play(["[]", DENIED, "[]", DENIED]);
  assert.deepEqual(calls, ["list", "add plants", "list", "add report"]);
  assert.match(reply, /^I could not plan anything/);
});
