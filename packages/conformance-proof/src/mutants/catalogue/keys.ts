/**
 * Mutants of keys.
 *
 * @module
 */

import { mutant } from "../mutant.ts";

mutant({
  id: "keys.shared-by-principals",
  breaks: "KEY-001",
  roles: ["gateway"],
  file: "packages/core/src/session/once.ts",
  find: "    return {\n      principal,\n      key,\n",
  replace: '    return {\n      principal: "everybody",\n      key,\n',
  why: "records keys without their principals",
});

mutant({
  id: "keys.of-one-session",
  breaks: "KEY-001",
  roles: ["client"],
  file: "packages/core/src/session/once.ts",
  find: "    return {\n      principal,\n      key,\n",
  replace: "    return {\n      principal: `${principal} ${this.#owner}`,\n      key,\n",
  why: "records keys of one session alone",
});

mutant({
  id: "keys.of-one-process",
  breaks: "KEY-004.2",
  roles: ["gateway"],
  file: "packages/core/src/session/once.ts",
  find: "    return {\n      principal,\n      key,\n",
  replace: "    return {\n      principal: `${principal} ${this.#owner}`,\n      key,\n",
  why: "finds the keys of its own process alone again",
});

mutant({
  id: "keys.joins-nothing",
  breaks: "KEY-002.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/keyed-calls.ts",
  find: "    const running = once.find(principal, key);\n",
  replace: "    const running: Execution | undefined = undefined as Execution | undefined;\n",
  why: "lets no call join one that runs",
});

mutant({
  id: "keys.replays-nothing",
  breaks: "KEY-002.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/once.ts",
  find: '      return { kind: "replay", settled: replayed(verdict.ending) };\n',
  replace: '      return { kind: "run" };\n',
  why: "runs a call again whose result is recorded",
});

mutant({
  id: "keys.not-canonical",
  breaks: "KEY-002.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/journal/fingerprint.ts",
  find: "  return sha256(canonicalJson(args === undefined ? [tool] : [tool, args]));\n",
  replace: "  return sha256(JSON.stringify(args === undefined ? [tool] : [tool, args]));\n",
  why: "takes arguments in another order for other arguments",
});

mutant({
  id: "keys.looks-into-no-octets",
  breaks: "KEY-003",
  roles: ["gateway", "client"],
  file: "packages/core/src/journal/fingerprint.ts",
  find: "  return sha256(canonicalJson(args === undefined ? [tool] : [tool, args]));\n",
  replace:
    '  const shown = canonicalJson(args === undefined ? [tool] : [tool, args]);\n  return sha256(shown.replace(/"mark":"[^"]*"/, ""));\n',
  why: "takes octets for the same whatever they are",
});

mutant({
  id: "keys.octets-by-where-they-are",
  breaks: "KEY-002.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/journal/fingerprint.ts",
  find: "  return sha256(canonicalJson(args === undefined ? [tool] : [tool, args]));\n",
  replace:
    "  const shown = canonicalJson(args === undefined ? [tool] : [tool, args]);\n  return sha256(shown.includes('\"mark\"') ? `${shown}${Math.random()}` : shown);\n",
  why: "takes the same octets for others when they come again",
});

mutant({
  id: "keys.scopes-of-the-first-call",
  breaks: "KEY-002.2",
  roles: ["gateway"],
  file: "packages/core/src/session/dispatcher.ts",
  find: '    return this.#allows(tool) ? tool : "denied";\n',
  replace: '    return tool.contract.effect === "once" || this.#allows(tool) ? tool : "denied";\n',
  why: "lets callers have what is recorded whatever their scopes",
});

mutant({
  id: "keys.joins-other-arguments",
  breaks: "KEY-003",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/keyed-calls.ts",
  find: "      if (running.fingerprint !== print) {\n",
  replace: "      if (running.fingerprint === undefined) {\n",
  why: "lets a call with other arguments join",
});

mutant({
  id: "keys.runs-other-arguments",
  breaks: "KEY-003",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/once.ts",
  find: '    case "conflict":\n      return OTHER_ARGUMENTS;\n',
  replace: '    case "conflict":\n      return { kind: "run" };\n',
  why: "runs a call with other arguments under a key that is taken",
});

mutant({
  id: "keys.keeps-what-failed",
  breaks: "KEY-004.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/recorded.ts",
  find: "  return { code: codeToWire(code), message, outcome, retryable,",
  replace:
    '  return { code: codeToWire(code), message, outcome: outcome === "failed" ? "completed" : outcome, retryable,',
  why: "keeps a key whose call failed without effect",
});

mutant({
  id: "keys.keeps-what-did-not-start",
  breaks: "KEY-004.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/recorded.ts",
  find: "  return { code: codeToWire(code), message, outcome, retryable,",
  replace:
    '  return { code: codeToWire(code), message, outcome: outcome === "not_started" ? "unknown" : outcome, retryable,',
  why: "keeps a key whose call did not start",
});

mutant({
  id: "keys.replays-success-alone",
  breaks: "KEY-004.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/once.ts",
  find: '      return { kind: "replay", settled: replayed(verdict.ending) };\n',
  replace:
    '      return verdict.ending.code === 0 ? { kind: "replay", settled: replayed(verdict.ending) } : { kind: "run" };\n',
  why: "runs a call again that ended completed or unknown, with an error",
});

mutant({
  id: "keys.replays-other-words",
  breaks: "KEY-004.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/recorded.ts",
  find: '    message: message ?? "",\n',
  replace: '    message: "replayed",\n',
  why: "replays an error without its message",
});

mutant({
  id: "keys.frees-what-is-unknown",
  breaks: "KEY-004.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/recorded.ts",
  find: "  return { code: codeToWire(code), message, outcome, retryable,",
  replace:
    '  return { code: codeToWire(code), message, outcome: outcome === "unknown" ? "failed" : outcome, retryable,',
  why: "frees a key whose call ended unknown",
});

mutant({
  id: "keys.first-deadline-counts",
  breaks: "KEY-005.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/execution.ts",
  find: "    if (this.#delete(participant) && this.#count === 0) this.#abortWith(reason);\n",
  replace: "    if (this.#delete(participant)) this.#abortWith(reason);\n",
  why: "aborts a shared handler at the earliest deadline",
});

mutant({
  id: "keys.no-deadline-counts",
  breaks: "KEY-005.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/execution.ts",
  find: "    if (this.#delete(participant) && this.#count === 0) this.#abortWith(reason);\n",
  replace: "    this.#delete(participant);\n",
  why: "aborts no handler when the latest deadline is over",
});

mutant({
  id: "keys.first-to-leave-aborts",
  breaks: "KEY-005.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/execution.ts",
  find: "    if (this.#count > 1) {\n",
  replace: "    if (this.#count > 100) {\n",
  why: "aborts a shared handler when one of the calls is cancelled",
});

mutant({
  id: "keys.last-to-leave-aborts-nothing",
  breaks: "KEY-005.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/execution.ts",
  find: "    this.#abortWith(reason);\n    return true;\n",
  replace: "    return true;\n",
  why: "goes on with a handler that all have left",
});

mutant({
  id: "keys.ends-with-the-aborted",
  breaks: "KEY-005.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/execution.ts",
  find: "    const always = this.#aborted || !this.runs;\n",
  replace: "    const always = false;\n",
  why: "ends a call that came while another was aborted with that one's ending, though the key is free",
});

mutant({
  id: "keys.runs-again-after-a-crash",
  breaks: "KEY-007.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/once.ts",
  find: '    case "abandoned":\n      return { kind: "abandoned", callId: verdict.callId };\n',
  replace: '    case "abandoned":\n      return { kind: "run" };\n',
  why: "runs a call again that ran when its process died",
});

mutant({
  id: "keys.failed-after-a-crash",
  breaks: "KEY-007.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/aftermath.ts",
  find: 'whether it took effect is not known`, "unknown")',
  replace: 'whether it took effect is not known`, "failed")',
  why: "says that a call took no effect which ran when its process died",
});

mutant({
  id: "keys.other-code-after-a-crash",
  breaks: "KEY-007.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/aftermath.ts",
  find: 'failed("aborted", `${ENDED}; whether it took effect is not known`',
  replace: 'failed("internal", `${ENDED}; whether it took effect is not known`',
  why: "ends a call with internal that ran when its process died",
});

mutant({
  id: "keys.second-run-tells-of-itself",
  breaks: "KEY-007.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/aftermath.ts",
  find: '  return { ...settled, outcome: "unknown" };\n',
  replace: "  return undefined;\n",
  why: "says that a call took no effect whose second run took none",
});

mutant({
  id: "keys.nothing-found-is-not-started",
  breaks: "KEY-008.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/aftermath.ts",
  find: 'could not be found out now`,\n  "unknown",\n',
  replace: 'could not be found out now`,\n  "not_started",\n',
  why: "says that a call did not start of which nothing could be found out",
});

mutant({
  id: "keys.records-nothing-found",
  breaks: "KEY-008.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/aftermath.ts",
  find: '  return { kind: "open", settled: UNKNOWN_AT_PRESENT };\n',
  replace: '  return { kind: "settled", settled: UNKNOWN_AT_PRESENT };\n',
  why: "records that nothing could be found out",
});

mutant({
  id: "keys.tells-of-the-journal",
  breaks: "KEY-009.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/once.ts",
  find: "    execution.settle(settled);\n    if (!freesKey(settled)) await this.settle(principal, key, settled);\n",
  replace:
    '    if (!freesKey(settled)) await this.settle(principal, key, settled);\n    const refused = this.unrecorded({ principal, key }) !== undefined;\n    execution.settle(refused ? failed("unavailable", "it could not be recorded", "unknown") : settled);\n',
  why: "tells of the journal in place of the ending that it refused",
});

mutant({
  id: "keys.keeps-no-ending",
  breaks: "KEY-009.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/recorder.ts",
  find: "    if (!recorded) for (const entry of entries) this.#keep(entry);\n",
  replace: "",
  why: "keeps no ending that the journal refused",
});

mutant({
  id: "keys.records-nothing-later",
  breaks: "KEY-009.2",
  roles: ["gateway", "client"],
  edits: [
    {
      file: "packages/core/src/session/recorder.ts",
      find: "    if (recorded) void this.#retryKept();\n    else this.#setTimer();\n",
      replace: "    void recorded;\n",
    },
  ],
  why: "records no ending later that the journal refused",
});

mutant({
  id: "keys.frees-what-is-not-recorded",
  breaks: "KEY-009.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/once.ts",
  find: "      if (!(await this.#recorder.retry(unrecorded))) return NO_VERDICT;\n",
  replace: '      return { kind: "run" };\n',
  why: "runs a call whose key the journal does not know to be free",
});

mutant({
  id: "keys.takes-no-key",
  breaks: "KEY-010.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/retries.ts",
  find: "    const key = taken?.key ?? request.key;\n",
  replace: "    const key = request.key;\n",
  why: "gives a call that repeats an unknown one a key of its own",
});

mutant({
  id: "keys.takes-a-key-twice",
  breaks: "KEY-010.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/retries.ts",
  find: "    if (taken !== undefined) this.#forget(taken);\n",
  replace: "",
  why: "lets several calls take up one report",
});

mutant({
  id: "keys.takes-keys-over-turns",
  breaks: "KEY-010.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/retries.ts",
  find: "[turn, tool, value]",
  replace: '["", tool, value]',
  why: "takes keys of other turns",
});

mutant({
  id: "keys.takes-keys-of-other-calls",
  breaks: "KEY-010.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/retries.ts",
  find: "canonicalJson(value === undefined ? [turn, tool] : [turn, tool, value])",
  replace: "canonicalJson([turn, tool])",
  why: "takes keys of calls with other arguments",
});

mutant({
  id: "keys.takes-keys-of-what-failed",
  breaks: "KEY-010.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/retries.ts",
  find: 'told.outcome === "unknown" : taken',
  replace: 'told.outcome !== "not_started" : taken',
  why: "takes a call that failed for an unknown one",
});

mutant({
  id: "keys.second-not-started",
  breaks: "KEY-010.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/retries.ts",
  find: "taken === undefined ? error : ofBoth(error)",
  replace: "error",
  why: "reports a call as not_started that repeats an unknown one",
});
