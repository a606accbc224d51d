/**
 * Mutants of calls: acceptance, cancellation, deadlines, items.
 *
 * @module
 */

import { mutant } from "../mutant.ts";

mutant({
  id: "calls.accepts-nothing",
  breaks: "CALL-001",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/handler-call.ts",
  find: '    this.#told = true;\n    this.execution.accept({ state: "running" });\n',
  replace: "    this.#told = true;\n",
  why: "never says that a handler runs",
});

mutant({
  id: "calls.accepts-before-the-journal",
  breaks: "CALL-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/keyed-calls.ts",
  find: "    const { principal, key } = context;\n    const verdict = await",
  replace:
    '    const { principal, key } = context;\n    execution.accept({ state: "running" });\n    const verdict = await',
  why: "says ACCEPT before the journal has the call",
});

mutant({
  id: "calls.runs-without-the-journal",
  breaks: "CALL-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/keyed-calls.ts",
  find: '      case "refuse":\n        once.release(principal, key);\n        execution.settle(verdict.settled);\n        return;\n',
  replace: '      case "refuse":\n        await this.#runs(once, execution, context);\n        return;\n',
  why: "runs a once call that the journal refused",
});

mutant({
  id: "calls.leaves-some-without-end",
  breaks: "CALL-004",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/incoming.ts",
  find: "    if (!this.#void) this.#answer(",
  replace: "    if (!this.#void && this.number % 7 !== 0) this.#answer(",
  why: "does not answer every call",
});

mutant({
  id: "calls.forgets-calls-that-never-were-complete",
  breaks: "CALL-004",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: '      const message = "cancelled before its arguments were complete";\n',
  replace: '      if (stream.id > 0) return;\n      const message = "cancelled before its arguments were complete";\n',
  why: "does not answer a call that is cancelled before its arguments are complete",
});

mutant({
  id: "calls.keeps-reset-to-itself",
  breaks: "CALL-005.1",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "    } else if (!call.execution.cancel(call, reason)) {\n",
  replace: '    } else if (reason.outcome === "failed") {\n',
  why: "does not abort the handler of a call that is cancelled",
});

mutant({
  id: "calls.answers-reset-at-once",
  breaks: "CALL-005.2",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/dispatcher.ts",
  find: '    if (call.execution === undefined) {\n      call.settle(failed("cancelled", "the call was',
  replace: '    if (call.execution?.ending === undefined) {\n      call.settle(failed("cancelled", "the call was',
  why: "says cancelled before it knows what the handler did",
});

mutant({
  id: "calls.begins-items-behind-reset",
  breaks: "CALL-005.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "    if (this.#writer.dropItems(stream) === 0) return;\n",
  replace: "    if (stream.id > 0) return;\n",
  why: "sends items that wait although the call was given up",
});

mutant({
  id: "calls.keeps-items-that-wait",
  breaks: "CALL-005.4",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "    if (this.#writer.dropItems(stream) === 0) return;\n",
  replace: "    if (stream.id > 0) return;\n",
  why: "ends a call that was given up behind items that wait for credit",
});

mutant({
  id: "calls.ends-well-without-items",
  breaks: "CALL-005.5",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "completed.ok && stream.cutShort && stream.givenUp !== undefined ? cutShort(stream.givenUp) : completed;",
  replace: "completed;",
  why: "claims success where items were dropped",
});

mutant({
  id: "calls.completes-what-failed",
  breaks: "CALL-005.5",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "completed.ok && stream.cutShort &&",
  replace: "stream.cutShort &&",
  why: "claims that a call completed which was broken off",
});

mutant({
  id: "calls.cuts-short-with-one-code",
  breaks: "CALL-005.5",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/endings.ts",
  find: '  return { ok: false, code, message, outcome: "completed", body: NO_BODY };\n}\n\n/** What the calls',
  replace:
    '  return { ok: false, code: "cancelled", message, outcome: "completed", body: NO_BODY };\n}\n\n/** What the calls',
  why: "always says cancelled where items were dropped",
});

mutant({
  id: "calls.keeps-no-deadline",
  breaks: "CALL-006.1",
  roles: ["gateway", "client", "behaviour"],
  edits: [
    {
      file: "packages/core/src/session/dispatcher.ts",
      find: "    if (deadlineMs !== undefined) call.deadline =",
      replace: "    if (deadlineMs !== undefined && deadlineMs < 0) call.deadline =",
    },
    {
      file: "packages/core/src/session/caller.ts",
      find: "      call.deadline = deadlines.set(request.deadline, expire, call);",
      replace: "      call.deadline = deadlines.set(request.deadline + 60_000, expire, call);",
    },
  ],
  why: "lets calls run beyond their deadline",
});

mutant({
  id: "calls.runs-what-is-overdue",
  breaks: "CALL-006.1",
  roles: ["gateway", "client"],
  edits: [
    {
      file: "packages/core/src/session/dispatcher.ts",
      find: "    if (event.deadlineMs === 0) {\n",
      replace: "    if (event.deadlineMs === -1) {\n",
    },
    {
      file: "packages/core/src/session/dispatcher.ts",
      find: ".set(now + deadlineMs, expire, call)",
      replace: ".set(now + deadlineMs + 1_000, expire, call)",
    },
  ],
  why: "runs a call whose deadline was over when it came",
});

mutant({
  id: "calls.leaves-the-handler-running",
  breaks: "CALL-006.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/dispatcher.ts",
  find: '"the deadline is over", outcome));\n    call.giveUp(reason);\n',
  replace: '"the deadline is over", outcome));\n    if (reason.outcome === "failed") call.giveUp(reason);\n',
  why: "does not abort the handler of a call whose deadline is over",
});

mutant({
  id: "calls.has-no-longest-deadline",
  breaks: "CALL-006.3",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "    const deadlineMs = lesser(event.deadlineMs ?? tool.timeoutMs, tool.maxTimeoutMs);\n    if (event",
  replace: "    const deadlineMs = (event.deadlineMs ?? tool.timeoutMs);\n    if (event",
  why: "lets the caller's deadline count alone",
});

mutant({
  id: "calls.has-no-default-deadline",
  breaks: "CALL-006.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "    const deadlineMs = lesser(event.deadlineMs ?? tool.timeoutMs, tool.maxTimeoutMs);\n    if (event",
  replace: "    const deadlineMs = lesser(event.deadlineMs, tool.maxTimeoutMs);\n    if (event",
  why: "lets the tool's longest deadline count where the caller has none, and not its default",
});

mutant({
  id: "calls.takes-the-greater-deadline",
  breaks: "CALL-006.3",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/dispatcher.ts",
  find: ": Math.min(a, b);",
  replace: ": Math.max(a, b);",
  why: "lets the greater deadline count",
});

mutant({
  id: "calls.takes-the-tools-deadline",
  breaks: "CALL-006.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "    const deadlineMs = lesser(event.deadlineMs ?? tool.timeoutMs, tool.maxTimeoutMs);\n    if (event",
  replace: "    const deadlineMs = (tool.maxTimeoutMs ?? event.deadlineMs ?? tool.timeoutMs);\n    if (event",
  why: "lets the tool's longest deadline count where the caller's is shorter",
});

mutant({
  id: "calls.does-not-tell-its-deadline",
  breaks: "CALL-006.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/dispatcher.ts",
  find: "      call.shortenedMs = deadlineMs;\n",
  replace: "      call.shortenedMs = undefined;\n",
  why: "does not say that the deadline is another one than the caller asked for",
});

mutant({
  id: "calls.gives-up-in-silence",
  breaks: "CALL-007.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/caller.ts",
  find: "    port.reset(call.number, why.code",
  replace: '    if (why.code === "cancelled") port.reset(call.number, why.code',
  why: "sends no RESET when its wait is over",
});

mutant({
  id: "calls.cancels-what-is-overdue",
  breaks: "CALL-007.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/caller.ts",
  find: 'why.code === "cancelled" ? "cancelled" : "deadline_exceeded");',
  replace: '"cancelled");',
  why: "says cancelled where its deadline is over",
});

mutant({
  id: "calls.waits-for-accept-for-ever",
  breaks: "CALL-007.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/caller.ts",
  find: "    if (acceptTimeoutMs !== undefined) {\n",
  replace: "    if (acceptTimeoutMs === -1) {\n",
  why: "does not limit the wait for ACCEPT",
});

mutant({
  id: "calls.waits-behind-accept",
  breaks: "CALL-007.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/outgoing.ts",
  find: "    this.accepted = true;\n    this.acceptDeadline?.cancel();\n",
  replace: "    this.accepted = true;\n",
  why: "gives up calls that were accepted in time",
});

mutant({
  id: "calls.asks-nobody",
  breaks: "CALL-019.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/accept-limit.ts",
  find: "    call.port?.pulse?.ask();\n",
  replace: "",
  why: "gives up a call that is not accepted without a question",
});

mutant({
  id: "calls.takes-busy-for-dead",
  breaks: "CALL-019.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/accept-limit.ts",
  find: "      if (isBusy(call, askedAt)) limit",
  replace: "      if (call.settled) limit",
  why: "gives up a call although its peer says that it is busy",
});

mutant({
  id: "calls.waits-once-for-the-busy",
  breaks: "CALL-019.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/accept-limit.ts",
  find: "      if (isBusy(call, askedAt)) limitAcceptance(call, session, limitMs, expired);\n",
  replace:
    "      if (isBusy(call, askedAt)) call.acceptDeadline = deadlines.set(askedAt + limitMs, () => expired(call));\n",
  why: "begins the limit anew only once",
});

mutant({
  id: "calls.takes-dead-for-busy",
  breaks: "CALL-007.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/accept-limit.ts",
  find: "said.at >= askedAt - ASK_AGAIN_MS && ",
  replace: "",
  why: "waits for ever for a peer that was busy and is gone",
});

mutant({
  id: "calls.takes-an-answer-for-busy",
  breaks: "CALL-007.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/accept-limit.ts",
  find: "(said.lagMs ?? 0) >= BUSY_MS",
  replace: "(said.lagMs ?? BUSY_MS) >= 0",
  why: "waits for ever for a peer that answers and accepts nothing",
});

mutant({
  id: "calls.knows-what-nobody-knows",
  breaks: "CALL-007.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/caller.ts",
  find: 'call.sent ? "unknown" : "not_started"',
  replace: 'call.sent ? "not_started" : "unknown"',
  why: "claims that a call did not start which was sent",
});

mutant({
  id: "calls.doubts-what-was-never-sent",
  breaks: "CALL-007.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/endings.ts",
  find: '"not sent before its deadline";\n  return { ok: false, code, message, outcome: "not_started"',
  replace: '"not sent before its deadline";\n  return { ok: false, code, message, outcome: "unknown"',
  why: "calls the outcome of a call unknown that was never sent",
});

mutant({
  id: "calls.waits-for-the-truth-for-ever",
  breaks: "CALL-007.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/caller.ts",
  find: "    const at = environment.now() + verdictMs;\n    if (call",
  replace: "    const at = environment.now() + verdictMs + 60_000;\n    if (call",
  why: "settles no call by itself",
});

mutant({
  id: "calls.writes-what-is-overdue",
  breaks: "CALL-007.3",
  roles: ["gateway", "client"],
  edits: [
    {
      file: "packages/core/src/peer/peer.ts",
      find: "      this.#control.wake();\n      this.#settle(stream, notSent(code));\n      return;\n",
      replace: "      this.#control.wake();\n      return;\n",
    },
    {
      file: "packages/core/src/peer/peer.ts",
      find: "    if (stream.deadline !== undefined && stream.deadline <= now) {\n",
      replace: "    if (stream.deadline !== undefined && stream.deadline < 0) {\n",
    },
  ],
  why: "opens a call whose deadline is over",
});

mutant({
  id: "calls.tells-no-deadline",
  breaks: "CALL-007.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/frames.ts",
  find: "request.deadline === undefined ? undefined : wholeMs(request.deadline - now)",
  replace: "request.deadline === undefined ? undefined : wholeMs(0)",
  why: "writes OPEN as if its deadline were over",
});

mutant({
  id: "calls.turns-items-round",
  breaks: "CALL-008",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/writer.ts",
  find: "    else stream.bodies.push(body);\n",
  replace:
    '    else if (body.kind === "item" && stream.bodies.every(({ started }) => !started)) stream.bodies.unshift(body);\n    else stream.bodies.push(body);\n',
  why: "sends a later item before earlier ones",
});

mutant({
  id: "calls.sends-items-twice",
  breaks: "CALL-008",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: '    this.#queueData(stream, "item", body);\n',
  replace: '    this.#queueData(stream, "item", body);\n    this.#queueData(stream, "item", body);\n',
  why: "sends each item twice",
});

mutant({
  id: "calls.reads-items-twice",
  breaks: "CALL-008",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/caller.ts",
  find: "    else call.items.push(value, octets, call);\n",
  replace: "    else {\n      call.items.push(value, octets, call);\n      call.items.push(value, 0, call);\n    }\n",
  why: "gives its application each item twice",
});

mutant({
  id: "calls.loses-items",
  breaks: "CALL-008",
  roles: ["gateway", "client", "behaviour"],
  edits: [
    {
      file: "packages/core/src/session/incoming.ts",
      find: "    if (this.#port.item(this.number, body)) return;\n",
      replace:
        "    this.since === this.#items++ || (this.#items > 9 && this.#items < 11) || this.#port.item(this.number, body);\n    if (this.#items > 0) return;\n",
    },
    {
      file: "packages/core/src/session/incoming.ts",
      find: "  #room: (() => void)[] | undefined;\n",
      replace: "  #room: (() => void)[] | undefined;\n  #items = 0;\n",
    },
  ],
  why: "leaves an item out",
});

mutant({
  id: "calls.keeps-the-first-progress",
  breaks: "CALL-008",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "    if (former !== undefined) this.#writer.keepBodies(stream, (body) => body !== former);\n",
  replace: "    if (former !== undefined) return;\n",
  why: "sends the first of several progress reports",
});

mutant({
  id: "calls.sends-items-of-once-tools",
  breaks: "CALL-009",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/incoming.ts",
  find: "    if (!this.#void) this.#answer(",
  replace:
    '    if (!this.#void && this.tool.contract.effect === "once") this.#port.item(this.number, this.#port.encode("item"));\n    if (!this.#void) this.#answer(',
  why: "sends an item of a once call",
});

mutant({
  id: "calls.offers-items-of-once-tools",
  breaks: "CALL-009",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/registry.ts",
  find: "      streams: contract.item !== undefined,\n      revision",
  replace: '      streams: contract.item !== undefined || contract.effect === "once",\n      revision',
  why: "offers a once tool as one that sends items",
});
