/**
 * Mutants of the channel.
 *
 * @module
 */

import { mutant } from "../mutant.ts";

mutant({
  id: "chan.pong-cuts-id",
  breaks: "CHAN-001",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/channel.ts",
  find: 'type: "pong", id: frame.id,',
  replace: 'type: "pong", id: frame.id % 65_536,',
  why: "echoes the last two octets of an id",
});

mutant({
  id: "chan.leaves-early",
  breaks: "CHAN-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/heartbeat.ts",
  find: "return Math.max(sinceHeard, this.#firstAskedAt + this.#intervalMs * (SILENT_INTERVALS - 1));",
  replace: "return Math.min(sinceHeard, this.#firstAskedAt + this.#intervalMs / 2);",
  why: "ends the channel half an interval after it asked",
});

mutant({
  id: "chan.waits-for-ever",
  breaks: "CHAN-002",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/heartbeat.ts",
  find: "if (this.#firstAskedAt === undefined) return Number.POSITIVE_INFINITY;",
  replace: "if (this.#firstAskedAt !== 0) return Number.POSITIVE_INFINITY;",
  why: "asks, and never ends the channel",
});

mutant({
  id: "chan.forgets-who-is-busy",
  breaks: "CHAN-010",
  roles: ["client"],
  file: "packages/core/src/channel/heartbeat.ts",
  find: "if (!this.#watches || this.#unanswered) return regular;",
  replace: "if (this.#watches) return regular;",
  why: "asks a busy gateway no sooner than any other",
});

mutant({
  id: "chan.drain-breaks-off",
  breaks: "CHAN-003.1",
  roles: ["gateway"],
  file: "packages/core/src/peer/peer.ts",
  find: "    this.#control.drain(message, retryAfterMs);\n",
  replace: "    this.#control.drain(message, retryAfterMs);\n    this.#control.drained(message, retryAfterMs);\n",
  why: "ends the session when it drains, whatever is under way",
});

mutant({
  id: "chan.opens-while-drained",
  breaks: "CHAN-003.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "if (this.#ended || this.#peerDrains) return false;",
  replace: "if (this.#ended) return false;",
  why: "opens streams although the peer drains",
});

mutant({
  id: "chan.keeps-those-beyond",
  breaks: "CHAN-003.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/peer.ts",
  find: "const taken = stream.id !== 0 && stream.id <= frame.lastStream;",
  replace: "const taken = stream.id !== 0;",
  why: "goes on waiting for calls that the draining peer has not taken",
});

mutant({
  id: "chan.drain-never-ends",
  breaks: "CHAN-003.4",
  roles: ["gateway"],
  file: "packages/core/src/peer/peer.ts",
  find: "if (this.#draining === undefined || this.#ended || this.#calls.size > 0) return;",
  replace: "if (this.#draining === undefined || this.#ended || this.#calls.size >= 0) return;",
  why: "does not end the session when the last call is over",
});

mutant({
  id: "chan.drain-waits-for-no-ack",
  breaks: "CHAN-003.4",
  roles: ["gateway"],
  file: "packages/core/src/session/lifeline.ts",
  find: "if (message === undefined || (this.delivery?.keptFrames ?? 0) > 0) return;",
  replace: "if (message === undefined) return;",
  why: "ends the session although END is not acknowledged",
});

mutant({
  id: "chan.names-no-rule",
  breaks: "CHAN-004.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/channel.ts",
  find: "const goaway = { ...this.#goaway(codeToWire(code), message), requirement };",
  replace: "const goaway = this.#goaway(codeToWire(code), message);",
  why: "does not say which rule was broken",
});

mutant({
  id: "chan.only-complains",
  breaks: "CHAN-004.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/channel.ts",
  find: 'this.end({ cause: "violation", code, message, requirement, byPeer: false }, now, goaway);',
  replace: "this.#outbox.say(goaway);",
  why: "says GOAWAY, and goes on with the session",
});

mutant({
  id: "chan.hears-after-error",
  breaks: "CHAN-004.3",
  roles: ["gateway", "client"],
  file: "packages/core/src/channel/channel.ts",
  find: 'this.end({ cause: "violation", code, message, requirement, byPeer: false }, now, goaway);',
  replace: "if (this.#outbox.empty) this.#outbox.say(goaway);",
  why: "acts on what comes behind a protocol error",
});

mutant({
  id: "chan.ack-waits-for-room",
  breaks: "CHAN-007.1",
  roles: ["gateway", "client"],
  file: "packages/core/src/delivery/delivery.ts",
  find: "if (this.#ackDue) return this.#ack();",
  replace: "if (this.#ackDue && this.#kept.octets < this.#limits.replay) return this.#ack();",
  why: "acknowledges nothing while its own replay is full",
});

mutant({
  id: "chan.reset-waits-for-credit",
  breaks: "CHAN-007.2",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/writer.ts",
  find: "if (stream?.resetting === undefined) return undefined;",
  replace: "if (stream?.resetting === undefined || stream.outgoing.left <= 0) return undefined;",
  why: "says RESET only where the stream has credit",
});

mutant({
  id: "chan.other-code",
  breaks: "CHAN-009",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: '`${frame.type.toUpperCase()} names a stream that is not open`,\n      "failed_precondition",',
  replace: '`${frame.type.toUpperCase()} names a stream that is not open`,\n      "invalid_argument",',
  why: "has another code for STREAM-003",
});

mutant({
  id: "chan.one-code-for-all",
  breaks: "CHAN-009",
  roles: ["gateway", "client"],
  file: "packages/core/src/errors/violation.ts",
  find: "this.code = code;",
  replace: 'this.code = code === "data_loss" ? code : "invalid_argument";',
  why: "says invalid_argument for all that ends a session",
});

mutant({
  id: "chan.other-code-unless-said",
  breaks: "CHAN-009",
  roles: ["gateway", "client"],
  file: "packages/core/src/errors/violation.ts",
  find: 'code: ViolationCode = "invalid_argument"',
  replace: 'code: ViolationCode = "failed_precondition"',
  why: "says failed_precondition for what is not well-formed",
});

mutant({
  id: "chan.other-code-for-a-stream",
  breaks: "CHAN-009",
  roles: ["gateway", "client"],
  file: "packages/core/src/wire/rule.ts",
  find: "must be on ${expected}`);",
  replace: 'must be on ${expected}`, "failed_precondition");',
  why: "has another code for FRAME-006",
});

mutant({
  id: "chan.other-code-for-a-parity",
  breaks: "CHAN-009",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: '"odd from a client" : "even from a gateway"}`,',
  replace: '"odd from a client" : "even from a gateway"}`, "failed_precondition",',
  why: "has another code for STREAM-001",
});

mutant({
  id: "chan.other-code-for-a-name",
  breaks: "CHAN-009",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/interned.ts",
  find: 'no OPEN before has given a string`,\n        "failed_precondition",',
  replace: 'no OPEN before has given a string`,\n        "invalid_argument",',
  why: "has another code for CALL-017",
});

mutant({
  id: "chan.other-code-for-a-type",
  breaks: "CHAN-009",
  roles: ["gateway", "client"],
  ways: ["binary", "text"],
  edits: ["binary", "rows"].map((name) => ({
    file: `packages/core/src/wire/${name}.ts`,
    find: '"the type of a frame is unknown, and not one that may be skipped"',
    replace: '"the type of a frame is unknown, and not one that may be skipped", "failed_precondition"',
  })),
  why: "has another code for FRAME-004",
});

mutant({
  id: "chan.other-code-for-a-long-frame",
  breaks: "CHAN-009",
  roles: ["gateway", "client"],
  ways: ["binary"],
  file: "packages/core/src/wire/binary.ts",
  find: 'octets`,\n        "resource_exhausted",',
  replace: 'octets`,\n        "invalid_argument",',
  why: "has another code for FRAME-001 in the binary carriage",
});

mutant({
  id: "chan.other-code-for-a-long-row",
  breaks: "CHAN-009",
  roles: ["gateway", "client"],
  ways: ["text"],
  file: "packages/core/src/wire/rows.ts",
  find: 'octets`,\n    "resource_exhausted",',
  replace: 'octets`,\n    "invalid_argument",',
  why: "has another code for FRAME-001 in the text carriage",
});

mutant({
  id: "chan.quotes-what-does-not-parse",
  breaks: "CHAN-005",
  roles: ["gateway", "client"],
  file: "packages/core/src/content/json.ts",
  find: 'fail("CONT-003", "must parse");',
  replace: 'fail("CONT-003", `must parse: ${text}`);',
  why: "repeats in GOAWAY what could not be parsed",
});

mutant({
  id: "chan.quotes-a-bad-name",
  breaks: "CHAN-005",
  roles: ["gateway", "client"],
  file: "packages/core/src/peer/intake.ts",
  find: '"OFFER.tools: a name must be 1 to 64 of A-Z a-z 0-9 _ - ."',
  replace: "`OFFER.tools: ${tool.name} is no name`",
  why: "repeats in GOAWAY what is no name of a tool",
});
