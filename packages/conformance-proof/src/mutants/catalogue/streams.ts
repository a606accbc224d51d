/**
 * Mutants of streams.
 *
 * @module
 */

import { mutant } from "../mutant.ts";

mutant({
  id: "streams.takes-either-parity",
  breaks: "STREAM-001",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "    if ((frame.stream % 2 === 1) !== peerIsClient) {\n",
  replace: "    if (frame.stream === 0 && peerIsClient) {\n",
  why: "takes streams of either parity",
});

mutant({
  id: "streams.opens-the-others-identifiers",
  breaks: "STREAM-001",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: '(options.role === "client" ? 1 : 2)',
  replace: '(options.role === "client" ? 2 : 1)',
  why: "opens streams with the other side's identifiers",
});

mutant({
  id: "streams.takes-an-identifier-again",
  breaks: "STREAM-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "    if (frame.stream <= this.#lastSeen) {\n",
  replace: "    if (frame.stream < this.#lastSeen) {\n",
  why: "takes an identifier twice",
});

mutant({
  id: "streams.takes-lower-identifiers",
  breaks: "STREAM-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "    if (frame.stream <= this.#lastSeen) {\n",
  replace: "    if (frame.stream === this.#lastSeen) {\n",
  why: "takes identifiers below the greatest",
});

mutant({
  id: "streams.uses-an-identifier-again",
  breaks: "STREAM-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "    this.#nextStream += 2;\n",
  replace: "    this.#nextStream += 0;\n",
  why: "opens every call on one identifier",
});

mutant({
  id: "streams.takes-what-was-never-opened-for-late",
  breaks: "STREAM-003.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "    const late = byPeer && frame.stream <= this.#lastSeen;\n",
  replace: "    const late = byPeer;\n",
  why: "drops frames of streams that nobody opened",
});

mutant({
  id: "streams.drops-strange-receivers-frames",
  breaks: "STREAM-003.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: '    if (late && frame.type === "reset") return;\n',
  replace:
    '    if (late && frame.type === "reset") return;\n    if (frame.type === "accept" || frame.type === "end") return;\n',
  why: "drops ACCEPT and END of streams that it never opened",
});

mutant({
  id: "streams.drops-strange-resets",
  breaks: "STREAM-003.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: '    if (late && frame.type === "reset") return;\n',
  replace: '    if (frame.type === "reset") return;\n',
  why: "drops RESET of streams that nobody opened",
});

mutant({
  id: "streams.takes-no-late-reset",
  breaks: "STREAM-003.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: '    if (late && frame.type === "reset") return;\n',
  replace: "",
  why: "takes a RESET that crossed with END for a fault",
});

mutant({
  id: "streams.takes-no-late-data",
  breaks: "STREAM-003.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: '    if (late && frame.type === "data") {\n',
  replace: '    if (late && frame.type === "data" && frame.more) {\n',
  why: "takes the last DATA of a stream that is over for a fault",
});

mutant({
  id: "streams.drops-what-comes-behind-end",
  breaks: "STREAM-003.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "    const late = byPeer && frame.stream <= this.#lastSeen;\n",
  replace:
    "    const late = byPeer && frame.stream <= this.#lastSeen;\n    if (!byPeer && frame.stream < 100) return;\n",
  why: "drops what a receiver sends behind its END",
});

mutant({
  id: "streams.drops-late-ends-of-openers",
  breaks: "STREAM-003.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: '    if (late && frame.type === "reset") return;\n',
  replace: '    if (late && frame.type !== "data") return;\n',
  why: "drops ACCEPT and END of openers on streams that are over",
});

mutant({
  id: "streams.takes-data-behind-the-arguments",
  breaks: "STREAM-004",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/states.ts",
  find: '  waiting: { reset: "reset" },',
  replace: '  waiting: { reset: "reset", cont: "waiting" },',
  why: "takes DATA behind complete arguments",
});

mutant({
  id: "streams.takes-reset-twice",
  breaks: "STREAM-004",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/states.ts",
  find: "  reset: {},",
  replace: '  reset: { reset: "reset" },',
  why: "takes a second RESET",
});

mutant({
  id: "streams.takes-items-before-accept",
  breaks: "STREAM-004",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/states.ts",
  find: 'pending: { accept: "accepted",',
  replace: 'pending: { start: "pending", accept: "accepted",',
  why: "takes items before ACCEPT",
});

mutant({
  id: "streams.takes-an-item-inside-of-another",
  breaks: "STREAM-004",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/states.ts",
  find: '  body: { accept: "body",',
  replace: '  body: { start: "accepted", accept: "body",',
  why: "takes an item inside of another one",
});

mutant({
  id: "streams.takes-end-inside-of-an-item",
  breaks: "STREAM-004",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/states.ts",
  find: '  body: { accept: "body",',
  replace: '  body: { end: "ended", accept: "body",',
  why: "takes END inside of an item",
});

mutant({
  id: "streams.takes-no-accept-inside-of-an-item",
  breaks: "STREAM-004",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/states.ts",
  find: '  body: { accept: "body", ',
  replace: "  body: { ",
  why: "takes ACCEPT inside of an item for a fault",
});

mutant({
  id: "streams.takes-accept-inside-of-a-result",
  breaks: "STREAM-004",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/states.ts",
  find: '  ending: { cont: "ended",',
  replace: '  ending: { accept: "ending", cont: "ended",',
  why: "takes ACCEPT inside of a result",
});

mutant({
  id: "streams.takes-reset-of-the-receiver",
  breaks: "STREAM-004",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: '    if (frame.type === "reset" && stream.side === "opener") throw wrongSide(frame);\n',
  replace: '    if (frame.type === "reset" && stream.side === "opener") return;\n',
  why: "takes RESET of the receiver of a stream",
});

mutant({
  id: "streams.takes-end-of-the-opener",
  breaks: "STREAM-004",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: 'stream.side === "receiver") throw wrongSide(frame);',
  replace: 'stream.side === "receiver") return;',
  why: "takes ACCEPT and END of the opener of a stream",
});

mutant({
  id: "streams.interleaves-bodies",
  breaks: "STREAM-005",
  roles: ["gateway", "client"],
  edits: [
    {
      file: "packages/core/src/peer/writer.ts",
      find: "    if (control !== undefined) return control;\n    const [body] = stream.bodies;\n",
      replace:
        '    if (control !== undefined) return control;\n    const [first, second] = stream.bodies;\n    const body = first?.started === true && second?.kind === "item" && second.offset < 1 ? second : first;\n',
    },
    {
      file: "packages/core/src/peer/writer.ts",
      find: "      stream.bodies.shift();\n",
      replace: "      stream.bodies = stream.bodies.filter((one) => one !== body);\n",
    },
    {
      file: "packages/core/src/peer/stream.ts",
      find: '    if (!this.#step(frame, this.side === "opener")) throw new Error(',
      replace: '    if (!this.#step(frame, this.side === "opener") && frame.type === "open") throw new Error(',
    },
  ],
  why: "begins an item while another one of the stream goes on",
});

mutant({
  id: "streams.opens-without-final",
  breaks: "STREAM-006.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/frames.ts",
  find: '    type: "open",\n    stream,\n    more,\n    final: !more,\n',
  replace: '    type: "open",\n    stream,\n    more,\n    final: false,\n',
  why: "writes OPEN of a whole call without FINAL",
});

mutant({
  id: "streams.ends-without-final",
  breaks: "STREAM-006.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/frames.ts",
  find: 'type: "end", stream, more, final: !more,',
  replace: 'type: "end", stream, more, final: false,',
  why: "writes END of a whole result without FINAL",
});

mutant({
  id: "streams.goes-on-without-final",
  breaks: "STREAM-006.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/writer.ts",
  find: 'final: !more && (body.kind === "arguments" || body.kind === "result"),',
  replace: "final: false,",
  why: "writes the last frame of a long body without FINAL",
});

mutant({
  id: "streams.needs-no-final",
  breaks: "STREAM-006.1",
  roles: ["gateway", "client"],
  edits: [
    {
      file: "packages/core/src/peer/stream.ts",
      find: "frame.final !== isFinal(frame, before)",
      replace: "frame.final && !isFinal(frame, before)",
    },
    {
      file: "packages/core/src/peer/intake.ts",
      find: "    if (frame.final === frame.more) {\n",
      replace: "    if (frame.final && frame.more) {\n",
    },
  ],
  why: "takes a last frame without FINAL",
});

mutant({
  id: "streams.sets-final-on-items",
  breaks: "STREAM-006.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/frames.ts",
  find: "more, final: false, head: { kind, content }",
  replace: "more, final: !more, head: { kind, content }",
  why: "sets FINAL on items",
});

mutant({
  id: "streams.sets-final-at-the-end-of-items",
  breaks: "STREAM-006.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/writer.ts",
  find: 'final: !more && (body.kind === "arguments" || body.kind === "result"),',
  replace: "final: !more,",
  why: "sets FINAL on the last frame of an item",
});

mutant({
  id: "streams.takes-final-anywhere",
  breaks: "STREAM-006.2",
  roles: ["gateway", "client"],
  edits: [
    {
      file: "packages/core/src/peer/stream.ts",
      find: "frame.final !== isFinal(frame, before)",
      replace: '!frame.final && isFinal(frame, before) && !("more" in frame && frame.more)',
    },
    {
      file: "packages/core/src/peer/intake.ts",
      find: "    if (frame.final === frame.more) {\n",
      replace: "    if (!frame.final && !frame.more) {\n",
    },
  ],
  why: "takes FINAL on any frame",
});

mutant({
  id: "streams.takes-any-number",
  breaks: "STREAM-007",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "    if (this.#peerStreams > limits.streams) {\n",
  replace: "    if (this.#peerStreams > limits.streams * 1_000) {\n",
  why: "takes more streams than it stated",
});

mutant({
  id: "streams.refuses-for-good",
  breaks: "STREAM-007",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: 'refusal("more streams are open than agreed on", STREAMS_RETRY_MS)',
  replace: 'refusal("more streams are open than agreed on")',
  why: "does not say when a refused call may be tried again",
});

mutant({
  id: "streams.ends-the-session-for-one-too-many",
  breaks: "STREAM-007",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "const REFUSED_AT_ONCE = 64;",
  replace: "const REFUSED_AT_ONCE = 0;",
  why: "ends the session for one stream too many",
});

mutant({
  id: "streams.takes-any-arguments",
  breaks: "STREAM-008.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/assembly.ts",
  find: "assembly.octets + length <= this.#messageLimit && this.#octets",
  replace: "this.#octets",
  why: "takes arguments of any size",
});

mutant({
  id: "streams.assembles-anything",
  breaks: "STREAM-008.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/assembly.ts",
  find: " && this.#octets + length <= this.#totalLimit",
  replace: "",
  why: "puts any amount together at once",
});

mutant({
  id: "streams.takes-no-rest-of-arguments",
  breaks: "STREAM-008.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: '    if (late && frame.type === "data") {\n',
  replace: '    if (late && frame.type === "data" && frame.body.length < 100) {\n',
  why: "takes the rest of refused arguments for a fault",
});

mutant({
  id: "streams.refuses-for-size-as-failed",
  breaks: "STREAM-008.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: 'message, outcome: "not_started", retryAfterMs, body: NO_BODY };',
  replace: 'message, outcome: "failed", retryAfterMs, body: NO_BODY };',
  why: "claims that a call with too large arguments failed",
});

mutant({
  id: "streams.knows-nothing-of-a-large-result",
  breaks: "STREAM-008.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: 'outcome: "completed", retryable: false',
  replace: 'outcome: "unknown", retryable: false',
  why: "calls the outcome of a call with too large a result unknown",
});

mutant({
  id: "streams.ends-the-session-for-a-large-result",
  breaks: "STREAM-008.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: '    const message = "the result is larger than this side takes";\n',
  replace:
    '    throw new ProtocolViolation("STREAM-008", "the result is larger than this side takes");\n    const message = "";\n',
  why: "ends the session for too large a result",
});

mutant({
  id: "streams.refuses-without-end",
  breaks: "STREAM-010",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "    if (this.#peerStreams > limits.streams + REFUSED_AT_ONCE) {\n",
  replace: "    if (this.#peerStreams > limits.streams * 1_000) {\n",
  why: "refuses any number of streams",
});

mutant({
  id: "streams.refuses-too-few",
  breaks: "STREAM-010",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: "const REFUSED_AT_ONCE = 64;",
  replace: "const REFUSED_AT_ONCE = 63;",
  why: "ends the session for 64 streams too many",
});
