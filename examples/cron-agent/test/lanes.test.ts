import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createGateway, type Gateway } from "@turnmux/gateway";
import { Lanes } from "../src/gateway/lanes.ts";

/** The lanes of a gateway that is closed when the test is over. */
function lanesOf(context: TestContext): Lanes {
  const gateway: Gateway = createGateway();
  context.after(() => gateway.close());
  return new Lanes(gateway);
}

/** A lane that a turn holds until `release` is called; `log` says what happened in it. */
async function held(context: TestContext): Promise<{
  lanes: Lanes;
  log: string[];
  turn: Promise<void>;
  lineage: string;
  release: () => void;
  note: (what: string) => void;
}> {
  const lanes = lanesOf(context);
  const log: string[] = [];
  const note = (what: string) => void log.push(what);
  const end = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<string>();
  const turn = lanes.hold("main", "turn-1", async (token) => {
    begun.resolve(token);
    await end.promise;
    note("turn ends");
  });
  return { lanes, log, turn, lineage: await begun.promise, release: end.resolve, note };
}

test("a call of the turn that holds the lane is let in, any other waits for the turn", async (context) => {
  const { lanes, log, turn, lineage, release, note } = await held(context);
  const unknown = lanes.enter("main", undefined, () => note("a call of nobody knows what"));
  const stranger = lanes.enter("main", "turn-1", () => note("a call that knows the turn's name alone"));
  await lanes.enter("main", lineage, () => note("a call of the turn"));
  await lanes.enter("other", undefined, () => note("a call of another session"));
  release();
  await Promise.all([turn, unknown, stranger]);
  assert.deepEqual(log, [
    "a call of the turn",
    "a call of another session",
    "turn ends",
    "a call of nobody knows what",
    "a call that knows the turn's name alone",
  ]);
});

test("a lane that was left by an error lets the next one in", async (context) => {
  const lanes = lanesOf(context);
  const failed = lanes.enter("main", undefined, () => Promise.reject(new Error("no")));
  const next = lanes.enter("main", undefined, () => "in");
  await assert.rejects(failed, /no/);
  assert.equal(await next, "in");
});

test("the lanes are idle when what waited has run, too", async (context) => {
  const { lanes, log, turn, release, note } = await held(context);
  const waiting = lanes.enter("main", undefined, () => note("waited"));
  const idle = lanes.idle().then(() => note("idle"));
  release();
  await Promise.all([turn, waiting, idle]);
  assert.deepEqual(log, ["turn ends", "waited", "idle"]);
  await lanes.idle();
});
