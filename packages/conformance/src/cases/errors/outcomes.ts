/**
 * What a receiver claims of a call that failed (ERR-001 to ERR-003).
 *
 * @module
 */
import { newKey, type CallOptions } from "../../harness/calls.ts";
import { check } from "../../suite/case.ts";
import { Code, Outcome, type CodeName, type OutcomeName } from "../../wire/constants.ts";
import { fails, textOf } from "../calls/support.ts";

/** Calls that fail, each in another way. */
const FAILURES: readonly Pick<CallOptions, "tool" | "input" | "deadlineMs">[] = [
  { tool: "test.nobody" },
  { tool: "test.stream", input: { items: "three" } },
  { tool: "test.fail", input: { how: "error" } },
  { tool: "test.fail", input: { how: "throw" } },
  { tool: "test.fail", input: { how: "result" } },
  { tool: "test.fail", input: { how: "hang" }, deadlineMs: 100 },
  { tool: "test.failOnce", input: { how: "error" } },
  { tool: "test.failOnce", input: { how: "throw" } },
  { tool: "test.failOnce", input: { how: "result" } },
  { tool: "test.failOnce", input: { how: "hang" }, deadlineMs: 100 },
  { tool: "turnmux.outcome", input: {} },
];

check({
  id: "errors.outcome-of-each",
  title: "every call that fails has an outcome, however it fails",
  covers: ["ERR-001", "ERR-004.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    for (const failure of FAILURES) {
      // END is checked as it is read: its code is one of the table, and an outcome is there exactly where it is not 0.
      const ending = await (await t.open(session, { ...failure, key: newKey() })).ended();
      t.expect(!ending.ok, `${failure.tool} did not fail.`, "ERR-001");
      t.expect(ending.outcome !== undefined, `${failure.tool} failed without an outcome.`, "ERR-001");
    }
  },
});

for (const [tool, effect] of [
  ["test.fail", "read"],
  ["test.failOnce", "once"],
] as const) {
  for (const outcome of ["not_started", "failed", "completed", "unknown"] as const) {
    check({
      id: `errors.claimed-${outcome}-of-${effect}`,
      title: `a tool error of a ${effect} tool that claims ${outcome} reaches the caller with it, and with its code and message`,
      covers: ["ERR-002.1", "ERR-003"],
      role: "both",
      async run(t) {
        const session = await t.session();
        const message = `told to the caller: ${outcome}`;
        const input = { how: "error", code: Code.aborted, outcome: Outcome[outcome], message };
        const ending = await fails(
          t,
          session,
          { tool, key: newKey(), input },
          { code: "aborted", outcome, clause: "ERR-002.1" },
        );
        t.equal(ending.message, message, "The message", "ERR-003");
      },
    });
  }
}

check({
  id: "errors.thrown-by-read",
  title: "what the handler of a read tool throws ends the call with internal, failed, and says nothing of what it was",
  covers: ["ERR-002.1", "ERR-003"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const expected = { code: "internal", outcome: "failed", clause: "ERR-002.1" } as const;
    const ending = await fails(t, session, { tool: "test.fail", input: { how: "throw" } }, expected);
    t.expect(!textOf(ending).includes("private"), "END tells what the handler threw.", "ERR-003");
  },
});

check({
  id: "errors.thrown-by-once",
  title: "what the handler of a once tool throws ends the call with internal, unknown, and says nothing of what it was",
  covers: ["ERR-002.1", "ERR-002.2", "ERR-003"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const expected = { code: "internal", outcome: "unknown", clause: "ERR-002.2" } as const;
    const ending = await fails(t, session, { tool: "test.failOnce", key: newKey(), input: { how: "throw" } }, expected);
    t.expect(!textOf(ending).includes("private"), "END tells what the handler threw.", "ERR-003");
  },
});

const BROKEN_OFF: readonly (readonly [tool: string, name: string, code: CodeName, outcome: OutcomeName])[] = [
  ["test.fail", "read", "deadline_exceeded", "failed"],
  ["test.failOnce", "once", "deadline_exceeded", "unknown"],
];

for (const [tool, name, code, outcome] of BROKEN_OFF) {
  check({
    id: `errors.broken-off-${name}`,
    title: `a ${name} handler that still runs when its deadline is over is broken off: ${outcome}`,
    covers: ["ERR-002.1", "ERR-002.3"],
    role: "both",
    async run(t) {
      const session = await t.session();
      const call = { tool, key: newKey(), input: { how: "hang" }, deadlineMs: 150 };
      await fails(t, session, call, { code, outcome, clause: "ERR-002.3" });
    },
  });
}

check({
  id: "errors.returned-is-completed",
  title: "a handler that returned has completed, although its result cannot be sent",
  covers: ["ERR-002.3"],
  role: "both",
  async run(t) {
    const session = await t.session();
    for (const tool of ["test.fail", "test.failOnce"]) {
      const call = { tool, key: newKey(), input: { how: "result" } };
      await fails(t, session, call, { code: "internal", outcome: "completed", clause: "ERR-002.3" });
    }
  },
});

check({
  id: "errors.result-larger-than-the-caller-takes",
  title: "a call whose result is more than its caller takes ends with resource_exhausted, completed",
  covers: ["ERR-002.3", "LIMIT-001.1"],
  role: "both",
  async run(t) {
    const limits = { message: 5_000 };
    const session = await t.session({ hello: { limits }, welcome: { limits } });
    const call = { tool: "test.echo", input: "x".repeat(6_000) };
    await fails(t, session, call, { code: "resource_exhausted", outcome: "completed", clause: "ERR-002.3" });
  },
});
