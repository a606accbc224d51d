/**
 * Mutants of errors.
 *
 * @module
 */

import { mutant } from "../mutant.ts";

mutant({
  id: "errors.ends-without-outcome",
  breaks: "ERR-001",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/frames.ts",
  find: "    outcome: outcomeToWire(ending.outcome),\n",
  replace: "    outcome: undefined,\n",
  why: "ends calls without an outcome",
});

mutant({
  id: "errors.needs-no-outcome",
  breaks: "ERR-001",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "start.outcome === undefined ? undefined : outcomeFromWire(start.outcome);",
  replace: 'start.outcome === undefined ? "unknown" : outcomeFromWire(start.outcome);',
  why: "takes a failure without an outcome",
});

mutant({
  id: "errors.takes-any-outcome",
  breaks: "ERR-001",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "start.outcome === undefined ? undefined : outcomeFromWire(start.outcome);",
  replace: "start.outcome === undefined ? undefined : outcomeFromWire(Math.min(3, start.outcome));",
  why: "takes an outcome that the table does not have",
});

mutant({
  id: "errors.claims-what-it-likes",
  breaks: "ERR-002.1",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/settled.ts",
  find: '    case "threw":\n      return claimed;\n',
  replace: '    case "threw":\n      return "failed";\n',
  why: "claims failed whatever a tool error says",
});

mutant({
  id: "errors.claims-failed-of-once",
  breaks: "ERR-002.1",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/settled.ts",
  find: 'handler === "idle" ? "not_started" : brokenOff(effect);',
  replace: 'handler === "idle" ? "not_started" : "failed";',
  why: "claims failed of a once handler that threw",
});

mutant({
  id: "errors.knows-what-once-did",
  breaks: "ERR-002.2",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/settled.ts",
  find: 'handler === "idle" ? "not_started" : brokenOff(effect);',
  replace: 'handler === "idle" || effect === "once" ? "not_started" : "failed";',
  why: "claims not_started of a once handler that threw",
});

mutant({
  id: "errors.claims-less-than-returned",
  breaks: "ERR-002.3",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/incoming.ts",
  find: 'return failed("internal", message, "completed");',
  replace: 'return failed("internal", message, "failed");',
  why: "claims failed of a handler that returned",
});

mutant({
  id: "errors.claims-that-nothing-ran",
  breaks: "ERR-002.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/dispatcher.ts",
  find: 'execution?.canStillRun(call) === true ? brokenOff(call.tool.contract.effect) : "not_started";',
  replace: '"not_started";',
  why: "claims not_started of a handler that still runs",
});

mutant({
  id: "errors.claims-failed-of-a-large-result",
  breaks: "ERR-002.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/incoming.ts",
  find: '        outcome: "completed",\n        retryable: false,\n',
  replace: '        outcome: "failed",\n        retryable: false,\n',
  why: "claims failed of a call whose result is more than the caller takes",
});

mutant({
  id: "errors.tells-what-was-thrown",
  breaks: "ERR-003",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/settled.ts",
  find: 'failed("internal", "the tool failed; the log of the side that ran it says why", outcome)',
  replace: 'failed("internal", String(thrown), outcome)',
  why: "tells its peer what the handler threw",
});

mutant({
  id: "errors.hides-tool-errors",
  breaks: "ERR-003",
  roles: ["gateway", "client"],
  file: "packages/core/src/session/settled.ts",
  find: '    message: typeof message === "string" ? message : "",\n',
  replace: '    message: "",\n',
  why: "does not tell what a tool error says",
});

mutant({
  id: "errors.has-other-numbers",
  breaks: "ERR-004.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/errors/codes.ts",
  find: "  data_loss: { value: 15,",
  replace: "  data_loss: { value: 17,",
  why: "has another number for a code",
});

mutant({
  id: "errors.mixes-codes-up",
  breaks: "ERR-004.1",
  roles: ["gateway", "client", "behaviour"],
  file: "packages/core/src/session/settled.ts",
  find: "  const { code, message, retryAfterMs, details } = thrown;\n",
  replace:
    '  const { message, retryAfterMs, details } = thrown;\n  const code = thrown.code === "out_of_range" ? "aborted" : thrown.code;\n',
  why: "says aborted for out_of_range",
});

mutant({
  id: "errors.reads-strange-codes-as-internal",
  breaks: "ERR-004.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/errors/codes.ts",
  find: 'return codeNames[value - 1] ?? "unknown";',
  replace: 'return codeNames[value - 1] ?? "internal";',
  why: "reads a code that it does not know as internal",
});

mutant({
  id: "errors.takes-strange-codes-for-a-fault",
  breaks: "ERR-004.2",
  roles: ["gateway", "client"],
  edits: [
    {
      file: "packages/core/src/peer/intake.ts",
      find: "    code: codeFromWire(start.code),\n",
      replace: "    code: start.code > 16 ? wrongCode() : codeFromWire(start.code),\n",
    },
    {
      file: "packages/core/src/peer/intake.ts",
      find: "function wrongSide(",
      replace:
        'function wrongCode(): never {\n  throw new ProtocolViolation("ERR-004", "END.code must be one of the table");\n}\n\nfunction wrongSide(',
    },
  ],
  why: "takes a code that it does not know for a fault",
});

mutant({
  id: "errors.reads-strange-ends-as-internal",
  breaks: "ERR-004.2",
  roles: ["client"],
  file: "packages/core/src/channel/channel.ts",
  find: 'return { cause: "goaway", code: codeFromWire(code),',
  replace: 'return { cause: "goaway", code: code > 16 ? "internal" : codeFromWire(code),',
  why: "reads a code in GOAWAY that it does not know as internal",
});

mutant({
  id: "errors.reads-strange-refusals-as-unavailable",
  breaks: "ERR-004.2",
  roles: ["client"],
  file: "packages/core/src/channel/client-channel.ts",
  find: "            code: codeFromWire(frame.code),\n",
  replace: '            code: frame.code > 16 ? "unavailable" : codeFromWire(frame.code),\n',
  why: "reads a code in REFUSE that it does not know as unavailable",
});

mutant({
  id: "errors.retries-nothing",
  breaks: "ERR-004.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/errors/codes.ts",
  find: 'sentence: "The other side cannot be reached now.", retryable: true',
  replace: 'sentence: "The other side cannot be reached now.", retryable: false',
  why: "takes no code for one that may be tried again",
});
