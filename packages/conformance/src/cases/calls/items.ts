/**
 * Items and progress (CALL-008, CALL-009).
 *
 * @module
 */
import { newKey } from "../../harness/calls.ts";
import { check } from "../../suite/case.ts";
import { Effect } from "../../wire/constants.ts";

check({
  id: "calls.items-in-order",
  title: "items come in order and each once, before the result",
  covers: ["CALL-008"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const sizes = [0, 10, 5_000];
    const calls = await Promise.all(
      sizes.map((size) => t.open(session, { tool: "test.stream", input: { items: 60, size } })),
    );
    for (const [index, call] of calls.entries()) {
      const ending = await call.ended();
      t.equal(ending.value, { items: 60 }, "The result", "CALL-008");
      const pad = "x".repeat(sizes[index] ?? 0);
      t.equal(call.inbound.items.entries.length, 60, "The number of items", "CALL-008");
      for (let n = 0; n < 60; n++) t.equal(await call.item(), { n, pad }, `Item ${n}`, "CALL-008");
    }
  },
});

check({
  id: "calls.items-read-slowly",
  title: "items that wait for credit come in order and each once, too",
  covers: ["CALL-008"],
  role: "both",
  async run(t) {
    const limits = { streamCredit: 4_096, channelCredit: 16_384 };
    const session = await t.session({ hello: { limits }, welcome: { limits } });
    const call = await t.open(session, { tool: "test.stream", input: { items: 40, size: 1_000 } });
    for (let n = 0; n < 40; n++) {
      t.equal(await call.item(), { n, pad: "x".repeat(1_000) }, `Item ${n}`, "CALL-008");
    }
    t.equal((await call.ended()).value, { items: 40 }, "The result", "CALL-008");
    t.equal(call.inbound.items.entries.length, 0, "Further items", "CALL-008");
  },
});

check({
  id: "calls.items-as-the-peer-reads-them",
  title: "the peer's application gets the items of its own call in order and each once",
  covers: ["CALL-008"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.peerCalls(session, { tool: "suite.stream" });
    const incoming = await call.incoming();
    incoming.accept();
    const sent = Array.from({ length: 30 }, (_, n) => ({ n, pad: "y".repeat(n * 100) }));
    for (const item of sent) await incoming.item(item);
    await incoming.end("done");
    const settled = await call.settled();
    const items: unknown[] = [];
    if (t.role === "client") for (const _ of sent) items.push((await call.event("item"))["value"]);
    t.equal(t.role === "gateway" ? settled.items : items, sent, "The items", "CALL-008");
    t.equal(settled.value, "done", "The result", "CALL-008");
  },
});

check({
  id: "calls.progress",
  title: "progress comes in order, and the last report is the latest",
  covers: ["CALL-008"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.open(session, { tool: "test.slow", input: { ms: 300, progress: 25 } });
    await call.ended();
    const reports = call.inbound.progress.entries.length;
    t.expect(reports > 0, "No progress came.", "CALL-008");
    const seen: unknown[] = [];
    for (let i = 0; i < reports; i++) seen.push(await call.progress());
    const numbers = seen.map((value) => JSON.stringify(value));
    t.equal(numbers.at(-1), JSON.stringify({ n: 25 }), "The last report", "CALL-008");
    t.expect(new Set(numbers).size === numbers.length, "A report came twice.", "CALL-008");
  },
});

check({
  id: "calls.no-items-of-once-tools",
  title: "a tool with effect once is not offered as one that sends items, and sends none",
  covers: ["CALL-009"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const wrong = [...session.offered.values()].filter((tool) => tool.effect === Effect.once && tool.streams === true);
    t.equal(
      wrong.map(({ name }) => name),
      [],
      "Once tools that are offered with items",
      "CALL-009",
    );
    const call = await t.open(session, { tool: "test.count", key: newKey(), input: { counter: newKey(), holdMs: 50 } });
    t.equal((await call.ended()).value, { value: 1 }, "The result");
    t.equal(call.inbound.items.entries.length, 0, "Items of a once call", "CALL-009");
  },
});
