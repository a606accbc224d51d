/** What a handler in a worker can pour out: as much is under way as the other thread keeps up with. */
import { MessageChannel, receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { ToolError } from "@turnmux/core";
import { Cancellation } from "../../src/worker-tools/cancellation.ts";
import { Items } from "../../src/worker-tools/items.ts";
import { ITEMS_UNDER_WAY, REPORTS_UNDER_WAY, Shared } from "../../src/worker-tools/messages.ts";
import { Reports } from "../../src/worker-tools/reports.ts";
import { fakeRun } from "../support/fake-run.ts";

/** The worker's end, and what has arrived at the other one. */
function ends() {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  const shared = new Int32Array(new SharedArrayBuffer(Shared.count * Int32Array.BYTES_PER_ELEMENT));
  return { port: port1, shared, arrived: () => read(port2) };
}

function read(port: MessagePort): unknown[] {
  const found: unknown[] = [];
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    found.push(next.message);
  }
  return found;
}

/** `"sent"`, or why not. */
function outcomes(all: readonly Promise<void>[]): Promise<string[]> {
  return Promise.all(
    all.map((each) =>
      each.then(
        () => "sent",
        (error: Error) => error.message,
      ),
    ),
  );
}

/** Resolves when what is to happen at once has happened. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test("items beyond those under way wait in the worker, and so does the handler that awaits them", async () => {
  const { port, shared, arrived } = ends();
  const items = new Items(port, new Cancellation(shared));
  const resolved: number[] = [];
  for (let i = 1; i <= ITEMS_UNDER_WAY + 2; i++) void items.send(i).then(() => resolved.push(i));
  await turn();
  expect(arrived()).toHaveLength(ITEMS_UNDER_WAY);
  // Behind each of these there was room for another one.
  const early = Array.from({ length: ITEMS_UNDER_WAY - 1 }, (_, i) => i + 1);
  expect(resolved).toEqual(early);
  const flushed: string[] = [];
  void items.flush().then(() => flushed.push("all are on their way"));
  items.taken();
  await turn();
  expect(arrived()).toEqual([{ kind: "item", value: ITEMS_UNDER_WAY + 1 }]);
  expect([resolved, flushed]).toEqual([early, []]);
  items.taken();
  await turn();
  expect(arrived()).toEqual([{ kind: "item", value: ITEMS_UNDER_WAY + 2 }]);
  expect(flushed).toEqual(["all are on their way"]);
  items.taken();
  await turn();
  expect(resolved).toHaveLength(ITEMS_UNDER_WAY + 2);
});

test("items are refused from the one on that the other thread refuses", async () => {
  const { port, shared } = ends();
  const items = new Items(port, new Cancellation(shared));
  const sent = outcomes(Array.from({ length: ITEMS_UNDER_WAY + 1 }, (_, i) => items.send(i)));
  items.refuse("it is too large");
  expect(await sent).toEqual([
    ...Array.from({ length: ITEMS_UNDER_WAY - 1 }, () => "sent"),
    "it is too large",
    "it is too large",
  ]);
  await expect(items.send("one more")).rejects.toThrow("it is too large");
});

test("items that wait end with the call", async () => {
  const { port, shared } = ends();
  const cancellation = new Cancellation(shared);
  const items = new Items(port, cancellation);
  const sent = outcomes(Array.from({ length: ITEMS_UNDER_WAY + 1 }, (_, i) => items.send(i)));
  Atomics.store(shared, Shared.cancelled, 1);
  expect(cancellation.look()).toBe(true);
  expect(await sent).toEqual([
    ...Array.from({ length: ITEMS_UNDER_WAY - 1 }, () => "sent"),
    "the call was cancelled",
    "the call was cancelled",
  ]);
});

test("there is room for a further item when the call has taken one, and not before; the end comes behind all", async () => {
  const first = Promise.withResolvers<void>();
  const came = Promise.withResolvers<void>();
  const taken: unknown[] = [];
  const { begin, say, end, heard, result, free, over } = fakeRun((value) => {
    taken.push(value);
    came.resolve();
    return taken.length === 1 ? first.promise : Promise.resolve();
  });
  const ended: unknown[] = [];
  void result.then((value) => ended.push(value));
  begin();
  say({ kind: "item", value: 1 });
  say({ kind: "item", value: 2 });
  end("done");
  await came.promise;
  await turn();
  expect([taken, heard(), ended]).toEqual([[1], [], []]);
  first.resolve();
  expect(await result).toBe("done");
  expect([taken, heard()]).toEqual([
    [1, 2],
    [{ kind: "room" }, { kind: "room" }],
  ]);
  free();
  await over;
});

test("an item that the call refuses is refused in the worker, and its error is what the call ends with", async () => {
  const error = new ToolError("resource_exhausted", "it is more than the caller takes");
  const refused = Promise.withResolvers<void>();
  const { begin, say, heard, result, free, over } = fakeRun(() => {
    refused.resolve();
    return Promise.reject(error);
  });
  begin();
  say({ kind: "item", value: 1 });
  await refused.promise;
  await turn();
  expect(heard()).toEqual([{ kind: "refused", message: "it is more than the caller takes" }]);
  say({ kind: "end", ending: { kind: "refused" } });
  await expect(result).rejects.toBe(error);
  free();
  await over;
});

test("of reports that have to wait the latest counts, and it leaves when others were taken", () => {
  const { port, shared, arrived } = ends();
  const reports = new Reports(port, shared);
  for (let i = 1; i <= REPORTS_UNDER_WAY + 5; i++) reports.report({ kind: "progress", value: i });
  reports.report({ kind: "waiting", reason: "for the auditors" });
  expect(arrived()).toHaveLength(REPORTS_UNDER_WAY);
  reports.flush();
  expect(arrived()).toEqual([]);
  Atomics.add(shared, Shared.reportsTaken, 1);
  reports.flush();
  expect(arrived()).toEqual([{ kind: "progress", value: REPORTS_UNDER_WAY + 5 }]);
  reports.flush(true);
  expect(arrived()).toEqual([{ kind: "waiting", reason: "for the auditors" }]);
});
