/** A gateway whose main thread is blocked outright, and whose I/O thread is not. */
import { createGateway, memoryJournal, type Gateway } from "@turnmux/gateway";
import { expect, it } from "vitest";
import type { Scenario } from "./programs/client.ts";
import { otherThread } from "./support/busy.ts";
import { own, tools } from "./support/tools.ts";

/** Goes through a scenario with the main thread blocked until its client lets it go, and gives what the client saw. */
async function blockedDuring(
  scenario: Scenario,
): Promise<{ readonly saw: unknown; readonly notes: readonly string[]; readonly echoes: number }> {
  let echoes = 0;
  const notes: string[] = [];
  const gateway: Gateway = createGateway({
    journal: memoryJournal(),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  gateway.implement(tools, {
    echo: (input) => {
      echoes += 1;
      return input;
    },
    note: ({ text }) => ({ notes: notes.push(text) }),
    hang: () => "",
  });
  const auth = { module: new URL("./programs/fatal-auth.ts", import.meta.url), export: "method" };
  gateway.addEventListener("session", ({ detail }) => {
    detail.session.implement(own, { mine: () => `${notes.push("mine")}` });
  });
  const endpoint = gateway.listen({ port: 0, auth, ioThread: true });
  try {
    await endpoint.ready;
    const client = await otherThread(endpoint.url, scenario);
    const released = client.block();
    expect(released, "the client came no further while the main thread was blocked").toBe(true);
    return { saw: await client.result, notes, echoes };
  } finally {
    await gateway.close();
  }
}

it("lets new clients in, and accepts their calls", async () => {
  const { saw } = await blockedDuring("newcomers");
  expect(saw).toEqual({
    states: ["queued", "queued", "queued"],
    late: true,
    results: [{ index: 0 }, { index: 1 }, { index: 2 }],
  });
}, 60_000);

it("ends calls that are given up as not started, and never runs them", async () => {
  const { saw, notes } = await blockedDuring("impatient");
  expect(saw).toEqual({ endings: ["cancelled, not_started", "deadline_exceeded, not_started"], notes: { notes: 1 } });
  expect(notes).toEqual(["the only one"]);
}, 60_000);

it("keeps any number of calls waiting, and runs those alone that were not given up", async () => {
  const { saw, echoes } = await blockedDuring("crowd");
  expect(saw).toEqual({ endings: ["cancelled, not_started"], results: 1_351 });
  expect(echoes).toBe(1_351);
}, 60_000);

it("joins, refuses and replays by key", async () => {
  const { saw, notes } = await blockedDuring("sameKey");
  expect(saw).toEqual({
    states: ["queued", "joined"],
    conflict: "already_exists, not_started",
    results: [{ notes: 1 }, { notes: 1 }, { notes: 1 }],
  });
  expect(notes).toEqual(["a"]);
}, 60_000);

it("keeps calls of tools that a new session may have of its own, and ends those that are given up", async () => {
  const { saw, notes } = await blockedDuring("strangers");
  expect(saw).toEqual({
    state: "queued",
    reason: "the gateway's main thread has not come to this session yet",
    endings: ["cancelled, not_started", "deadline_exceeded, not_started"],
    results: ["succeeded", "unimplemented, not_started"],
  });
  expect(notes).toEqual(["mine"]);
}, 60_000);

it("refuses who cannot prove anything", async () => {
  const { saw } = await blockedDuring("stranger");
  expect(saw).toContain("unauthenticated");
}, 60_000);

it("runs a call once whose I/O thread ended before the main thread had begun it", async () => {
  const { saw, notes } = await blockedDuring("orphan");
  expect(saw).toEqual({ notes: 1 });
  expect(notes).toEqual(["after all"]);
}, 60_000);
