/** What the I/O thread keeps for a main thread that reads nothing: of each thing the latest. */
import { expect, it } from "vitest";
import type { PortEvent, Session, SessionControl, SessionEnd, SessionIdentity } from "@turnmux/core";
import { LateTools, ToolRegistry } from "@turnmux/core";
import type { ToMain } from "../../src/io-thread/messages.ts";
import { portLogger } from "../../src/io-thread/thread/log.ts";
import { Outbox } from "../../src/io-thread/thread/outbox.ts";
import { Refusals } from "../../src/io-thread/thread/refusals.ts";
import { TapControl } from "../../src/io-thread/thread/tap-control.ts";
import { tracing } from "../../src/io-thread/thread/traces.ts";
import { Watched } from "../../src/io-thread/watched.ts";

/** An outbox of which nothing is read, and what it would tell when all of it was. */
function unread() {
  const sent: ToMain[] = [];
  const box = new Outbox<ToMain>(
    { postMessage: (messages) => void sent.push(...(messages as ToMain[])) },
    () => 1,
    () => {},
  );
  const fill = (): void => {
    while (!box.full) box.post({ kind: "probed" });
    box.flush();
    sent.length = 0;
  };
  const readAll = (): ToMain[] => {
    while (box.waiting > 0) {
      box.read(1_000);
      box.flush();
    }
    return sent.splice(0);
  };
  const kinds = (): string[] => readAll().map((message) => ("kind" in message ? message.kind : "run"));
  return { box, fill, readAll, kinds };
}

const LOST: SessionEnd = { cause: "lost", code: "unavailable", message: "gone", byPeer: false };
const identity: SessionIdentity = { id: "s", principal: "ann", scopes: [] };

/** A session of the thread, which does nothing itself. */
function tapped(box: Outbox<ToMain>): TapControl {
  const nothing = (): void => {};
  const session = { ...identity, activeCalls: { incoming: 0, outgoing: 0 } } as unknown as Session;
  const inner: Partial<SessionControl> = {
    session,
    attach: nothing,
    suspend: nothing,
    resume: () => true,
    close: nothing,
  };
  const tap = new TapControl({
    // What a tap asks of it here.
    inner: inner as SessionControl,
    registry: new ToolRegistry({ hasJournal: false }),
    late: new LateTools("nobody has looked yet"),
    box,
    counted: nothing,
    over: nothing,
  });
  tap.attach({} as Parameters<TapControl["attach"]>[0], identity);
  return tap;
}

it("a session that loses its connection and is resumed, over and over, is told of as it stands", () => {
  const { box, fill, kinds } = unread();
  const tap = tapped(box);
  tap.announce(1);
  fill();
  for (let index = 0; index < 1_000; index++) {
    tap.suspend(LOST);
    tap.resume(identity);
  }
  expect(box.waiting).toBe(2);
  expect(kinds()).toEqual(["suspended", "resumed"]);
  fill();
  tap.suspend(LOST);
  tap.resume(identity);
  tap.suspend(LOST);
  expect(kinds()).toEqual(["suspended"]);
});

it("a session that is over before it was told of is not told of at all", () => {
  const { box, fill, kinds } = unread();
  fill();
  for (let index = 0; index < 1_000; index++) {
    const tap = tapped(box);
    tap.announce(1);
    tap.tapped({ type: "offer", tools: new Map() });
    tap.suspend(LOST);
    tap.close(LOST);
  }
  expect(box.waiting).toBe(0);
  const known = tapped(box);
  box.read(2_048);
  known.announce(1);
  fill();
  known.tapped({ type: "offer", tools: new Map() });
  known.close(LOST);
  expect(kinds()).toEqual(["sessionClosed"]);
});

it("of what a peer says of its tools and of a call the latest is told, and each item", () => {
  const { box, fill, readAll } = unread();
  const tap = tapped(box);
  fill();
  const body = (value: string) => ({ content: "local", value }) as const;
  for (let index = 0; index < 500; index++) {
    tap.tapped({ type: "accept", call: 1, accept: { state: "waiting", reason: `${index}` } });
    tap.tapped({ type: "progress", call: 1, body: body(`${index}`) });
    tap.tapped({ type: "progress", call: 2, body: body(`${index}`) });
    tap.tapped({ type: "drain", message: `${index}` });
  }
  tap.tapped({ type: "item", call: 2, body: body("a"), octets: 1 });
  tap.tapped({ type: "item", call: 2, body: body("b"), octets: 1 });
  tap.tapped({ type: "end", call: 2, ending: { ok: true, body: body("end") } });
  const events: PortEvent[] = [];
  for (const message of readAll()) if ("kind" in message && message.kind === "event") events.push(message.event);
  expect(events).toMatchObject([
    { type: "accept", call: 1, accept: { reason: "499" } },
    { type: "progress", call: 1, body: body("499") },
    { type: "progress", call: 2, body: body("499") },
    { type: "drain", message: "499" },
    { type: "item", body: body("a") },
    { type: "item", body: body("b") },
    { type: "end" },
  ]);
});

it("of lines of the log the latest are told, and how many were dropped", () => {
  const { box, fill, readAll } = unread();
  const log = portLogger(box);
  fill();
  for (let line = 0; line < 5_000; line++) log.info(`line ${line}`, { line });
  const lines = readAll().map((message) => ("kind" in message && message.kind === "log" ? message.message : ""));
  expect(lines).toHaveLength(1_001);
  expect(lines.filter((line) => line.startsWith("line ")).at(0)).toBe("line 4000");
  expect(lines.at(-1)).toBe("line 4999");
  expect(lines.find((line) => line.startsWith("turnmux: "))).toContain("4000 lines");
});

it("of calls that are traced the latest are told, each with its end", async () => {
  const { box, fill, readAll } = unread();
  const { traceCall } = tracing(box, new Watched(new Int32Array(new SharedArrayBuffer(4))));
  const trace = { callId: "c" } as unknown as Parameters<typeof traceCall>[0];
  const finish = Promise.withResolvers<unknown>();
  const known = traceCall(trace, () => finish.promise);
  fill();
  for (let index = 0; index < 3_000; index++) await traceCall(trace, async () => ({ ok: true }));
  finish.resolve({ ok: true });
  await known;
  const began = new Set<number>();
  const ended: number[] = [];
  for (const message of readAll()) {
    if (!("kind" in message)) continue;
    if (message.kind === "traceBegan") began.add(message.id);
    if (message.kind === "traceEnded") ended.push(message.id);
  }
  expect([began.size, ended.length]).toEqual([1_000, 1_001]);
  expect(ended.filter((id) => !began.has(id))).toEqual([1]);
});

it("of handshakes that were refused each is counted, whatever they say", () => {
  const { box, fill, readAll } = unread();
  const refusals = new Refusals(box);
  fill();
  for (let index = 0; index < 10_000; index++) refusals.add("unauthenticated", `stranger ${index}`, undefined);
  for (let index = 0; index < 10_000; index++) refusals.add("http_503", "too many", undefined);
  refusals.tell();
  expect(box.waiting).toBe(0);
  box.read(2_048);
  refusals.tell();
  box.flush();
  const times = readAll().map((message) => ("kind" in message && message.kind === "refused" ? message.times : 0));
  expect(times.length).toBeLessThan(70);
  expect(times.reduce((sum, one) => sum + one, 0)).toBe(20_000);
});
