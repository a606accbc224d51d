import { expect, test } from "vitest";
import { judge, type FindingKind } from "../../src/history/checker.ts";
import { amountOf, runsAt, type History, type HistoryEvent } from "../../src/history/history.ts";

const invoked = (call: string, place: number, key = `k${place}`): HistoryEvent => ({
  type: "invoked",
  call,
  key,
  counter: "c",
  place,
});
const ok = (call: string, ...places: readonly number[]): HistoryEvent => ({ type: "ok", call, value: sum(places) });
const failed = (call: string, outcome: string): HistoryEvent => ({ type: "failed", call, code: "aborted", outcome });
const died: HistoryEvent = { type: "died" };
const recorded = (before: number): HistoryEvent => ({ type: "recorded", before });
const counted = (...places: readonly number[]): HistoryEvent => ({
  type: "counted",
  counter: "c",
  value: sum(places),
  runs: places.length,
});
const streamed = (items: number): HistoryEvent => ({ type: "streamed", call: "s", items });
const item = (number: number): HistoryEvent => ({ type: "item", call: "s", number });
const streamEnded: HistoryEvent = { type: "ok", call: "s", value: 3 };

function sum(places: readonly number[]): number {
  return places.reduce((total, place) => total + amountOf(place), 0);
}

function kinds(history: History): readonly FindingKind[] {
  return judge(history).map(({ kind }) => kind);
}

test("a counter's value says of each call how often it ran", () => {
  const value = sum([0, 2, 2, 25]);
  expect([0, 1, 2, 25].map((place) => runsAt(value, place))).toEqual([1, 0, 2, 1]);
  expect(() => amountOf(26)).toThrow(RangeError);
});

test.each<[string, History]>([
  ["nothing", []],
  ["calls one after the other", [invoked("a", 0), ok("a", 0), invoked("b", 1), ok("b", 0, 1), counted(0, 1)]],
  ["calls at once", [invoked("a", 0), invoked("b", 1), ok("a", 0, 1), ok("b", 1), counted(0, 1)]],
  ["a repetition that gets the same", [invoked("a", 0), ok("a", 0), invoked("a2", 0), ok("a2", 0), counted(0)]],
  ["a call that was cut off by a death and ran", [invoked("a", 0), died, failed("a", "unknown"), counted(0)]],
  ["a call that was cut off by a death and did not run", [invoked("a", 0), died, failed("a", "unknown"), counted()]],
  [
    "a repetition of an unknown call",
    [invoked("a", 0), died, failed("a", "unknown"), invoked("b", 0), failed("b", "unknown"), counted(0)],
  ],
  [
    "a repetition that gets what the first caller was not told",
    [invoked("a", 0), died, failed("a", "unknown"), invoked("b", 0), ok("b", 0), counted(0)],
  ],
  [
    "a repetition behind another call",
    [invoked("a", 0), ok("a", 0), invoked("b", 1), ok("b", 0, 1), invoked("a2", 0), ok("a2", 0), counted(0, 1)],
  ],
  [
    "unknown where the death came between the answer and the disk",
    [invoked("a", 0), ok("a", 0), died, invoked("b", 0), failed("b", "unknown"), counted(0)],
  ],
  ["a call that did not start", [invoked("a", 0), failed("a", "not_started"), counted()]],
  ["a call that is completed with an error", [invoked("a", 0), failed("a", "completed"), counted(0)]],
  ["items", [streamed(3), item(0), item(1), item(2), streamEnded]],
  ["items of a call that failed in between", [streamed(3), item(0), item(1), failed("s", "failed")]],
])("a history is clean: %s", (_, history) => {
  expect(judge(history)).toEqual([]);
});

test.each<[string, FindingKind, History]>([
  ["told of an effect that is not there", "lost", [invoked("a", 0), ok("a", 0), counted()]],
  ["told of completion without effect", "lost", [invoked("a", 0), failed("a", "completed"), counted()]],
  ["got a value without its own effect", "lost", [invoked("a", 0), ok("a"), counted(0)]],
  [
    "saw an effect that is gone in the end",
    "lost",
    [invoked("a", 0), invoked("b", 1), ok("a", 0, 1), failed("b", "completed"), counted(0)],
  ],
  ["ran twice", "duplicated", [invoked("a", 0), ok("a", 0), counted(0, 0)]],
  ["ran four times", "duplicated", [invoked("a", 0), ok("a", 0), counted(0, 0, 0, 0)]],
  ["ran twice without an answer known", "duplicated", [invoked("a", 0), died, failed("a", "unknown"), counted(0, 0)]],
  [
    "a repetition got another result",
    "duplicated",
    [invoked("a", 0), ok("a", 0), invoked("b", 1), ok("b", 0, 1), invoked("a2", 0), ok("a2", 0, 1), counted(0, 1)],
  ],
  [
    "a later call does not see an earlier one",
    "reordered",
    [invoked("a", 0), ok("a", 0), invoked("b", 1), ok("b", 1), counted(0, 1)],
  ],
  [
    "two calls at once each see themselves alone",
    "reordered",
    [invoked("a", 0), invoked("b", 1), ok("a", 0), ok("b", 1), counted(0, 1)],
  ],
  ["unknown although nobody died", "unknown though known", [invoked("a", 0), failed("a", "unknown"), counted(0)]],
  [
    "unknown although the death came before the call",
    "unknown though known",
    [died, invoked("a", 0), failed("a", "unknown"), counted(0)],
  ],
  [
    "unknown although an earlier caller was told",
    "unknown though known",
    [invoked("a", 0), ok("a", 0), invoked("b", 0), failed("b", "unknown"), counted(0)],
  ],
  [
    "unknown although what an earlier caller was told is on disk",
    "unknown though known",
    [invoked("a", 0), ok("a", 0), recorded(2), died, invoked("b", 0), failed("b", "unknown"), counted(0)],
  ],
  ["not_started, and it ran", "untrue not_started", [invoked("a", 0), failed("a", "not_started"), counted(0)]],
  ["failed without effect, and it has one", "untrue not_started", [invoked("a", 0), failed("a", "failed"), counted(0)]],
  ["never told", "untold", [invoked("a", 0), counted(0)]],
  ["an item missing", "lost", [streamed(3), item(0), item(2), streamEnded]],
  ["an item missing of a call that failed", "lost", [streamed(3), item(1), failed("s", "failed")]],
  ["an item twice", "duplicated", [streamed(3), item(0), item(1), item(1), item(2), streamEnded]],
  ["an item behind the next", "reordered", [streamed(3), item(1), item(0), item(2), streamEnded]],
  ["a call with items that never ends", "untold", [streamed(3), item(0)]],
])("a fault is found: %s", (_, kind, history) => {
  expect(kinds(history)).toContain(kind);
});

test("a fault is told of in a sentence that names the call", () => {
  const [finding] = judge([invoked("a", 0), ok("a", 0), counted(0, 0)]);
  expect(finding?.what).toBe("call a of c took effect 2 times.");
});
