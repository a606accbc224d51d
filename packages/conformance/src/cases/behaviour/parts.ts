/**
 * What a call gives before its result: acceptance, progress, items.
 *
 * @module
 */
import { check } from "../../suite/case.ts";

check({
  id: "behaviour.accepted",
  title: "a call is accepted while its handler runs",
  covers: ["CALL-001"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    const call = local.call({ tool: "test.slow", input: { ms: 60_000 } });
    t.equal((await call.event("accept"))["state"], "running", "The state", "CALL-001");
    call.cancel();
    await call.settled();
  },
});

check({
  id: "behaviour.progress",
  title: "progress comes in order, and the last report is the latest",
  covers: ["CALL-008"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    const call = local.call({ tool: "test.slow", input: { ms: 150, progress: 5 } });
    let n = 0;
    while (n < 5) {
      const { value } = await call.event("progress");
      const text = JSON.stringify(value);
      const next = [1, 2, 3, 4, 5].find((one) => text === JSON.stringify({ n: one })) ?? 0;
      t.expect(next > n, `The report ${text} came behind ${n}.`, "CALL-008");
      n = next;
    }
    t.equal((await call.settled()).value, "done", "The result", "CALL-008");
  },
});

check({
  id: "behaviour.items",
  title: "items come in order and each once, before the result",
  covers: ["CALL-008"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    const call = local.call({ tool: "test.stream", input: { items: 300, size: 10 } });
    for (let n = 0; n < 300; n++) {
      t.equal((await call.event("item"))["value"], { n, pad: "x".repeat(10) }, "The item", "CALL-008");
    }
    t.equal((await call.settled()).value, { items: 300 }, "The result", "CALL-008");
  },
});

check({
  id: "behaviour.items-that-are-left",
  title: "a call whose reader leaves the loop over its items is cancelled",
  covers: ["CALL-005.1", "CALL-008"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    const call = local.call({ tool: "test.stream", input: { items: 0, endless: true }, take: 3 });
    for (let n = 0; n < 3; n++) t.equal((await call.event("item"))["value"], { n, pad: "" }, "The item", "CALL-008");
    call.leave();
    const settled = await call.settled();
    t.equal([settled.ok, settled.code], [false, "cancelled"], "How the call ended", "CALL-005.1");
  },
});

check({
  id: "behaviour.items-that-are-not-read",
  title: "a reader that reads slowly gets every item",
  covers: ["CALL-008"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    const call = local.call({ tool: "test.stream", input: { items: 600 }, take: 1 });
    for (let n = 0; n < 600; n++) {
      t.equal((await call.event("item"))["value"], { n, pad: "" }, "The item", "CALL-008");
      call.read(n === 599 ? 2 : 1);
    }
    t.equal((await call.settled()).value, { items: 600 }, "The result", "CALL-008");
  },
});
