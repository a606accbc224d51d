/** Calls whose keys the I/O thread had claimed when it ended, and of which it had not told the main thread. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { defineTools, memoryJournal, tool } from "@turnmux/gateway";
import type { KillingStart } from "../support/client-that-kills.ts";
import { testGateway } from "../support/gateway.ts";
import { mortal } from "../support/mortal.ts";

const tools = defineTools({
  note: tool({ description: "Notes", input: z.object({ n: z.number() }), output: z.number(), effect: "once" }),
});

/** More than what is told to a main thread that looks at nothing. */
const CALLS = 1_100;

/** A gateway whose main thread has just been blocked until so many calls were queued. */
async function flooded(kills: boolean) {
  const journal = memoryJournal();
  const { gateway } = testGateway({ journal });
  const ran: number[] = [];
  gateway.implement(tools, { note: ({ n }) => ran.push(n) });
  const { endpoint } = await mortal(gateway);
  const state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const workerData: KillingStart = { url: endpoint.url, tool: "note", calls: CALLS, sessions: 2, kills, state };
  const execArgv = ["--conditions=turnmux-source"];
  const client = new Worker(new URL("../support/client-that-kills.ts", import.meta.url), { workerData, execArgv });
  onTestFinished(async () => void (await client.terminate()));
  await once(client, "message");
  const ended = once(client, "message");
  Atomics.store(state, 0, 2);
  Atomics.notify(state, 0);
  // Until then this thread does nothing.
  expect(Atomics.wait(state, 0, 2, 50_000)).not.toBe("timed-out");
  return { gateway, journal, ran, ended };
}

it("run at its successor, once each, however many wait for a blocked main thread", async () => {
  const { ran, ended } = await flooded(true);
  expect(await ended).toEqual([["ok"]]);
  expect(ran.toSorted((a, b) => a - b)).toEqual(Array.from({ length: CALLS }, (_, n) => n));
}, 90_000);

it("leave their keys free where their gateway is closed instead", async () => {
  const { gateway, journal, ran, ended } = await flooded(false);
  await gateway.close();
  await ended;
  const records = await journal.find(Array.from({ length: CALLS }, (_, n) => ({ principal: "alice", key: `k${n}` })));
  expect(records.filter((record) => record !== undefined)).toEqual([]);
  expect(ran).toEqual([]);
}, 90_000);
