/**
 * Mutants of calls: what a caller waits for, what is refused, names, and the end of a session.
 *
 * @module
 */

import { mutant } from "../mutant.ts";

mutant({
  id: "calls.denies-what-is-not-there",
  breaks: "CALL-010.1",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/dispatcher.ts",
  find: '    if (tool === undefined) return "unknown";\n',
  replace: '    if (tool === undefined) return "denied";\n',
  why: "says permission_denied for a tool that there is not",
});

mutant({
  id: "calls.allows-everything",
  breaks: "CALL-010.2",
  roles: ["gateway", "behaviour"],
  file: "packages/core/src/session/dispatcher.ts",
  find: 'return this.#allows(tool) ? tool : "denied";',
  replace: "return tool;",
  why: "runs tools beyond the scopes",
});

mutant({
  id: "calls.hides-what-is-denied",
  breaks: "CALL-010.2",
  roles: ["gateway", "behaviour"],
  file: "packages/core/src/session/dispatcher.ts",
  find: 'return this.#allows(tool) ? tool : "denied";',
  replace: 'return this.#allows(tool) ? tool : "unknown";',
  why: "says unimplemented for a tool beyond the scopes",
});

mutant({
  id: "calls.checks-no-arguments",
  breaks: "CALL-011.1",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "      const checked = validate(call.tool.contract.input, value);\n",
  replace: "      const checked: Checked | Promise<Checked> = { ok: true, value };\n",
  why: "runs handlers with any arguments",
});

mutant({
  id: "calls.names-no-paths",
  breaks: "CALL-011.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "invalidArguments({ details: issueDetails(checked.issues) })",
  replace: "invalidArguments({})",
  why: "does not say which arguments do not fit",
});

mutant({
  id: "calls.blames-the-handler",
  breaks: "CALL-011.1",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/incoming.ts",
  find: '"the arguments do not fit the tool\'s contract", "not_started", details',
  replace: '"the arguments do not fit the tool\'s contract", "failed", details',
  why: "claims that a call failed whose arguments do not fit",
});

mutant({
  id: "calls.echoes-values",
  breaks: "CALL-011.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/contract/validate.ts",
  find: "  const messages = scrubMessages(found, value);\n",
  replace: "  const messages = scrubMessages(found, value).map((message) => `${message} ${JSON.stringify(value)}`);\n",
  why: "shows what the arguments were",
});

mutant({
  id: "calls.checks-no-results",
  breaks: "CALL-012",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/runner.ts",
  find: "  if (!checked.ok) return forbiddenResult(",
  replace: '  if (!checked.ok) return { ok: true, value: "forbidden" };\n  if (!checked.ok) return forbiddenResult(',
  why: "sends what the contract forbids",
});

mutant({
  id: "calls.takes-a-forbidden-result-for-none",
  breaks: "CALL-012",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/incoming.ts",
  find: 'return failed("internal", message, "completed");',
  replace: 'return failed("internal", message, "failed");',
  why: "claims that a call failed whose handler returned what it must not",
});

mutant({
  id: "calls.checks-no-items",
  breaks: "CALL-012",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/handler-call.ts",
  find: "      return validate(schema, value);\n",
  replace: '      return name === "item" ? { ok: true, value } : validate(schema, value);\n',
  why: "sends an item that the contract forbids",
});

mutant({
  id: "calls.checks-no-progress",
  breaks: "CALL-012",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/handler-call.ts",
  find: "      return validate(schema, value);\n",
  replace: '      return name === "progress" ? { ok: true, value } : validate(schema, value);\n',
  why: "sends a progress report that the contract forbids",
});

mutant({
  id: "calls.counts-no-concurrent-calls",
  breaks: "CALL-013",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "?? 0) < most) return undefined;",
  replace: "?? 0) < most * 100) return undefined;",
  why: "runs any number of calls of a tool at once",
});

mutant({
  id: "calls.frees-no-place",
  breaks: "CALL-013",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "    if (left === 0) this.#runningByTool.delete(tool.name);\n",
  replace: "    if (left < 0) this.#runningByTool.delete(tool.name);\n    else if (left === 0) return;\n",
  why: "keeps the place of a call that is over",
});

mutant({
  id: "calls.does-not-say-when-there-is-a-place",
  breaks: "CALL-013",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "        retryAfterMs: CONCURRENCY_RETRY_MS,\n",
  replace: "",
  why: "does not say when a call beyond the limit may be tried again",
});

mutant({
  id: "calls.counts-for-all-sessions",
  breaks: "CALL-013",
  roles: ["gateway", "client"],
  edits: [
    {
      file: "packages/core/src/session/dispatcher.ts",
      find: "  #runningByTool: Map<string, number> = EMPTY_MAP;\n",
      replace: "  #runningByTool: Map<string, number> = RUNNING;\n",
    },
    {
      file: "packages/core/src/session/dispatcher.ts",
      find: 'const FAILED: unique symbol = Symbol("failed");',
      replace: 'const RUNNING = new Map<string, number>();\n\nconst FAILED: unique symbol = Symbol("failed");',
    },
  ],
  why: "counts a tool's concurrent calls over all sessions",
});

mutant({
  id: "calls.doubts-nothing-at-the-end",
  breaks: "CALL-014",
  roles: ["client"],
  edits: [
    {
      file: "packages/core/src/peer/endings.ts",
      find: '    outcome: "unknown",\n',
      replace: '    outcome: "not_started",\n',
    },
    {
      file: "packages/core/src/session/outgoing.ts",
      find: 'outcome === "not_started" && this.cut !== undefined ? "unknown" : outcome;',
      replace: "outcome;",
    },
  ],
  why: "claims that a call did not start which was under way when the session ended",
});

mutant({
  id: "calls.reads-no-last-stream",
  breaks: "CALL-014",
  roles: ["client"],
  file: "packages/core/src/peer/peer.ts",
  find: "      const taken = stream.id !== 0 && stream.id <= frame.lastStream;\n",
  replace: "      const taken = stream.id !== 0 || frame.code !== 0;\n",
  why: "takes calls beyond the last stream of GOAWAY for taken",
});

mutant({
  id: "calls.doubts-what-was-never-written",
  breaks: "CALL-014",
  roles: ["client"],
  file: "packages/core/src/peer/peer.ts",
  find: 'if (stream.id === 0) this.#settle(stream, endedBefore(end), "untaken");',
  replace: 'if (stream.id === 0) this.#settle(stream, endedUnderWay(end), "cut");',
  why: "calls the outcome of a call unknown that was never written",
});

mutant({
  id: "calls.acts-before-it-reads",
  breaks: "CALL-015.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/system-environment.ts",
  find: "    else if (this.#prompt) this.#run();\n",
  replace: "    else if (this.#prompt || lateMs > 0) this.#run();\n",
  why: "acts on a deadline that is overdue before it has read",
});

mutant({
  id: "calls.reads-for-ever",
  breaks: "CALL-015.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/catch-up.ts",
  find: "  return overdue.passes >= LEAST_PASSES && now - overdue.since >= overdue.limitMs;\n",
  replace: "  return overdue.passes >= 1_000_000;\n",
  why: "reads on and on before it acts on a deadline that is overdue",
});

mutant({
  id: "calls.gives-each-name-a-slot",
  breaks: "CALL-016",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/interned.ts",
  find: "    if (this.#slots.includes(name)) return;\n",
  replace: "",
  why: "gives a name another slot each time that it comes",
});

mutant({
  id: "calls.has-a-slot-less",
  breaks: "CALL-016",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/interned.ts",
  find: "export const NAME_SLOTS: number = 64;",
  replace: "export const NAME_SLOTS: number = 63;",
  why: "has 63 slots",
});

mutant({
  id: "calls.has-slots-without-end",
  breaks: "CALL-016",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/interned.ts",
  find: "    if (this.#slots.length === 0) this.#slots = [name];\n    else this.#slots[this.#next] = name;\n    this.#next = (this.#next + 1) % NAME_SLOTS;\n  }\n}\n\n/** The same frame",
  replace:
    "    if (this.#slots.length === 0) this.#slots = [name];\n    else this.#slots[this.#next] ??= name;\n    this.#next = (this.#next + 1) % NAME_SLOTS;\n  }\n}\n\n/** The same frame",
  why: "gives no slot to another name",
});

mutant({
  id: "calls.names-the-turn-first",
  breaks: "CALL-016",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/interned.ts",
  find: '    const tool = this.#name("tool", frame.tool, StringLimit.tool);\n    const turn = frame.turn === undefined ? undefined : this.#name("turn", frame.turn, StringLimit.turn);\n',
  replace:
    '    const turn = frame.turn === undefined ? undefined : this.#name("turn", frame.turn, StringLimit.turn);\n    const tool = this.#name("tool", frame.tool, StringLimit.tool);\n',
  why: "gives the turn its slot before the tool",
});

mutant({
  id: "calls.forgets-names-of-refused-calls",
  breaks: "CALL-016",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "      this.#open(this.#names.named(frame));\n",
  replace:
    '      const refused = this.#peerStreams >= this.#limits.streams;\n      this.#open(refused && typeof frame.tool === "string" ? { ...frame, tool: frame.tool, turn: undefined } : this.#names.named(frame));\n',
  why: "gives names of calls beyond the limit of streams no slot",
});

mutant({
  id: "calls.writes-wrong-numbers",
  breaks: "CALL-016",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/interned.ts",
  find: "    this.#numbers.set(name, this.#next);\n",
  replace: "    this.#numbers.set(name, (this.#next + 1) % NAME_SLOTS);\n",
  why: "writes the number of another slot",
});

mutant({
  id: "calls.writes-numbers-of-names-that-are-gone",
  breaks: "CALL-016",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/interned.ts",
  find: "    if (former !== undefined) this.#numbers.delete(former);\n",
  replace: "",
  why: "writes the number of a name whose slot has another one",
});

mutant({
  id: "calls.takes-empty-slots",
  breaks: "CALL-017",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/interned.ts",
  find: "    const name = given < NAME_SLOTS ? this.#slots[given] : undefined;\n",
  replace: '    const name = this.#slots[given] ?? "test.nobody";\n',
  why: "takes a number that stands for nothing",
});

mutant({
  id: "calls.takes-any-slot-for-one",
  breaks: "CALL-017",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/interned.ts",
  find: "    const name = given < NAME_SLOTS ? this.#slots[given] : undefined;\n",
  replace: '    const name = given < NAME_SLOTS ? this.#slots[given] : "test.echo";\n',
  why: "takes numbers beyond the last slot",
});

mutant({
  id: "calls.takes-long-names-by-number",
  breaks: "CALL-017",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/interned.ts",
  find: "    if (!fits(name, limit)) {\n",
  replace: "    if (!fits(name, limit * 100)) {\n",
  why: "takes a number whose string is too long",
});

mutant({
  id: "calls.counts-alone",
  breaks: "CALL-018",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/outgoing-calls.ts",
  find: "`${this.#session.environment.id()}.`",
  replace: '"the-calls-of-this-session."',
  why: "counts its calls, without anything random",
});

mutant({
  id: "calls.has-one-identifier",
  breaks: "CALL-018",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/outgoing-calls.ts",
  find: "return this.#idPrefix + this.#lastId.toString(36);",
  replace: "return this.#idPrefix;",
  why: "gives all calls of a session one identifier",
});

mutant({
  id: "calls.draws-too-little",
  breaks: "CALL-018",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/outgoing-calls.ts",
  find: "`${this.#session.environment.id()}.`",
  replace: "`${this.#session.environment.id().slice(0, 8)}.`",
  why: "draws too few random bits for the identifiers of calls",
});
