/**
 * Keys: what runs once, is joined, and is replayed.
 *
 * @module
 */
import { check } from "../../suite/case.ts";
import { Outcome } from "../../wire/constants.ts";
import { fails, fresh, settle } from "./support.ts";

check({
  id: "behaviour.key-again",
  title: "a once call whose key comes again is not run again, and gets the result that is recorded",
  covers: ["KEY-001", "KEY-002.1"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    const call = { tool: "test.count", key: fresh(), input: { counter: fresh(), by: 3 } };
    for (let i = 0; i < 3; i++) t.equal((await settle(local, call)).value, { value: 3 }, "The result", "KEY-002.1");
    const counted = await settle(local, { tool: "test.counted", input: { counter: call.input.counter } });
    t.equal(counted.value, { value: 3, runs: 1 }, "The counter", "KEY-002.1");
  },
});

check({
  id: "behaviour.key-joins",
  title: "a once call whose key comes while it runs joins it, in whatever session of the principal",
  covers: ["KEY-001", "KEY-002.1"],
  role: "behaviour",
  async run(t) {
    const [one, two] = [await t.local(), await t.local()];
    const call = { tool: "test.count", key: fresh(), input: { counter: fresh(), holdMs: 200 } };
    const first = one.call(call);
    await first.event("accept");
    const second = two.call(call);
    t.equal((await second.event("accept"))["state"], "joined", "The state of the second call", "KEY-002.1");
    t.equal(
      [(await first.settled()).value, (await second.settled()).value],
      [{ value: 1 }, { value: 1 }],
      "The results",
      "KEY-002.1",
    );
  },
});

check({
  id: "behaviour.key-with-other-arguments",
  title: "a key that comes again with other arguments is refused, and nothing runs",
  covers: ["KEY-003"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    const key = fresh();
    const counter = fresh();
    await settle(local, { tool: "test.count", key, input: { counter } });
    await fails(
      t,
      local,
      { tool: "test.count", key, input: { counter, by: 2 } },
      ["already_exists", "not_started"],
      "KEY-003",
    );
    const counted = await settle(local, { tool: "test.counted", input: { counter } });
    t.equal(counted.value, { value: 1, runs: 1 }, "The counter", "KEY-003");
  },
});

for (const [outcome, value, clause] of [
  ["failed", Outcome.failed, "KEY-004.1"],
  ["completed", Outcome.completed, "KEY-004.2"],
] as const) {
  check({
    id: `behaviour.key-of-a-call-that-${outcome}`,
    title: `the key of a call that ended as ${outcome} ${outcome === "failed" ? "is free for another one" : "belongs to no other"}`,
    covers: [clause],
    role: "behaviour",
    async run(t) {
      const local = await t.local();
      const key = fresh();
      const call = { tool: "test.failOnce", key, input: { how: "error", outcome: value } };
      await fails(t, local, call, ["failed_precondition", outcome], clause);
      const other = { tool: "test.failOnce", key, input: { how: "error", outcome: value, message: "another" } };
      const settled = await settle(local, other);
      const expected = outcome === "failed" ? "failed_precondition" : "already_exists";
      t.equal(settled.code, expected, "The code of another call with the key", clause);
    },
  });
}

check({
  id: "behaviour.outcome-is-known",
  title: "turnmux.outcome and turnmux.calls tell of calls without a wire, too",
  covers: ["TOOL-005.1", "TOOL-006"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    const key = fresh();
    const held = local.call({ tool: "test.count", key, input: { counter: fresh(), holdMs: 60_000 } });
    await held.event("accept");
    const running = await settle(local, { tool: "turnmux.outcome", input: { key } });
    t.expect(JSON.stringify(running.value).includes('"running"'), "It is not told that the call runs.", "TOOL-005.1");
    const calls = await settle(local, { tool: "turnmux.calls", input: {} });
    t.expect(JSON.stringify(calls.value).includes(key), "The call in flight is not told of.", "TOOL-006");
    held.cancel();
    await held.settled();
    const settled = await settle(local, { tool: "turnmux.outcome", input: { key } });
    t.expect(
      JSON.stringify(settled.value).includes('"settled"'),
      "It is not told that the call is over.",
      "TOOL-005.1",
    );
  },
});

check({
  id: "behaviour.described",
  title: "turnmux.describe tells of the tools that the caller may call",
  covers: ["TOOL-004"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    const input = { tools: ["test.echo", "test.secret", "test.count"] };
    const described = JSON.stringify((await settle(local, { tool: "turnmux.describe", input })).value);
    t.expect(described.includes("test.echo") && described.includes("test.count"), "A tool is missing.", "TOOL-004");
    t.expect(!described.includes("test.slow"), "A tool is told of that nobody asked for.", "TOOL-004");
    t.expect(!described.includes("test.secret"), "A tool is told of that the scopes do not allow.", "TOOL-004");
  },
});
