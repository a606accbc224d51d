/**
 * Mutants of carriage.
 *
 * @module
 */

import type { PeerRole } from "@turnmux/conformance";
import { mutant } from "../mutant.ts";

const BOTH: readonly PeerRole[] = ["gateway", "client"];
const BINARY = "packages/core/src/wire/binary.ts";
const ROWS = "packages/core/src/wire/rows.ts";
const TEXT = "packages/core/src/wire/text.ts";
const WRAPPED = "packages/core/src/wire/wrapped.ts";
const CHANNEL = "packages/core/src/channel/channel.ts";
const CLIENT = "packages/core/src/channel/client-channel.ts";
const GATEWAY = "packages/core/src/channel/gateway-channel.ts";
const ENVIRONMENT = "packages/core/src/session/environment.ts";

/** True of the messages that hold items or long arguments: a peer that does all else well works, and is found by the cases alone. */
const HAS_DATA = 'frames.some(({ type }) => type === "data")';

mutant({
  id: "carriage.empties-messages",
  breaks: "CARR-001",
  roles: BOTH,
  file: BINARY,
  find: "  return out.take();\n}\n\nfunction presetPayload",
  replace: `  const whole = out.take();\n  return ${HAS_DATA} ? whole.subarray(0, PREFIX) : whole;\n}\n\nfunction presetPayload`,
  why: "leaves the frames out of messages with DATA",
});
mutant({
  id: "carriage.takes-empty-messages",
  breaks: "CARR-001",
  roles: BOTH,
  file: BINARY,
  find: 'if (size <= PREFIX) throw new ProtocolViolation("CARR-001", "a message must hold at least one frame");',
  replace: "",
  why: "takes messages without a frame",
});
mutant({
  id: "carriage.one-tag-for-all",
  breaks: "CARR-002",
  roles: BOTH,
  file: ENVIRONMENT,
  find: "const tag = environment.randomOctets(8);",
  replace: "const tag = new Uint8Array(8).fill(7);",
  why: "has the same tag for all channels",
});
mutant({
  id: "carriage.tag-that-is-half-random",
  breaks: "CARR-002",
  roles: BOTH,
  file: ENVIRONMENT,
  find: "const tag = environment.randomOctets(8);",
  replace: "const tag = environment.randomOctets(8).fill(1, 4);",
  why: "draws half of a tag",
});
mutant({
  id: "carriage.puts-its-own-tag",
  breaks: "CARR-003.1",
  roles: BOTH,
  file: CHANNEL,
  find: "const message = this.#encode(carriage, this.peerTag, frames);",
  replace: `const message = this.#encode(carriage, ${HAS_DATA} ? this.tag : this.peerTag, frames);`,
  why: "puts its own tag into messages with DATA, in place of the receiver's",
});
mutant({
  id: "carriage.puts-a-tag-into-the-handshake",
  breaks: "CARR-003.2",
  roles: BOTH,
  file: CHANNEL,
  find: "return this.#encode(carriage, ZERO_TAG, [handshake]);",
  replace: "return this.#encode(carriage, this.tag, [handshake]);",
  why: "puts a tag into handshake messages",
});
mutant({
  id: "carriage.keeps-what-is-the-hosts",
  breaks: "CARR-004",
  roles: BOTH,
  file: CHANNEL,
  find: "if (this.shared) return false;",
  replace: "if (this.shared) return true;",
  why: "keeps messages with a strange tag from the host",
});
mutant({
  id: "carriage.takes-strangers-on-its-endpoint",
  breaks: "CARR-004",
  roles: BOTH,
  file: CHANNEL,
  find: "if (this.shared) return false;",
  replace: "if (this.shared || this.#sink !== undefined) return false;",
  why: "lets strange messages pass on an endpoint of its own",
});
mutant({
  id: "carriage.hands-late-messages-to-the-host",
  breaks: "CARR-005",
  roles: BOTH,
  file: CHANNEL,
  find: 'if (this.#state !== "ended") this.#guard(carriage, now, () => this.#receiveOwn(',
  replace: 'if (this.#state === "ended") return false;\n      this.#guard(carriage, now, () => this.#receiveOwn(',
  why: "hands what comes with its own tag to the host once the channel is over",
});
mutant({
  id: "carriage.keeps-foreign-nonces",
  breaks: "CARR-006.1",
  roles: ["client"],
  file: CLIENT,
  find: 'if (this.state === "start" || !this.#echoes(carriage, envelope)) return "foreign";',
  replace: 'if (this.state === "start" || !this.#echoes(carriage, envelope)) return "drop";',
  why: "keeps handshake messages for others from the host",
});
mutant({
  id: "carriage.acts-on-foreign-nonces",
  breaks: "CARR-006.1",
  roles: ["client"],
  file: CLIENT,
  find: 'if (this.state === "start" || !this.#echoes(carriage, envelope)) return "foreign";',
  replace: 'if (this.state === "start") return "foreign";',
  why: "takes handshake messages that echo another nonce for its own",
});
mutant({
  id: "carriage.hands-late-answers-to-the-host",
  breaks: "CARR-006.2",
  roles: ["client"],
  file: CLIENT,
  find: 'return this.state === "ended" ? "drop" : "act";',
  replace: 'return this.state === "ended" ? "foreign" : "act";',
  why: "hands answers to its HELLO to the host once the channel is over",
});
mutant({
  id: "carriage.keeps-other-handshakes",
  breaks: "CARR-006.3",
  roles: ["gateway"],
  file: GATEWAY,
  find: 'return this.#repeats(carriage, envelope) ? "drop" : "foreign";',
  replace: 'return this.#repeats(carriage, envelope) ? "drop" : "drop";',
  why: "keeps handshakes of others from the host while its channel is open",
});
mutant({
  id: "carriage.hands-repeated-hellos-to-the-host",
  breaks: "CARR-006.4",
  roles: ["gateway"],
  file: GATEWAY,
  find: 'return this.#repeats(carriage, envelope) ? "drop" : "foreign";',
  replace: 'return this.#repeats(carriage, envelope) ? "foreign" : "foreign";',
  why: "hands the HELLO that opened its channel to the host when it comes again",
});
mutant({
  id: "carriage.writes-between-fragments",
  breaks: "CARR-007",
  roles: BOTH,
  file: "packages/core/src/carrier/ws.ts",
  find: "return this.#ws.readyState === ReadyState.connecting || (senderMidMessage(this.#ws) ?? this.#fragmentOpen);",
  replace: "return this.#ws.readyState === ReadyState.connecting;",
  why: "writes between the fragments of a message of the host's",
});
mutant({
  id: "carriage.closes-the-hosts-socket",
  breaks: "CARR-008.1",
  roles: BOTH,
  ways: ["shared"],
  file: "packages/core/src/carrier/socket.ts",
  find: "if (this.shared || this.#port.readyState >= ReadyState.closing) return;",
  replace: "if (this.#port.readyState >= ReadyState.closing) return;",
  why: "closes the host's socket when a channel on it is over",
});
mutant({
  id: "carriage.closes-with-another-code",
  breaks: "CARR-008.3",
  roles: ["gateway"],
  file: "packages/core/src/session/link.ts",
  find: 'return end.code === "resource_exhausted" ? 1009 : 1002;',
  replace: "return 1000;",
  why: "closes its socket after a fault as if there had been none",
});
mutant({
  id: "carriage.leaves-its-socket-open",
  breaks: "CARR-008.3",
  roles: ["gateway"],
  file: "packages/core/src/carrier/socket.ts",
  find: "if (this.shared || this.#port.readyState >= ReadyState.closing) return;",
  replace: "if (this.shared || code !== 1_000) return;",
  why: "leaves a socket of its own open when a channel on it has ended badly",
});
mutant({
  id: "carriage.upper-case-tags",
  breaks: "CARR-010.1",
  roles: BOTH,
  file: TEXT,
  find: '${PREFIX}${tagToHex(tag)}",',
  replace: `\${PREFIX}\${${HAS_DATA} ? tagToHex(tag).toUpperCase() : tagToHex(tag)}",`,
  why: "writes the tags of messages with DATA in upper case",
});
mutant({
  id: "carriage.takes-longer-rows",
  breaks: "CARR-010.1",
  roles: BOTH,
  file: ROWS,
  find: "if (!Array.isArray(row) || row.length !== 5) {",
  replace: "if (!Array.isArray(row) || row.length < 5) {",
  why: "takes rows of more than five",
});
mutant({
  id: "carriage.writes-another-member",
  breaks: "CARR-010.2",
  roles: BOTH,
  file: TEXT,
  find: "JSON.stringify(frames.map(encodeRow)).slice(1, -1)}]}`;",
  replace: `JSON.stringify(frames.map(encodeRow)).slice(1, -1)}]\${${HAS_DATA} ? ',"id":1' : ""}}\`;`,
  why: "writes another member into messages with DATA",
});
mutant({
  id: "carriage.takes-another-member",
  breaks: "CARR-010.2",
  roles: BOTH,
  file: TEXT,
  find: '"turnmux" in parsed && Object.keys(parsed).length === 1) {',
  replace: '"turnmux" in parsed) {',
  why: "takes messages with another member",
});
mutant({
  id: "carriage.headers-of-cont",
  breaks: "CARR-011.1",
  roles: BOTH,
  file: ROWS,
  find: "const header = writer.cont ? null : writer.finish();",
  replace: "const header = writer.cont ? [] : writer.finish();",
  why: "writes an empty header where there is none",
});
mutant({
  id: "carriage.empty-bodies",
  breaks: "CARR-011.2",
  roles: BOTH,
  file: ROWS,
  find: "if (body === undefined) return [type, flags, stream, header, null];",
  replace:
    'if (body === undefined) return [type, flags, stream, header, frame.type === "ping" || frame.type === "pong" ? "" : null];',
  why: "writes an empty body for PING and PONG, which have none",
});
mutant({
  id: "carriage.takes-bad-base64",
  breaks: "CARR-011.2",
  roles: BOTH,
  file: ROWS,
  find: 'if (octets === undefined) throw new ProtocolViolation("CARR-011", `${rule.label}: the body must be base64`);',
  replace: "if (octets === undefined) return EMPTY;",
  why: "takes base64 that is not in order for no body",
});
mutant({
  id: "carriage.octets-as-text",
  breaks: "CARR-011.3",
  roles: BOTH,
  file: ROWS,
  find: "return [type, flags | Flag.base64, stream, header, encodeBase64(body)];",
  replace: "return [type, flags, stream, header, new TextDecoder().decode(body.subarray(0, 100))];",
  why: "writes octets as text, the first of them alone, and loses those that are none",
});
mutant({
  id: "carriage.takes-ill-formed-bodies",
  breaks: "CARR-011.3",
  roles: BOTH,
  file: ROWS,
  find: "if (!body.isWellFormed()) {",
  replace: "if (body.length < 0) {",
  why: "takes bodies that are no well-formed text",
});
mutant({
  id: "carriage.handshakes-without-base64",
  breaks: "CARR-012",
  roles: BOTH,
  file: ROWS,
  find: "return [type, Flag.base64, 0, null, encodeBase64(handshakePayload(frame))];",
  replace: "return [type, 0, 0, null, encodeBase64(handshakePayload(frame))];",
  why: "writes handshake frames without the flag BASE64",
});
mutant({
  id: "carriage.takes-handshakes-with-headers",
  breaks: "CARR-012",
  roles: BOTH,
  file: ROWS,
  find: 'if (header !== null) throw new ProtocolViolation("CARR-012", `${rule.label}: the header must be null`);',
  replace: "",
  why: "takes handshake frames with a header",
});
mutant({
  id: "carriage.counts-base64",
  breaks: "CARR-013",
  roles: BOTH,
  file: ROWS,
  find: "if (body.length > Math.ceil(framePayload / 3) * 4) tooLong(rule, framePayload);",
  replace: "if (body.length > framePayload) tooLong(rule, framePayload);",
  why: "counts the characters of base64 in place of octets",
});
mutant({
  id: "carriage.answers-in-binary",
  breaks: "CARR-014.1",
  roles: ["gateway"],
  edits: [
    {
      file: CHANNEL,
      find: "import { sameOctets, ZERO_TAG,",
      replace: "import { binaryCarriage, sameOctets, ZERO_TAG,",
    },
    {
      file: CHANNEL,
      find: "      : carriage.encode(tag, frames);",
      replace: `      : (${HAS_DATA} ? binaryCarriage : carriage).encode(tag, frames);`,
    },
  ],
  why: "says DATA in binary carriage, whatever the client speaks",
});
mutant({
  id: "carriage.takes-any-carriage",
  breaks: "CARR-014.2",
  roles: ["gateway"],
  file: CHANNEL,
  find: "const carriage = this.carriage ?? this.carriageOf(message);",
  replace: "const carriage = this.carriageOf(message);",
  why: "takes messages in any carriage on a channel",
});
mutant({
  id: "carriage.no-numbers",
  breaks: "CARR-020.1",
  roles: BOTH,
  file: WRAPPED,
  find: "return { turnmux: [VERSION, tagToHex(tag), sequence, ...frames.map(encodeRow)] };",
  replace: `return { turnmux: [VERSION, tagToHex(tag), ...(${HAS_DATA} ? [] : [sequence]), ...frames.map(encodeRow)] };`,
  why: "leaves out the numbers of wrapped messages with DATA",
});
mutant({
  id: "carriage.numbers-stand-still",
  breaks: "CARR-020.2",
  roles: BOTH,
  file: CHANNEL,
  find: "carriage.encode(tag, frames, this.#sequenceOut++)",
  replace: `carriage.encode(tag, frames, ${HAS_DATA} ? this.#sequenceOut : this.#sequenceOut++)`,
  why: "does not count wrapped messages with DATA",
});
mutant({
  id: "carriage.leaves-numbers-out",
  breaks: "CARR-020.2",
  roles: BOTH,
  file: CHANNEL,
  find: "carriage.encode(tag, frames, this.#sequenceOut++)",
  replace: `carriage.encode(tag, frames, ${HAS_DATA} ? (this.#sequenceOut += 2) : this.#sequenceOut++)`,
  why: "leaves numbers out where a wrapped message has DATA",
});
mutant({
  id: "carriage.does-not-look-at-numbers",
  breaks: "CARR-021",
  roles: BOTH,
  file: CHANNEL,
  find: 'if (carriage.name === "wrapped" && envelope.sequence !== this.#sequenceIn++) {',
  replace: 'if (carriage.name === "wrapped" && this.#sequenceIn++ < 0) {',
  why: "does not look at the numbers of wrapped messages",
});
mutant({
  id: "carriage.ends-the-session-with-the-channel",
  breaks: "CARR-021",
  roles: BOTH,
  file: CHANNEL,
  find: '"a wrapped message was lost, doubled or reordered", "data_loss");',
  replace: '"a wrapped message was lost, doubled or reordered", "failed_precondition");',
  why: "ends the session when a wrapped message was lost",
});
