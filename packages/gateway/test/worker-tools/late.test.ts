/** A thread with calls that is late itself: what came to it meanwhile counts. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lateStart, type HandlerCall } from "@turnmux/core";
import { Phase, post, Shared, type Job } from "../../src/worker-tools/messages.ts";
import { ToolRun, type ToolFacts } from "../../src/worker-tools/tool-run.ts";
import { Log } from "../support/gateway.ts";

const TERMINATE_AFTER_MS = 20;

const facts: ToolFacts = {
  module: { url: "file:///tools.js", export: "build", contract: undefined, tool: "build" },
  effect: "once",
  hasItems: false,
  hasOutput: true,
  terminateAfterMs: TERMINATE_AFTER_MS,
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A run whose thread does what the test does. */
function run() {
  const cancel = new AbortController();
  const call: HandlerCall = {
    tool: "build",
    callId: "c-1",
    key: "k-1",
    turn: undefined,
    lineage: undefined,
    principal: "alice",
    scopes: [],
    deadlineMs: undefined,
    trace: undefined,
    meta: {},
    signal: cancel.signal,
    log: new Log(),
    waiting: () => {},
    progress: () => {},
    item: () => Promise.resolve(),
    [lateStart]: { queued: () => {}, begin: () => {} },
  };
  const toolRun = new ToolRun(facts, { year: 2026 }, call);
  const thread = Promise.withResolvers<void>();
  let job: Job | undefined;
  let isEnded = false;
  const over = toolRun.start((given, _transfer, signal) => {
    job = given;
    signal.addEventListener("abort", () => {
      isEnded = true;
      thread.reject(new Error("ended"));
    });
    return thread.promise;
  });
  if (job === undefined) throw new Error("start() had nothing run");
  const { port, shared } = job;
  return {
    result: toolRun.result,
    over,
    cancel: () => cancel.abort(),
    begin: () => Atomics.compareExchange(shared, Shared.phase, Phase.waiting, Phase.begun),
    cancelled: () => Atomics.load(shared, Shared.cancelled),
    end: (value: unknown) => post(port, { kind: "end", ending: { kind: "result", value } }),
    free: thread.resolve,
    isEnded: () => isEnded,
  };
}

test("a result that lies in its port when the thread would be ended counts, and the thread goes on", async () => {
  const { begin, cancel, cancelled, end, isEnded, result, free, over } = run();
  begin();
  cancel();
  expect(cancelled()).not.toBe(0);
  end("just in time");
  // Nothing has been read from the port in between.
  vi.advanceTimersByTime(TERMINATE_AFTER_MS);
  expect(isEnded()).toBe(false);
  expect(await result).toBe("just in time");
  free();
  await over;
});

test("without one the thread is ended, and nobody knows what became of the call", async () => {
  const { begin, cancel, isEnded, result, over } = run();
  begin();
  cancel();
  vi.advanceTimersByTime(TERMINATE_AFTER_MS - 1);
  expect(isEnded()).toBe(false);
  vi.advanceTimersByTime(1);
  expect(isEnded()).toBe(true);
  await expect(result).rejects.toMatchObject({ code: "cancelled", outcome: "unknown" });
  await over;
});

test("a call that is cancelled before its handler is called is not started, and the handler never is", async () => {
  const { begin, cancel, result, free, over } = run();
  cancel();
  expect(begin()).toBe(Phase.withdrawn);
  await expect(result).rejects.toMatchObject({ code: "cancelled", outcome: "not_started" });
  free();
  await over;
});

test("a result that the thread has posted before it was free counts, though it is read later", async () => {
  const { begin, end, result, free, over } = run();
  begin();
  end("posted");
  free();
  await over;
  expect(await result).toBe("posted");
});

test("an end that is missing when the thread is free ends the call", async () => {
  const { begin, result, free, over } = run();
  begin();
  free();
  await over;
  await expect(result).rejects.toMatchObject({ code: "internal", outcome: "unknown" });
});
