/** Worker tools that are cancelled, while their threads have better things to do. */
import { describe, expect, test } from "vitest";
import { memoryJournal, type ToolClient } from "@turnmux/gateway";
import { IMPATIENT, workerGateway, workerTools } from "../support/worker-tools.ts";

type How = Parameters<ToolClient<typeof workerTools>["busy"]>[0];

/** A call of `busy` that is in its loop. */
async function inLoop(how: How, options: Parameters<typeof workerGateway>[0] = {}) {
  const all = workerGateway(options, how === "never" ? IMPATIENT : undefined);
  const cancel = new AbortController();
  const begun = Promise.withResolvers<unknown>();
  const client = all.session.client(workerTools);
  const call = client.busy(how, { signal: cancel.signal, onProgress: begun.resolve });
  const items = call[Symbol.asyncIterator]();
  // Nobody reads them here, and they end as the call does.
  items.next().catch(() => {});
  const ended = call.result.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  await begun.promise;
  return { ...all, client, call, ended, cancel: () => cancel.abort() };
}

describe("a worker tool that is cancelled", () => {
  test.each<[How, string]>([
    ["cancelled", "saw it"],
    ["listener", "AbortError: the call was cancelled"],
  ])("sees it, in a loop that never yields too, and may still give its result: %s", async (how, value) => {
    const { ended, cancel } = await inLoop(how);
    cancel();
    expect(await ended).toEqual({ value });
  });

  test.each<How>(["signal", "throwIfAborted", "item"])(
    "ends as cancelled where it throws what it sees: %s",
    async (how) => {
      const { ended, cancel, log } = await inLoop(how);
      cancel();
      expect(await ended).toMatchObject({ error: { code: "cancelled", outcome: "failed" } });
      expect(log.of("error")).toEqual([]);
    },
  );

  test("and does not yield is ended with its thread; a call in another thread goes on, and the pool does", async () => {
    const { client, ended, cancel, log, session } = await inLoop("never", { workers: { maxThreads: 2 } });
    const other = client.count({ to: 2_000 });
    const items = other[Symbol.asyncIterator]();
    expect(await items.next()).toEqual({ done: false, value: 1 });
    cancel();
    expect(await ended).toMatchObject({ error: { code: "cancelled", outcome: "failed" } });
    expect(await log.line(/did not yield/)).toMatchObject({
      level: "warn",
      fields: { tool: "busy", afterMs: IMPATIENT },
    });
    // In the thread that has come in its place: the other one is busy.
    expect(await client.echo("here")).toBe("here");
    let last = 0;
    for await (const n of { [Symbol.asyncIterator]: () => items }) last = n;
    expect([last, await other.result]).toEqual([2_000, 2_000]);
    expect(session.state).toBe("ready");
  });

  test("by its deadline is ended likewise", async () => {
    const { session, log } = workerGateway({}, IMPATIENT);
    // With a thread that is there already, its loop has begun by then.
    await session.client(workerTools).echo(1);
    const call = session.client(workerTools).busy("never", { timeoutMs: 1_000 });
    await expect(call.result).rejects.toMatchObject({ code: "deadline_exceeded", outcome: "failed" });
    expect((await log.line(/did not yield/)).fields).toMatchObject({ tool: "busy" });
  });

  test("and takes effect once is told as unknown, and stays so for its key", async () => {
    const { session } = workerGateway({ journal: memoryJournal() }, IMPATIENT);
    const cancel = new AbortController();
    const begun = Promise.withResolvers<unknown>();
    const client = session.client(workerTools);
    const call = client.job("never", { key: "k-1", signal: cancel.signal, onProgress: begun.resolve });
    const ended = call.catch((error: unknown) => error);
    await begun.promise;
    cancel.abort();
    expect(await ended).toMatchObject({ code: "cancelled", outcome: "unknown" });
    await expect(client.job("never", { key: "k-1" })).rejects.toMatchObject({ outcome: "unknown" });
    expect(await client.job("paint", { key: "k-2" })).toBe("paint by k-2");
  });
});

describe("a call that waits for a thread", () => {
  async function full(maxQueue = 1_000) {
    const all = await inLoop("cancelled", { workers: { maxThreads: 1, maxQueue } });
    return { ...all, finish: all.cancel };
  }

  test("is said to be queued, at which place, and to run when a thread is free", async () => {
    const { client, finish, gateway } = await full();
    const said: string[] = [];
    const first = client.echo(1, { onAccept: ({ state, place }) => said.push(`1 ${state} ${place}`) });
    const second = client.echo(2, { onAccept: ({ state, reason }) => said.push(`2 ${state} ${reason}`) });
    const third = new Promise((resolve) => {
      client.echo(3, { onAccept: ({ place }) => resolve(place) }).catch(() => {});
    });
    expect(await third).toBe(3);
    expect(gateway.stats().workers).toMatchObject({ running: 1, queued: 3 });
    expect(said).toEqual(["1 queued 1", "2 queued the worker thread is busy"]);
    finish();
    expect([await first, await second]).toEqual([1, 2]);
    expect(said.filter((line) => line.startsWith("1"))).toEqual(["1 queued 1", "1 running undefined"]);
  });

  test("is not started where it is cancelled or its deadline is over, and leaves its place", async () => {
    const { client, finish, gateway } = await full();
    const cancel = new AbortController();
    const queued = Promise.withResolvers<unknown>();
    const cancelled = client.job("x", { signal: cancel.signal, onAccept: queued.resolve });
    const ended = cancelled.catch((error: unknown) => error);
    await queued.promise;
    cancel.abort();
    expect(await ended).toMatchObject({ code: "cancelled", outcome: "not_started" });
    await expect(client.echo(1, { timeoutMs: 1 })).rejects.toMatchObject({
      code: "deadline_exceeded",
      outcome: "not_started",
    });
    expect(gateway.stats().workers.queued).toBe(0);
    finish();
  });

  test("is refused where too many wait", async () => {
    const { client, finish } = await full(1);
    const queued = Promise.withResolvers<unknown>();
    const first = client.echo(1, { onAccept: queued.resolve });
    await queued.promise;
    await expect(client.echo(2)).rejects.toMatchObject({ code: "resource_exhausted", outcome: "not_started" });
    finish();
    expect(await first).toBe(1);
  });
});
