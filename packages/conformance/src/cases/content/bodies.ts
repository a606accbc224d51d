/**
 * Bodies that are not well-formed, are beyond a limit, or have a content that nobody knows (CONT-003 to CONT-005).
 *
 * @module
 */
import { openCall } from "../../harness/calls.ts";
import { check } from "../../suite/case.ts";
import * as build from "../../wire/build.ts";
import { decodeBody } from "../../wire/body.ts";
import { Content } from "../../wire/constants.ts";
import { bodyRule, digits, echo, said, type Octets } from "./support.ts";

bodyRule({
  id: "content.no-json",
  title: "a body of JSON that is not well-formed ends the session",
  clause: "CONT-003",
  bad: {
    "it ends too soon": () => said("json", '{"a":'),
    "with something behind the value": () => said("json", "1 2"),
    "with a comma too many": () => said("json", "[1,]"),
    "with a byte order mark": () => said("json", "\ufeff1"),
    NaN: () => said("json", "NaN"),
    "a number that is not finite": () => said("json", "[1e999]"),
    "that is not UTF-8": () => digits("json", "22 ff 22"),
    "half of a surrogate pair": () => said("json", String.raw`{"a":["\ud800"]}`),
    "half of a surrogate pair in a key": () => said("json", String.raw`{"\udc00":1}`),
    "and empty": () => ({ content: Content.json, octets: new Uint8Array(0) }),
  },
});

bodyRule({
  id: "content.no-msgpack",
  title: "a body of MessagePack that is not well-formed ends the session",
  clause: "CONT-003",
  bad: {
    "it ends too soon": () => digits("msgpack", "92 01"),
    "with octets behind the value": () => digits("msgpack", "01 c0"),
    "with an extension type": () => digits("msgpack", "91 d4 01 00"),
    "with a timestamp": () => digits("msgpack", "d6 ff 00 00 00 00"),
    "with the octet c1": () => digits("msgpack", "91 c1"),
    "with an integer beyond 2^53-1": () => digits("msgpack", "cf 00 20 00 00 00 00 00 00"),
    "with an integer below -(2^53-1)": () => digits("msgpack", "d3 ff e0 00 00 00 00 00 00"),
    "with NaN": () => digits("msgpack", "cb 7f f8 00 00 00 00 00 00"),
    "with an infinity of 32 bits": () => digits("msgpack", "ca 7f 80 00 00"),
    "with an integer as a key": () => digits("msgpack", "81 01 c0"),
    "with a string that is not UTF-8": () => digits("msgpack", "91 a1 ff"),
    "with a key that is not UTF-8": () => digits("msgpack", "81 a1 ff c0"),
  },
});

bodyRule({
  id: "content.no-text",
  title: "a body of text that is not UTF-8 ends the session",
  clause: "CONT-003",
  bad: {
    "with a lone octet": () => digits("text", "61 ff"),
    "it ends inside of a character": () => digits("text", "61 c3"),
    "with a surrogate": () => digits("text", "ed a0 80"),
    "with a form that is longer than need be": () => digits("text", "c0 80"),
  },
});

for (const [name, parts] of Object.entries({
  "in-the-first": ["61ff", "62"],
  "in-the-last": ["61", "62ff"],
  "at-the-end": ["61", "62c3"],
})) {
  check({
    id: `content.no-text-in-two-frames.${name}`,
    title: `a body of text in two frames that is not UTF-8 ends the session: ${name.replaceAll("-", " ")}`,
    covers: ["CONT-003"],
    role: "both",
    async run(t) {
      const session = await t.session();
      const stream = session.newStream();
      const [first = "", last = ""] = parts;
      const fields = { tool: "test.echo", callId: "two", content: Content.text };
      await t.breaks(session, "CONT-003", () =>
        session.sendRaw(
          build.open(stream, fields, Buffer.from(first, "hex"), { more: true }),
          build.cont(stream, Buffer.from(last, "hex"), { final: true }),
        ),
      );
    },
  });
}

bodyRule({
  id: "content.octets-of-none",
  title: "octets where the content says that there is no body end the session",
  clause: "CONT-003",
  bad: { "one octet": () => digits("none", "00") },
});

bodyRule({
  id: "content.unknown",
  title: "a content that is not in the table ends the session",
  clause: "CONT-005",
  bad: {
    "5, without a body": () => ({ content: 5, octets: new Uint8Array(0) }),
    "255": () => ({ content: 255, octets: new Uint8Array([1]) }),
  },
});

const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

bodyRule({
  id: "content.too-deep",
  title: "a body that is nested deeper than 64 ends the session",
  clause: "CONT-004.1",
  bad: {
    "arrays in JSON": () => said("json", deep(65)),
    "objects in JSON": () => said("json", `${'{"a":'.repeat(65)}1${"}".repeat(65)}`),
    "arrays in MessagePack": () => digits("msgpack", ["91", 64], "90"),
    "a million of arrays in JSON": () => said("json", "[".repeat(1_000_000)),
  },
});

bodyRule({
  id: "content.proto",
  title: "a body with the key __proto__ ends the session",
  clause: "CONT-004.1",
  bad: {
    "in JSON": () => said("json", '{"a":{"__proto__":1}}'),
    "in JSON, with an escape": () => said("json", String.raw`{"\u005f_proto__":{"admin":true}}`),
    "in MessagePack": () => digits("msgpack", "81 a9 5f5f70726f746f5f5f 81 a1 61 c3"),
  },
});

const entries = (count: number): string => Array.from({ length: count }, (_, index) => `"k${index}":0`).join(",");

bodyRule({
  id: "content.too-much",
  title: "a body with more in it than its limits ends the session",
  clause: "CONT-004.1",
  alone: true,
  bad: {
    "a map of 10,001 entries in JSON": () => said("json", `{${entries(10_001)}}`),
    "a map that says it has 10,001 entries": () => digits("msgpack", "de 27 11", ["a1 61 c0", 10_001]),
    "a map that says it has four thousand million entries": () => digits("msgpack", "df ff ff ff ff"),
    "an array that says it has four thousand million elements": () => digits("msgpack", "dd ff ff ff ff"),
    "an array of 1,000,001 elements in MessagePack": () => digits("msgpack", "dd 00 0f 42 41", ["c0", 1_000_001]),
    "an array of 1,000,001 elements in JSON": () => said("json", `[${"0,".repeat(1_000_000)}0]`),
    "500,001 arrays in MessagePack": () => digits("msgpack", "dd 00 07 a1 20", ["90", 500_000]),
    "500,001 octets and an array in MessagePack": () => digits("msgpack", "dd 00 07 a1 20", ["c4 00", 500_000]),
    "500,001 arrays in JSON": () => said("json", `[${"[],".repeat(499_999)}[]]`),
  },
});

/** Octets, and the value that they stand for. */
const GOOD: Readonly<Record<string, readonly [Octets, unknown]>> = {
  "JSON with escapes and white space": [
    said("json", String.raw` { "a" : "\u00e9\ud83d\ude00" } `),
    { a: "\u00e9\u{1f600}" },
  ],
  "JSON with one key twice": [said("json", '{"a":1,"b":2,"a":3}'), { a: 3, b: 2 }],
  "JSON with negative zero": [said("json", "[-0]"), [0]],
  "JSON with many digits": [said("json", "[9007199254740993]"), [9_007_199_254_740_992]],
  "JSON nested 64 deep": [said("json", deep(64)), JSON.parse(deep(64))],
  "MessagePack with one key twice": [digits("msgpack", "82 a1 61 01 a1 61 02"), { a: 2 }],
  "MessagePack with float 32": [digits("msgpack", "91 ca 3f c0 00 00"), [1.5]],
  "MessagePack with forms longer than need be": [
    digits("msgpack", "dd 00 00 00 02 cf 00 00 00 00 00 00 00 01 db 00 00 00 01 61"),
    [1, "a"],
  ],
  "MessagePack nested 64 deep": [digits("msgpack", ["91", 63], "90"), JSON.parse(deep(64))],
  "MessagePack with the greatest integers": [
    digits("msgpack", "92 cf 00 1f ff ff ff ff ff ff d3 ff e0 00 00 00 00 00 01"),
    [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  ],
};

check({
  id: "content.well-formed",
  title: "bodies that are in order are taken, however their encoder wrote them, and mean what they say",
  covers: ["CONT-003", "CONT-004.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    for (const [name, [body, value]] of Object.entries(GOOD)) {
      const stream = await echo(session, body);
      const { end, body: result } = await session
        .inbound(stream)
        .ended.take(() => true, session.channel.patience(), `END for ${name}`);
      t.equal(end.code, 0, `The code for ${name}`, "CONT-003");
      t.equal(decodeBody(result.content, result.octets), value, name, "CONT-003");
    }
  },
});

check({
  id: "content.bad-result",
  title: "a result that is not well-formed ends the session, as arguments do",
  covers: ["CONT-003"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.peerCalls(session);
    const { stream } = await call.incoming();
    await t.breaks(session, "CONT-003", () =>
      session.sendRaw(build.end(stream, { content: Content.json }, new TextEncoder().encode("{"))),
    );
  },
});

check({
  id: "content.bad-item",
  title: "an item that is beyond a limit ends the session, as arguments do",
  covers: ["CONT-004.1"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.peerCalls(session, { tool: "suite.stream" });
    const incoming = await call.incoming();
    incoming.accept();
    const octets = new TextEncoder().encode('{"__proto__":1}');
    await t.breaks(session, "CONT-004.1", () => session.sendRaw(build.item(incoming.stream, Content.json, octets)));
  },
});

check({
  id: "content.unknown-of-an-item",
  title: "an item of a content that is not in the table ends the session",
  covers: ["CONT-005"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const call = await t.peerCalls(session, { tool: "suite.stream" });
    const incoming = await call.incoming();
    incoming.accept();
    await t.breaks(session, "CONT-005", () => session.sendRaw(build.item(incoming.stream, 77, new Uint8Array(1))));
  },
});

check({
  id: "content.text-cut-anywhere",
  title: "a body of text is taken wherever it is cut, also inside of a character",
  covers: ["CONT-006"],
  role: "both",
  async run(t) {
    const session = await t.session();
    const text = "a\u00e9\u20ac\u{1f600}b";
    const octets = new TextEncoder().encode(text);
    for (let at = 1; at < octets.length; at++) {
      const stream = session.newStream();
      const fields = { tool: "test.echo", callId: `cut-${at}`, content: Content.text };
      session.useCredit(stream, octets.length);
      session.send(
        build.open(stream, fields, octets.subarray(0, at), { more: true }),
        build.cont(stream, octets.subarray(at), { final: true }),
      );
      const { end, body } = await session
        .inbound(stream)
        .ended.take(() => true, session.channel.patience(), `END for a cut behind ${at} octets`);
      t.equal(end.code, 0, `The code for a cut behind ${at} octets`, "CONT-006");
      t.equal(decodeBody(body.content, body.octets), text, `The text that was cut behind ${at} octets`, "CONT-006");
    }
  },
});

check({
  id: "content.own-text-cut-between-characters",
  title: "a long text is cut between characters",
  covers: ["CONT-006.should"],
  role: "both",
  level: "should",
  async run(t) {
    const limits = { framePayload: 1_024 };
    const session = await t.session({ hello: { limits }, welcome: { limits } });
    const text = "a\u20ac\u{1f600}".repeat(1_000);
    const call = await openCall(session, { tool: "test.echo", input: text });
    t.equal((await call.ended()).value, text, "What test.echo gave");
    for (const { frame } of session.channel.frames.entries) {
      if (frame.stream !== call.stream || frame.body.length === 0) continue;
      const first = frame.body[0] ?? 0;
      t.expect((first & 0xc0) !== 0x80, "A frame begins inside of a character.", "CONT-006.should");
    }
  },
});
