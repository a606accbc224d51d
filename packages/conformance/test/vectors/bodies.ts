/**
 * Values and the octets of bodies, and octets that are no body.
 *
 * @module
 */
import { encodeAs, type Value } from "../../src/wire/body.ts";
import { Content, contentName } from "../../src/wire/constants.ts";
import { hex, octetsOf, type Octets, shown } from "./format.ts";

/** Octets and the value that they stand for. */
export interface BodyVector {
  readonly name: string;
  /** The content's name. */
  readonly content: string;
  readonly octets: Octets;
  /** Octets in it are `{ "$bytes": base64 }`; absent where the content is none. */
  readonly value?: unknown;
  /** Only what a decoder has to take: encoders write it otherwise. */
  readonly decodeOnly?: true;
}

/** Octets that are no body of their content. */
export interface InvalidBodyVector {
  readonly name: string;
  /** The content's number, which may be in no table. */
  readonly content: number;
  readonly octets: Octets;
  readonly requirement: string;
}

const deep = (levels: number): Value => (levels === 0 ? 1 : [deep(levels - 1)]);
const bytes = octetsOf("00ff80c1");

const VALUES: readonly (readonly [string, number, Value])[] = [
  ["null", Content.json, null],
  ["true", Content.json, true],
  ["an integer", Content.json, 42],
  ["a negative integer", Content.json, -42],
  ["a fraction", Content.json, 0.1],
  ["the greatest exact integer", Content.json, Number.MAX_SAFE_INTEGER],
  ["an empty array", Content.json, []],
  ["an empty object", Content.json, {}],
  ["objects inside arrays", Content.json, [{ a: [1, { b: null }] }, "text"]],
  ["a string with characters of every length", Content.json, { text: 'a"\\\u00e9\u20ac\u{1f600}\n' }],
  ["64 arrays, one inside the other", Content.json, deep(64)],
  ["a string as text", Content.text, "cr\u00e8me \u{1f600}"],
  ["an empty string", Content.text, ""],
  ["a string that begins with a byte order mark", Content.text, "\ufeffa"],
  ["octets", Content.bytes, bytes],
  ["no octets", Content.bytes, new Uint8Array(0)],
  ["octets inside an object", Content.msgpack, { name: "a", data: bytes }],
  ["null as MessagePack", Content.msgpack, null],
  [
    "integers of every size",
    Content.msgpack,
    [0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1],
  ],
  [
    "negative integers of every size",
    Content.msgpack,
    [-1, -32, -33, -128, -129, -32_768, -32_769, -(2 ** 31) - 1, 1 - 2 ** 53],
  ],
  ["a fraction as float 64", Content.msgpack, 0.1],
  ["64 arrays, one inside the other, as MessagePack", Content.msgpack, deep(64)],
];

const DECODE_ONLY: readonly (readonly [string, number, Octets, Value])[] = [
  ["JSON with white space", Content.json, hexOf(' {"a" : [ 1 , 2 ] }\n'), { a: [1, 2] }],
  ["JSON with escapes", Content.json, hexOf(String.raw`"\u00e9\ud83d\ude00\/"`), "\u00e9\u{1f600}/"],
  ["JSON, of two equal keys the last", Content.json, hexOf('{"a":1,"b":2,"a":3}'), { a: 3, b: 2 }],
  ["JSON, negative zero is zero", Content.json, hexOf("-0"), 0],
  ["JSON, an integer beyond 2^53-1", Content.json, hexOf("1e21"), 1e21],
  ["a string as JSON", Content.json, hexOf('"text"'), "text"],
  ["MessagePack, of two equal keys the last", Content.msgpack, "82a16101a16102", { a: 2 }],
  ["MessagePack, float 32", Content.msgpack, "ca3fc00000", 1.5],
  ["MessagePack, negative zero is zero", Content.msgpack, "cb8000000000000000", 0],
  ["MessagePack, longer forms than need be", Content.msgpack, "dd00000002cf0000000000000001db0000000161", [1, "a"]],
  ["MessagePack, a map of 16-bit length", Content.msgpack, "de0001d90161c6000000010a", { a: octetsOf("0a") }],
];

function hexOf(text: string): string {
  return hex(new TextEncoder().encode(text));
}

/** The vectors of bodies that are in order. */
export function bodyVectors(): readonly BodyVector[] {
  const none: BodyVector = { name: "no body", content: "none", octets: "" };
  const nameOf = (content: number): string => contentName(content) ?? "";
  const encoded = VALUES.map(([name, content, value]) => ({
    name,
    content: nameOf(content),
    octets: hex(encodeAs(content, value)),
    value: shown(value),
  }));
  const decoded = DECODE_ONLY.map(([name, content, octets, value]) => ({
    name,
    content: nameOf(content),
    octets,
    value: shown(value),
    decodeOnly: true as const,
  }));
  return [none, ...encoded, ...decoded];
}

const { json, msgpack, text } = Content;
const part = (digits: string, times = 1): { readonly hex: string; readonly times: number } => ({ hex: digits, times });

const INVALID: Readonly<Record<string, readonly (readonly [string, number, Octets])[]>> = {
  "CONT-003": [
    ["octets where there is no body", Content.none, "00"],
    ["JSON that is empty", json, ""],
    ["JSON that ends too soon", json, hexOf('{"a":')],
    ["JSON with something behind it", json, hexOf("1 2")],
    ["JSON with a comment", json, hexOf("1 // one")],
    ["JSON with a comma too many", json, hexOf("[1,]")],
    ["JSON with a key without quotes", json, hexOf("{a:1}")],
    ["JSON with a byte order mark", json, hexOf("\ufeff1")],
    ["JSON with NaN", json, hexOf("NaN")],
    ["JSON with a number that is too great to be finite", json, hexOf("1e999")],
    ["JSON that is not UTF-8", json, "22ff22"],
    ["JSON with half of a surrogate pair", json, hexOf(String.raw`"\ud800"`)],
    ["JSON with half of a surrogate pair in a key", json, hexOf(String.raw`{"\udc00":1}`)],
    ["text that is not UTF-8", text, "61ff"],
    ["text that ends inside a character", text, "61c3"],
    ["text with a surrogate in UTF-8", text, "eda080"],
    ["text whose UTF-8 is longer than it need be", text, "c080"],
    ["MessagePack that is empty", msgpack, ""],
    ["MessagePack that ends too soon", msgpack, "9201"],
    ["MessagePack with a string that ends too soon", msgpack, "a561"],
    ["MessagePack with octets behind the value", msgpack, "01c0"],
    ["MessagePack with an extension type", msgpack, "d40100"],
    ["MessagePack with a timestamp", msgpack, "d6ff00000000"],
    ["MessagePack with the octet c1", msgpack, "c1"],
    ["MessagePack with an integer beyond 2^53-1", msgpack, "cf0020000000000000"],
    ["MessagePack with an integer below -(2^53-1)", msgpack, "d3ffe0000000000000"],
    ["MessagePack with NaN", msgpack, "cb7ff8000000000000"],
    ["MessagePack with an infinity of 64 bits", msgpack, "cbfff0000000000000"],
    ["MessagePack with an infinity of 32 bits", msgpack, "ca7f800000"],
    ["MessagePack with an integer as a key", msgpack, "8101c0"],
    ["MessagePack with nil as a key", msgpack, "81c0c0"],
    ["MessagePack with a string that is not UTF-8", msgpack, "a1ff"],
    ["MessagePack with a key that is not UTF-8", msgpack, "81a1ffc0"],
  ],
  "CONT-004": [
    ["65 arrays, one inside the other, as JSON", json, hexOf("[".repeat(65) + "]".repeat(65))],
    ["65 objects, one inside the other, as JSON", json, hexOf(`${'{"a":'.repeat(65)}1${"}".repeat(65)}`)],
    ["65 arrays, one inside the other, as MessagePack", msgpack, "91".repeat(64).concat("90")],
    ["the key __proto__ as JSON", json, hexOf('{"__proto__":1}')],
    ["the key __proto__ as JSON, with an escape", json, hexOf(String.raw`{"a":[{"\u005f_proto__":1}]}`)],
    ["the key __proto__ as MessagePack", msgpack, "81a95f5f70726f746f5f5fc0"],
    ["a map that says it has 10,001 entries", msgpack, [part("de2711"), part("a161c0", 10_001)]],
    ["an array that says it has 4,294,967,295 elements, and has them not", msgpack, "ddffffffff"],
    ["a map that says it has 4,294,967,295 entries, and has them not", msgpack, "dfffffffff"],
    ["an array of 1,000,001 elements as MessagePack", msgpack, [part("dd000f4241"), part("c0", 1_000_001)]],
    ["an array of 1,000,001 elements as JSON", json, [part("5b"), part("302c", 1_000_000), part("305d")]],
    ["500,001 arrays together as MessagePack", msgpack, [part("dd0007a120"), part("90", 500_000)]],
    ["500,001 octets and arrays together as MessagePack", msgpack, [part("dd0007a120"), part("c400", 500_000)]],
    ["500,001 arrays together as JSON", json, [part("5b"), part("5b5d2c", 499_999), part("5b5d5d")]],
  ],
  "CONT-005": [
    ["content 5", 5, ""],
    ["content 255", 255, "00"],
  ],
};

/** The vectors of bodies that are not in order. */
export function invalidBodyVectors(): readonly InvalidBodyVector[] {
  return Object.entries(INVALID).flatMap(([requirement, all]) =>
    all.map(([name, content, octets]) => ({ name, content, octets, requirement })),
  );
}
