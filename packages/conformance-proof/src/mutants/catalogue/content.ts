/**
 * Mutants of content.
 *
 * @module
 */

import type { PeerRole } from "@turnmux/conformance";
import { mutant } from "../mutant.ts";

const BOTH: readonly PeerRole[] = ["gateway", "client"];
const BODY = "packages/core/src/content/body.ts";
const INSPECT = "packages/core/src/content/inspect.ts";
const JSON_BODY = "packages/core/src/content/json.ts";
const MSGPACK = "packages/core/src/content/msgpack.ts";
const PARTS = "packages/core/src/peer/parts.ts";

mutant({
  id: "content.sends-null-for-nan",
  breaks: "CONT-001",
  roles: ["gateway", "client"],
  file: INSPECT,
  find: "return Number.isFinite(value) ? Found.plain : Found.nothing;",
  replace: "return Found.plain;",
  why: "makes null of NaN and infinities, as JSON.stringify does",
});
mutant({
  id: "content.does-not-say-where",
  breaks: "CONT-001",
  roles: ["client"],
  file: BODY,
  find: "if (body === undefined) throw explain(value, DEFAULT_BODY_LIMITS);",
  replace: 'if (body === undefined) throw new ValueError([], "no value");',
  why: "refuses a value that is none without a word on where in it",
});
mutant({
  id: "content.sends-unlisted-contents",
  breaks: "CONT-002.1",
  roles: BOTH,
  file: BODY,
  find: "if (found === Found.octets && contents.includes(Content.msgpack)) {",
  replace: "if (found === Found.octets) {",
  why: "sends MessagePack to peers that do not take it",
});
mutant({
  id: "content.refuses-octets",
  breaks: "CONT-002.2",
  roles: BOTH,
  file: BODY,
  find: "    case Content.bytes:\n      return octets;\n",
  replace: "",
  why: "does not take octets",
});
mutant({
  id: "content.trims-text",
  breaks: "CONT-002.2",
  roles: BOTH,
  file: BODY,
  find: "      return text;\n    }",
  replace: "      return text.trim();\n    }",
  why: "takes white space at the ends of text for nothing",
});
mutant({
  id: "content.takes-infinite-json-numbers",
  breaks: "CONT-003",
  roles: BOTH,
  file: JSON_BODY,
  find: 'if (!Number.isFinite(value)) fail("CONT-003", "numbers must fit into a 64-bit float");',
  replace: "",
  why: "takes JSON numbers that are infinite as float 64",
});
mutant({
  id: "content.takes-lone-surrogates",
  breaks: "CONT-003",
  roles: BOTH,
  file: JSON_BODY,
  find: 'if (escapes && !value.isWellFormed()) fail("CONT-003", "strings must be well-formed");',
  replace: "",
  why: "takes JSON with halves of surrogate pairs",
});
mutant({
  id: "content.takes-octets-behind-msgpack",
  breaks: "CONT-003",
  roles: BOTH,
  file: MSGPACK,
  find: 'if (reader.at !== octets.length) fail("octets follow the value");',
  replace: "",
  why: "drops what is behind a value in MessagePack",
});
mutant({
  id: "content.takes-extension-types",
  breaks: "CONT-003",
  roles: BOTH,
  file: MSGPACK,
  find: 'return fail("extension types are not allowed");',
  replace: "return null;",
  why: "takes MessagePack's extension types for null",
});
mutant({
  id: "content.takes-other-keys",
  breaks: "CONT-003",
  roles: BOTH,
  file: MSGPACK,
  find: 'return fail("the keys of maps must be strings");',
  replace: "return String(head);",
  why: "makes strings of keys that are none",
});
mutant({
  id: "content.mends-ill-formed-text",
  breaks: "CONT-003",
  roles: BOTH,
  file: BODY,
  find: 'if (text === undefined) throw new ProtocolViolation("CONT-003", "text must be well-formed UTF-8");\n',
  replace: 'if (text === undefined) return "";\n',
  why: "takes text in one frame that is no UTF-8",
});
mutant({
  id: "content.takes-ill-formed-text",
  breaks: "CONT-003",
  roles: BOTH,
  edits: [
    { file: PARTS, find: "if (!this.#pieces.add(octets)) illFormed();", replace: "this.#pieces.add(octets);" },
    { file: PARTS, find: "if (!this.#pieces.complete) illFormed();", replace: "" },
  ],
  why: "takes text in several frames that is no UTF-8",
});
mutant({
  id: "content.takes-the-first-of-two-keys",
  breaks: "CONT-003",
  roles: BOTH,
  file: MSGPACK,
  find: "record[key] = this.value(room - 1);",
  replace: "const value = this.value(room - 1);\n      record[key] ??= value;",
  why: "takes the first of two equal keys",
});
mutant({
  id: "content.takes-octets-of-none",
  breaks: "CONT-003",
  roles: BOTH,
  file: BODY,
  find: 'if (octets.length > 0) throw new ProtocolViolation("CONT-003", "content none must have no octets");',
  replace: "",
  why: "drops the octets of a body that says it is none",
});
mutant({
  id: "content.takes-deep-json",
  breaks: "CONT-004.1",
  roles: BOTH,
  edits: [
    { file: JSON_BODY, find: 'if (beyond === "depth") tooDeep(limits);', replace: "" },
    { file: JSON_BODY, find: "if (room === 0) tooDeep(limits);", replace: "" },
  ],
  why: "takes JSON that is nested as deep as one likes",
});
mutant({
  id: "content.takes-deep-msgpack",
  breaks: "CONT-004.1",
  roles: BOTH,
  file: MSGPACK,
  find: 'if (room === 0) throw new ProtocolViolation("CONT-004", `content must not nest deeper than ${this.#limits.depth}`);',
  replace: "",
  why: "takes MessagePack that is nested as deep as one likes",
});
mutant({
  id: "content.takes-proto",
  breaks: "CONT-004.1",
  roles: BOTH,
  file: JSON_BODY,
  find: 'if (key === "__proto__") fail("CONT-004", "the key __proto__ is not allowed");',
  replace: "",
  why: "takes the key __proto__",
});
mutant({
  id: "content.takes-many-entries",
  breaks: "CONT-004.1",
  roles: BOTH,
  file: JSON_BODY,
  find: "if (++entries > limits.mapEntries) fail(",
  replace: "if (++entries > limits.mapEntries * 10) fail(",
  why: "takes maps of more entries than the limit",
});
mutant({
  id: "content.does-not-count-together",
  breaks: "CONT-004.1",
  roles: BOTH,
  file: MSGPACK,
  find: "if (++this.#containers > this.#limits.containers)",
  replace: "if (this.#containers > this.#limits.containers)",
  why: "does not count what is in a body together",
});
mutant({
  id: "content.sends-deep-values",
  breaks: "CONT-004.2",
  roles: BOTH,
  file: INSPECT,
  find: "if (kind === undefined || room === 0) return Found.nothing;",
  replace: "if (kind === undefined) return Found.nothing;",
  why: "sends values that are nested as deep as one likes",
});
mutant({
  id: "content.takes-unknown-contents",
  breaks: "CONT-005",
  roles: BOTH,
  file: BODY,
  find: 'throw new ProtocolViolation("CONT-005", "the content of a body must be one of the table");',
  replace: "return undefined;",
  why: "takes a body of a content that it does not know for none",
});
mutant({
  id: "content.needs-whole-characters",
  breaks: "CONT-006",
  roles: BOTH,
  edits: [
    {
      file: PARTS,
      find: "if (length >= SMALL) {\n      this.#flush();\n      this.#decode(octets);",
      replace: "if (length >= 1) {\n      this.#flush();\n      this.#decode(octets);",
    },
    {
      file: PARTS,
      find: "if (!this.#pieces.add(octets)) illFormed();",
      replace: "if (!this.#pieces.add(octets) || !this.#pieces.complete) illFormed();",
    },
  ],
  why: "refuses text that is cut inside of a character",
});
