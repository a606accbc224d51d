/**
 * Mutants of frames.
 *
 * @module
 */

import type { PeerRole } from "@turnmux/conformance";
import { mutant } from "../mutant.ts";

const BOTH: readonly PeerRole[] = ["gateway", "client"];
const BINARY = "packages/core/src/wire/binary.ts";
const PACKED = "packages/core/src/wire/packed.ts";
const UNPACK = "packages/core/src/wire/unpack.ts";
const LISTED = "packages/core/src/wire/listed.ts";
const ROWS = "packages/core/src/wire/rows.ts";
const RULE = "packages/core/src/wire/rule.ts";
const WRITER = "packages/core/src/peer/writer.ts";
const CHANNEL = "packages/core/src/channel/channel.ts";

mutant({
  id: "frame.writes-long-payloads",
  breaks: "FRAME-001",
  roles: BOTH,
  file: WRITER,
  find: "return body.header + body.octets.length <= this.#limits.framePayload;",
  replace: "return body.header + body.octets.length <= this.#limits.framePayload * 64;",
  why: "writes frames with longer payloads than the receiver takes",
});
mutant({
  id: "frame.forgets-the-header-of-long-bodies",
  breaks: "FRAME-001",
  roles: BOTH,
  file: WRITER,
  find: ": Math.max(0, this.#limits.framePayload - headerLength(body.first(NOTHING, true, now)));",
  replace: ": Math.max(0, this.#limits.framePayload - (now < 0 ? headerLength(body.first(NOTHING, true, now)) : 0));",
  why: "fills the first frame of a long body with as much body as the whole payload may have, and a header besides",
});
mutant({
  id: "frame.takes-long-payloads",
  breaks: "FRAME-001",
  roles: BOTH,
  file: BINARY,
  find: "if (length > limits.framePayload) {",
  replace: "if (length > limits.framePayload * 1_024) {",
  why: "takes frames with longer payloads than it has stated",
});
mutant({
  id: "frame.takes-a-cut-off-head",
  breaks: "FRAME-002",
  roles: BOTH,
  file: BINARY,
  find: "if (size - at < FRAME_HEAD) truncated();",
  replace: "if (size - at < FRAME_HEAD) break;",
  why: "takes the beginning of a frame at the end of a message for nothing",
});
mutant({
  id: "frame.takes-a-cut-off-payload",
  breaks: "FRAME-002",
  roles: BOTH,
  file: BINARY,
  find: "if (end > size) truncated();",
  replace: "if (end > size) break;",
  why: "takes a frame whose payload is not all there for nothing",
});
mutant({
  id: "frame.takes-reserved-bit",
  breaks: "FRAME-003",
  roles: BOTH,
  file: BINARY,
  find: "  if ((message[at + 5] ?? 0) >= 0x80)\n",
  replace: "  if ((message[at + 5] ?? 0) >= 0x100)\n",
  why: "reads the reserved bit as part of the stream's number",
});
mutant({
  id: "frame.drops-reserved-bit",
  breaks: "FRAME-003",
  roles: BOTH,
  edits: [
    {
      file: BINARY,
      find: "  if ((message[at + 5] ?? 0) >= 0x80)\n",
      replace: "  if ((message[at + 5] ?? 0) >= 0x100)\n",
    },
    {
      file: BINARY,
      find: "const stream = (message[at + 5] ?? 0) * 0x100_0000 + u24(message, at + 6);",
      replace: "const stream = ((message[at + 5] ?? 0) & 0x7f) * 0x100_0000 + u24(message, at + 6);",
    },
  ],
  why: "does as if the reserved bit were zero",
});
mutant({
  id: "frame.refuses-types-to-skip",
  breaks: "FRAME-004.1",
  roles: BOTH,
  file: BINARY,
  find: "if (type >= 0x80) return undefined;",
  replace: "if (type >= 0x100) return undefined;",
  why: "ends the session for frames that are to be skipped",
});
mutant({
  id: "frame.skips-with-the-rest",
  breaks: "FRAME-004.1",
  roles: BOTH,
  file: BINARY,
  find: "if (frame === undefined) skip?.();",
  replace: "if (frame === undefined) break;",
  why: "skips what is behind a frame that is to be skipped as well",
});
mutant({
  id: "frame.skips-all-unknown-types",
  breaks: "FRAME-004.2",
  roles: BOTH,
  file: BINARY,
  find: "if (type >= 0x80) return undefined;",
  replace: "return undefined;",
  why: "skips frames of unknown types that are none to be skipped",
});
mutant({
  id: "frame.takes-undefined-flags",
  breaks: "FRAME-005",
  roles: BOTH,
  file: RULE,
  find: "if ((flags & ~rule.flags) !== 0) {",
  replace: "if ((flags & ~rule.flags & 0x07) !== 0) {",
  why: "takes flags that no frame has",
});
mutant({
  id: "frame.takes-flags-of-other-frames",
  breaks: "FRAME-005",
  roles: BOTH,
  file: RULE,
  find: "if ((flags & ~rule.flags) !== 0) {",
  replace: "if ((flags & ~0x07) !== 0) {",
  why: "takes MORE, FINAL and CONT on every frame",
});
mutant({
  id: "frame.takes-channel-frames-on-streams",
  breaks: "FRAME-006",
  roles: BOTH,
  file: RULE,
  find: 'if (rule.stream === "channel" ? stream !== 0 : rule.stream === "stream" && stream === 0) {',
  replace: 'if (rule.stream === "stream" && stream === 0) {',
  why: "takes frames of the channel on any stream",
});
mutant({
  id: "frame.takes-stream-frames-on-0",
  breaks: "FRAME-006",
  roles: BOTH,
  file: RULE,
  find: 'if (rule.stream === "channel" ? stream !== 0 : rule.stream === "stream" && stream === 0) {',
  replace: 'if (rule.stream === "channel" && stream !== 0) {',
  why: "looks for stream 0 when a frame of a stream comes on it",
});
mutant({
  id: "frame.takes-negative-integers",
  breaks: "FRAME-007.1",
  roles: BOTH,
  file: PACKED,
  find: 'if (value === undefined || value < 0) this.#fail(field, "an unsigned integer");',
  replace: 'if (value === undefined) this.#fail(field, "an unsigned integer");',
  why: "takes negative integers in a header",
});
mutant({
  id: "frame.takes-floats-for-integers",
  breaks: "FRAME-007.1",
  roles: BOTH,
  file: PACKED,
  find: "const value = this.#over() ? undefined : this.#reader.int();",
  replace: "const value = this.#over() ? undefined : (this.#reader.int() ?? this.#reader.float());",
  why: "takes a float 64 where an integer is due",
});
mutant({
  id: "frame.needs-all-places",
  breaks: "FRAME-007.2",
  roles: BOTH,
  file: PACKED,
  find: "    this.#left = (start === end ? undefined : reader.array()) ?? this.#noArray();",
  replace:
    '    this.#left = (start === end ? undefined : reader.array()) ?? this.#noArray();\n    if (label === "PONG" && this.#left < 2) this.#noArray();',
  why: "refuses a PONG that leaves out what is nil",
});
mutant({
  id: "frame.refuses-more-places",
  breaks: "FRAME-007.3",
  roles: BOTH,
  file: PACKED,
  find: "    for (; this.#left > 0; this.#left--) this.#reader.value(this.#outer.length + 1);",
  replace: "    if (this.#left > 0) this.#noArray();",
  why: "refuses headers with elements behind the places that it knows",
});
mutant({
  id: "frame.takes-deep-headers",
  breaks: "FRAME-008",
  roles: BOTH,
  file: UNPACK,
  find: 'if (depth >= HEADER_DEPTH) this.fail("FRAME-008", `the header nests deeper than ${HEADER_DEPTH}`);',
  replace: "",
  why: "takes headers that are nested as deep as one likes",
});
mutant({
  id: "frame.takes-inexact-integers",
  breaks: "FRAME-008",
  roles: BOTH,
  file: UNPACK,
  find: 'if (!Number.isSafeInteger(value)) this.fail("FRAME-008", "an integer in the header is beyond 2^53-1");',
  replace: "",
  why: "takes integers beyond 2^53-1, and rounds them",
});
mutant({
  id: "frame.takes-long-strings",
  breaks: "FRAME-009",
  roles: BOTH,
  file: UNPACK,
  find: "    if (length > limit) this.fail(",
  replace: "    if (length > limit * 1_024) this.fail(",
  why: "takes strings of any length in a header",
});
mutant({
  id: "frame.mends-ill-formed-strings",
  breaks: "FRAME-009",
  roles: BOTH,
  file: UNPACK,
  find: 'if (text === undefined) this.fail("FRAME-009", `"${field}" must be well-formed UTF-8`);',
  replace: "",
  why: "takes strings that are no UTF-8",
});
mutant({
  id: "frame.takes-octets-behind-headers",
  breaks: "FRAME-010",
  roles: BOTH,
  file: PACKED,
  find: 'if (reader.offset !== reader.end) reader.fail("FRAME-010", "the payload must end where the header ends");',
  replace: "reader.offset = reader.end;",
  why: "drops what is behind the header of a frame without a body",
});
mutant({
  id: "frame.takes-credit-not-agreed",
  breaks: "FRAME-011",
  roles: BOTH,
  file: CHANNEL,
  find: "if (!this.agreed.includes(CREDIT)) throw notAgreed(frame);",
  replace: "if (!this.agreed.includes(CREDIT)) break;",
  why: "drops CREDIT although nobody agreed on its feature",
});
mutant({
  id: "frame.takes-acknowledgements-not-agreed",
  breaks: "FRAME-011",
  roles: BOTH,
  file: CHANNEL,
  find: "if (!this.agreed.includes(DELIVERY)) throw notAgreed(frame);",
  replace: "if (!this.agreed.includes(DELIVERY)) break;",
  why: "drops ACK although nobody agreed on its feature",
});
mutant({
  id: "frame.takes-reserved-bit-in-rows",
  breaks: "FRAME-003",
  roles: BOTH,
  ways: ["text"],
  file: ROWS,
  find: 'if (stream > STREAM_MAX) throw new ProtocolViolation("FRAME-003", "the stream of a frame must be at most 2^31-1");',
  replace: "if (stream > STREAM_MAX) return undefined;",
  why: "skips rows whose stream needs the reserved bit",
});
mutant({
  id: "frame.refuses-rows-to-skip",
  breaks: "FRAME-004.1",
  roles: BOTH,
  ways: ["text"],
  file: ROWS,
  find: "if (type >= 0x80) return undefined;",
  replace: "if (type >= 0x90) return undefined;",
  why: "ends the session for rows that are to be skipped",
});
mutant({
  id: "frame.takes-flags-in-rows",
  breaks: "FRAME-005",
  roles: BOTH,
  ways: ["text"],
  file: ROWS,
  find: "checkHead(rule, flags & ~Flag.base64, stream);",
  replace: "checkHead(rule, flags & rule.flags, stream);",
  why: "drops flags in rows that no table defines",
});
mutant({
  id: "frame.takes-rows-nested-deep",
  breaks: "FRAME-008",
  roles: BOTH,
  ways: ["text", "wrapped"],
  edits: [
    {
      file: LISTED,
      find: 'if (depth >= HEADER_DEPTH) this.#refuse("FRAME-008", `the header nests deeper than ${HEADER_DEPTH}`);',
      replace: "",
    },
    {
      file: "packages/core/src/wire/text.ts",
      find: "if (nestsDeeper(message, DEPTH)) {",
      replace: "if (nestsDeeper(message, DEPTH * 10)) {",
    },
  ],
  why: "takes headers of rows that are nested as deep as one likes",
});
mutant({
  id: "frame.takes-long-strings-in-rows",
  breaks: "FRAME-009",
  roles: BOTH,
  ways: ["text"],
  file: LISTED,
  find: "if (!fits(value, limit)) this.#refuse(",
  replace: "if (!value.isWellFormed()) this.#refuse(",
  why: "takes strings of any length in the header of a row",
});
