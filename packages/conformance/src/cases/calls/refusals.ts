/**
 * Calls that do not run, and handlers that give what they must not (CALL-010 to CALL-013).
 *
 * @module
 */
import { newKey, type CallOptions } from "../../harness/calls.ts";
import { KEYS } from "../../harness/keys.ts";
import { check } from "../../suite/case.ts";
import { endedWith } from "../support.ts";
import { fails, textOf } from "./support.ts";

check({
  id: "calls.unknown-tool",
  title: "a call of a tool that there is not ends with unimplemented, not_started",
  covers: ["CALL-010.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const expected = { code: "unimplemented", outcome: "not_started", clause: "CALL-010.1" } as const;
    for (const tool of ["test.nobody", "turnmux.nobody", "x", "TEST.ECHO"])
      await fails(t, session, { tool, input: {} }, expected);
  },
});

check({
  id: "calls.not-allowed",
  title: "a call of a tool that the caller's scopes do not allow ends with permission_denied, not_started",
  covers: ["CALL-010.2"],
  role: "gateway",
  async run(t) {
    const session = await t.session();
    await fails(
      t,
      session,
      { tool: "test.secret", input: {} },
      { code: "permission_denied", outcome: "not_started", clause: "CALL-010.2" },
    );
  },
});

check({
  id: "calls.allowed",
  title: "a caller whose scopes allow a tool may call it",
  covers: ["CALL-010.2"],
  role: "gateway",
  ways: ["binary", "text"],
  needs: ["keys"],
  async run(t) {
    const session = await t.session({ hello: { key: KEYS.wide } });
    const ending = await (await t.open(session, { tool: "test.secret", input: {} })).ended();
    t.equal(ending.value, "secret", "The result", "CALL-010.2");
  },
});

/** Arguments that no contract takes, each with the path that is wrong in it. */
const MISFITS: readonly { readonly path: string; readonly call: Pick<CallOptions, "tool" | "input"> }[] = [
  { path: "items", call: { tool: "test.stream", input: { items: "marked-5f3a" } } },
  { path: "counter", call: { tool: "test.count", input: { counter: { inside: "marked-5f3a" } } } },
  { path: "by", call: { tool: "test.count", input: { counter: "marked-5f3a", by: -1 } } },
  { path: "how", call: { tool: "test.fail", input: { how: "marked-5f3a" } } },
  { path: "ms", call: { tool: "test.slow", input: { ms: ["marked-5f3a"] } } },
];

check({
  id: "calls.arguments-that-do-not-fit",
  title: "arguments that do not fit the contract end a call with invalid_argument, not_started, and the paths",
  covers: ["CALL-011.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const expected = { code: "invalid_argument", outcome: "not_started", clause: "CALL-011.1" } as const;
    for (const { path, call } of MISFITS) {
      const ending = await fails(t, session, { ...call, key: newKey() }, expected);
      t.expect(textOf(ending).includes(path), `END does not name the path ${path}.`, "CALL-011.1");
    }
    await fails(t, session, { tool: "test.stream" }, expected);
    await fails(t, session, { tool: "test.stream", input: "no object" }, expected);
  },
});

check({
  id: "calls.values-are-not-echoed",
  title: "what ends a call whose arguments do not fit shows none of their values",
  covers: ["CALL-011.2"],
  role: "both",
  async run(t) {
    const session = await t.session();
    for (const { call } of MISFITS) {
      const ending = await (await t.open(session, { ...call, key: newKey() })).ended();
      t.expect(!textOf(ending).includes("marked"), "END shows a value of the arguments.", "CALL-011.2");
    }
  },
});

check({
  id: "calls.handler-sees-no-misfit",
  title: "a handler does not run for arguments that do not fit",
  covers: ["CALL-011.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const counter = newKey();
    await (await t.open(session, { tool: "test.count", key: newKey(), input: { counter, by: 1.5 } })).ended();
    const counted = await (await t.open(session, { tool: "test.counted", input: { counter } })).ended();
    t.equal(counted.value, { value: 0, runs: 0 }, "The counter", "CALL-011.1");
  },
});

check({
  id: "calls.forbidden-result",
  title: "a result that the tool's contract forbids is not sent, and ends the call with internal, completed",
  covers: ["CALL-012"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const expected = { code: "internal", outcome: "completed", clause: "CALL-012" } as const;
    for (const tool of ["test.fail", "test.failOnce"]) {
      const ending = await fails(t, session, { tool, key: newKey(), input: { how: "result" } }, expected);
      t.expect(ending.value === undefined, "END has what the handler returned.", "CALL-012");
    }
  },
});

/** What a handler sends that its contract forbids: on its way, and behind something that is allowed. */
const WRONG_PARTS = [
  ["item", { tool: "test.stream", input: { items: 2, wrong: true } }],
  ["progress", { tool: "test.slow", input: { ms: 50, progress: 2, wrong: true } }],
] as const;

for (const [part, options] of WRONG_PARTS) {
  check({
    id: `calls.forbidden-${part}`,
    title: `${part === "item" ? "an item" : "progress"} that the tool's contract forbids is not sent, and ends the call with internal, completed`,
    covers: ["CALL-012"],
    role: "both",
    async run(t) {
      const session = await t.session();
      const call = await t.open(session, options);
      endedWith(t, await call.ended(), { code: "internal", outcome: "completed", clause: "CALL-012" });
      const came = call.inbound[part === "item" ? "items" : "progress"];
      while (came.entries.length > 0) {
        const value = JSON.stringify(await (part === "item" ? call.item() : call.progress()));
        t.expect(!value.includes("-1"), `${value} came, which the contract forbids.`, "CALL-012");
      }
    },
  });
}

check({
  id: "calls.one-at-a-time",
  title:
    "a call beyond the tool's limit of concurrent calls is refused and may be tried again, and the place becomes free",
  covers: ["CALL-013"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const first = await t.open(session, { tool: "test.single", input: { ms: 60_000 } });
    await first.accepted();
    const refused = await fails(
      t,
      session,
      { tool: "test.single", input: { ms: 1 } },
      { code: "resource_exhausted", outcome: "not_started", clause: "CALL-013" },
    );
    t.expect(refused.retryAfterMs !== undefined, "END says not when to try again.", "CALL-013");
    first.reset();
    await first.ended();
    const next = await (await t.open(session, { tool: "test.single", input: { ms: 1 } })).ended();
    t.equal(next.value, "done", "The result once there is room", "CALL-013");
  },
});

check({
  id: "calls.one-at-a-time-in-each-session",
  title: "a tool's limit of concurrent calls counts for each session alone",
  covers: ["CALL-013"],
  role: "both",
  async run(t) {
    const sessions = [await t.session({ label: "a" }), await t.session({ label: "b" })];
    const calls = await Promise.all(
      sessions.map((session) => t.open(session, { tool: "test.single", input: { ms: 150 } })),
    );
    for (const call of calls) t.equal((await call.ended()).value, "done", "The result", "CALL-013");
  },
});
