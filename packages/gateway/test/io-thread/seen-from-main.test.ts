/** What the I/O thread does by itself, as the main thread's statistics and diagnostics channels show it. */
import { channel, tracingChannel } from "node:diagnostics_channel";
import { expect, it, onTestFinished } from "vitest";
import { workerTool, type CallTraceMessage, type Journal, type Occurrence } from "@turnmux/gateway";
import { connected, listening, testGateway } from "../support/gateway.ts";
import { openJournal } from "../support/journal-files.ts";
import { tools } from "../support/worker-module-with-contract.ts";
import { IMPATIENT } from "../support/worker-tools.ts";

const MODULE = new URL("../support/worker-module-with-contract.ts", import.meta.url);

/** A client of a gateway whose I/O thread runs all of its tools in a pool of its own. */
async function beside(journal: Journal) {
  const { gateway } = testGateway({ journal, workers: { maxThreads: 1 } });
  const handlerOf = (name: string) =>
    workerTool(MODULE, { export: name, contract: "tools", terminateAfterMs: IMPATIENT });
  gateway.implement(tools, { double: handlerOf("double"), quiet: handlerOf("quiet"), stuck: handlerOf("stuck") });
  const session = await connected(await listening(gateway, { ioThread: true }));
  return { gateway, session, client: session.client(tools) };
}

it("counts the calls and threads of the pool, and each commit of the journal", async () => {
  const commits: unknown[] = [];
  const listener = (message: unknown): void => void commits.push((message as Occurrence).fields?.["operations"]);
  channel("turnmux:journal").subscribe(listener);
  onTestFinished(() => {
    channel("turnmux:journal").unsubscribe(listener);
  });
  const { gateway, client } = await beside(openJournal());
  const begun = Promise.withResolvers<unknown>();
  const stop = new AbortController();
  const stuck = client.stuck({}, { key: "k", signal: stop.signal, onProgress: begun.resolve });
  stuck.catch(() => {});
  await begun.promise;
  const queued = Promise.withResolvers<unknown>();
  const waits = client.double({ text: "4" }, { onAccept: queued.resolve });
  await queued.promise;
  await expect
    .poll(() => gateway.stats())
    .toMatchObject({
      sessions: 1,
      running: { incoming: 2 },
      workers: { running: 1, queued: 1 },
    });
  stop.abort();
  await expect(stuck).rejects.toMatchObject({ code: "cancelled", outcome: "unknown" });
  expect(await waits.result).toEqual({ twice: 8 });
  await expect.poll(() => gateway.stats().workers).toMatchObject({ running: 0, queued: 0 });
  // The claim and the end of the call with a key.
  await expect.poll(() => commits).toEqual([1, 1]);
}, 60_000);

it("traces the calls of the pool, with their end", async () => {
  const seen: CallTraceMessage[] = [];
  const listener = (message: unknown): void => {
    const one = message as CallTraceMessage;
    if (one.direction === "incoming") seen.push(one);
  };
  const traced = tracingChannel("turnmux:call");
  traced.asyncEnd.subscribe(listener);
  onTestFinished(() => traced.asyncEnd.unsubscribe(listener));
  const { session, client } = await beside(openJournal());
  expect(await session.turn("t-1").client(tools).double({ text: "4" }).result).toEqual({ twice: 8 });
  await expect(client.double({ text: "5" }).result).rejects.toMatchObject({ code: "internal" });
  await expect.poll(() => seen.length).toBe(2);
  expect(seen).toMatchObject([
    { tool: "double", turn: "t-1", sessionId: session.id, principal: "alice", result: { ok: true } },
    { tool: "double", error: { code: "internal", outcome: "completed" } },
  ]);
}, 60_000);
