import assert from "node:assert/strict";
import { test } from "node:test";
import { Lanes } from "../src/gateway/lanes.ts";

/** A lane that `turn-1` holds until `release` is called; `log` says what happened in it. */
function held(): {
  lanes: Lanes;
  log: string[];
  turn: Promise<void>;
  release: () => void;
  note: (what: string) => void;
} {
  const lanes = new Lanes();
  const log: string[] = [];
  const note = (what: string) => void log.push(what);
  const end = Promise.withResolvers<void>();
  const turn = lanes.hold("main", "turn-1", async () => {
    await end.promise;
    note("turn ends");
  });
  return { lanes, log, turn, release: end.resolve, note };
}

test("a call of the turn that holds the lane is let in, any other waits for the turn", async () => {
  const { lanes, log, turn, release, note } = held();
  const unknown = lanes.enter("main", undefined, () => note("a call of nobody knows what"));
  const stranger = lanes.enter("main", "turn-2", () => note("a call of another turn"));
  await lanes.enter("main", "turn-1", () => note("a call of the turn"));
  await lanes.enter("other", undefined, () => note("a call of another session"));
  release();
  await Promise.all([turn, unknown, stranger]);
  assert.deepEqual(log, [
    "a call of the turn",
    "a call of another session",
    "turn ends",
    "a call of nobody knows what",
    "a call of another turn",
  ]);
});

test("a lane that was left by an error lets the next one in", async () => {
  const lanes = new Lanes();
  const failed = lanes.enter("main", undefined, () => Promise.reject(new Error("no")));
  const next = lanes.enter("main", undefined, () => "in");
  await assert.rejects(failed, /no/);
  assert.equal(await next, "in");
});

test("the lanes are idle when what waited has run, too", async () => {
  const { lanes, log, turn, release, note } = held();
  const waiting = lanes.enter("main", undefined, () => note("waited"));
  const idle = lanes.idle().then(() => note("idle"));
  release();
  await Promise.all([turn, waiting, idle]);
  assert.deepEqual(log, ["turn ends", "waited", "idle"]);
  await lanes.idle();
});
