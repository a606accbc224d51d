/** A thread with calls that is late itself: what came to it meanwhile counts. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Phase } from "../../src/worker-tools/messages.ts";
import { fakeRun, TERMINATE_AFTER_MS } from "../support/fake-run.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("a result that lies in its port when the thread would be ended counts, and the thread goes on", async () => {
  const { begin, cancel, cancelled, end, isEnded, result, free, over } = fakeRun();
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
  const { begin, cancel, isEnded, result, over } = fakeRun();
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
  const { begin, cancel, result, free, over } = fakeRun();
  cancel();
  expect(begin()).toBe(Phase.withdrawn);
  await expect(result).rejects.toMatchObject({ code: "cancelled", outcome: "not_started" });
  free();
  await over;
});

test("a result that the thread has posted before it was free counts, though it is read later", async () => {
  const { begin, end, result, free, over } = fakeRun();
  begin();
  end("posted");
  free();
  await over;
  expect(await result).toBe("posted");
});

test("an end that is missing when the thread is free ends the call", async () => {
  const { begin, result, free, over } = fakeRun();
  begin();
  free();
  await over;
  await expect(result).rejects.toMatchObject({ code: "internal", outcome: "unknown" });
});

test("what a handler sends behind its end counts for nothing, though both are read at once", async () => {
  const items: unknown[] = [];
  const { begin, say, end, result, free, over } = fakeRun(async (item) => void items.push(item));
  begin();
  say({ kind: "item", value: 1 });
  end("done");
  say({ kind: "item", value: 2 });
  free();
  await over;
  expect([await result, items]).toEqual(["done", [1]]);
});

test("a thread that ends by itself is not ended once more, when another call may have its place", async () => {
  const { begin, cancel, crash, isEnded, result, over } = fakeRun();
  begin();
  cancel();
  crash(new Error("nobody catches this"));
  await expect(result).rejects.toMatchObject({ code: "internal", outcome: "unknown" });
  await over;
  vi.advanceTimersByTime(TERMINATE_AFTER_MS);
  expect([isEnded(), vi.getTimerCount()]).toEqual([false, 0]);
});
