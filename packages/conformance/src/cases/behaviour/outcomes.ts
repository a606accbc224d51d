/**
 * How calls end: results, refusals, failures, cancellation, deadlines.
 *
 * @module
 */
import { check } from "../../suite/case.ts";
import { Code, Outcome, type CodeName, type OutcomeName } from "../../wire/constants.ts";
import { fails, fresh, settle } from "./support.ts";

const CODES = (Object.keys(Code) as CodeName[]).filter((name) => name !== "ok");
const OUTCOMES = Object.keys(Outcome) as OutcomeName[];

check({
  id: "behaviour.tool-errors",
  title: "a tool error reaches the caller with its code, its outcome and its message",
  covers: ["ERR-002.1", "ERR-004.1"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    for (const [index, code] of CODES.entries()) {
      const outcome = OUTCOMES[index % 4] ?? "failed";
      const input = { how: "error", code: Code[code], outcome: Outcome[outcome], message: `because of ${code}` };
      // A wrong code breaks ERR-004.1, a wrong outcome ERR-002.1.
      const settled = await fails(t, local, { tool: "test.fail", input }, [code, outcome]);
      t.equal(settled.message, `because of ${code}`, "The message");
      t.equal(settled.retryable, ["resource_exhausted", "unavailable"].includes(code), "Whether it may be tried again");
    }
  },
});

for (const [tool, outcome] of [
  ["test.fail", "failed"],
  ["test.failOnce", "unknown"],
] as const) {
  check({
    id: `behaviour.thrown-by-${tool}`,
    title: `what the handler of ${tool} throws ends the call with internal, ${outcome}, and is not told`,
    covers: ["ERR-002.1", "ERR-002.2", "ERR-003"],
    role: "behaviour",
    async run(t) {
      const local = await t.local();
      const call = { tool, key: fresh(), input: { how: "throw" } };
      const settled = await fails(t, local, call, ["internal", outcome], "ERR-002.2");
      t.expect(!JSON.stringify(settled).includes("private"), "The caller is told what was thrown.", "ERR-003");
    },
  });

  check({
    id: `behaviour.forbidden-result-of-${tool}`,
    title: `a result of ${tool} that its contract forbids ends the call with internal, completed`,
    covers: ["CALL-012", "ERR-002.3"],
    role: "behaviour",
    async run(t) {
      const local = await t.local();
      await fails(t, local, { tool, key: fresh(), input: { how: "result" } }, ["internal", "completed"]);
    },
  });

  check({
    id: `behaviour.cancelled-${tool}`,
    title: `a call of ${tool} that is cancelled while it runs ends with cancelled, ${outcome}`,
    covers: ["CALL-005.1", "CALL-005.2"],
    role: "behaviour",
    async run(t) {
      const local = await t.local();
      const call = local.call({ tool, key: fresh(), input: { how: "hang" } });
      await call.event("accept");
      call.cancel();
      const settled = await call.settled();
      t.equal(
        [settled.ok, settled.code, settled.outcome],
        [false, "cancelled", outcome],
        "How the call ended",
        "CALL-005.2",
      );
    },
  });

  check({
    id: `behaviour.deadline-of-${tool}`,
    title: `a call of ${tool} whose deadline is over ends with deadline_exceeded, ${outcome}`,
    covers: ["CALL-006.1"],
    role: "behaviour",
    async run(t) {
      const local = await t.local();
      const call = { tool, key: fresh(), input: { how: "hang" }, timeoutMs: t.ms(150) };
      await fails(t, local, call, ["deadline_exceeded", outcome], "CALL-006.1");
    },
  });
}

check({
  id: "behaviour.completed-all-the-same",
  title: "a call that completes although it was cancelled ends with its result",
  covers: ["CALL-005.2"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    const call = local.call({ tool: "test.slow", input: { ms: 200, stubborn: true } });
    await call.event("accept");
    call.cancel();
    const settled = await call.settled();
    t.equal([settled.ok, settled.value], [true, "done"], "How the call ended", "CALL-005.2");
  },
});

check({
  id: "behaviour.deadline-of-the-tool",
  title: "the tool's longest deadline counts where it is below the caller's",
  covers: ["CALL-006.3"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    const call = { tool: "test.short", input: { ms: 60_000 }, timeoutMs: 30_000 };
    await fails(t, local, call, ["deadline_exceeded", "failed"], "CALL-006.3");
    t.equal(
      (await settle(local, { tool: "test.short", input: { ms: 1 } })).value,
      "done",
      "The result in time",
      "CALL-006.3",
    );
  },
});

check({
  id: "behaviour.unknown-tools",
  title: "calls of tools that there are not, or that the scopes do not allow, are refused",
  covers: ["CALL-010.1", "CALL-010.2"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    for (const tool of ["test.nobody", "turnmux.nobody", "not a name", ""]) {
      await fails(t, local, { tool, input: {} }, ["unimplemented", "not_started"], "CALL-010.1");
    }
    await fails(t, local, { tool: "test.secret", input: {} }, ["permission_denied", "not_started"], "CALL-010.2");
  },
});

check({
  id: "behaviour.contracts",
  title: "arguments that do not fit the contract are refused, and what they were is not told",
  covers: ["CALL-011.1", "CALL-011.2"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    const counter = fresh();
    const misfits = [
      { tool: "test.count", key: fresh(), input: { counter, by: "marked-77" } },
      { tool: "test.slow", input: { ms: "marked-77" } },
      { tool: "test.stream", input: ["marked-77"] },
      { tool: "test.fail" },
    ];
    for (const call of misfits) {
      const settled = await fails(t, local, call, ["invalid_argument", "not_started"], "CALL-011.1");
      t.expect(!JSON.stringify(settled).includes("marked"), "The caller is told a value.", "CALL-011.2");
    }
    const counted = await settle(local, { tool: "test.counted", input: { counter } });
    t.equal(counted.value, { value: 0, runs: 0 }, "The counter", "CALL-011.1");
  },
});

check({
  id: "behaviour.one-at-a-time",
  title: "a call beyond the tool's limit of concurrent calls is refused, and may be tried again",
  covers: ["CALL-013"],
  role: "behaviour",
  async run(t) {
    const local = await t.local();
    const first = local.call({ tool: "test.single", input: { ms: 60_000 } });
    await first.event("accept");
    const call = { tool: "test.single", input: { ms: 1 } };
    const refused = await fails(t, local, call, ["resource_exhausted", "not_started"], "CALL-013");
    t.equal(refused.retryable, true, "Whether it may be tried again", "CALL-013");
    first.cancel();
    await first.settled();
    t.equal((await settle(local, call)).value, "done", "The result once there is room", "CALL-013");
  },
});
