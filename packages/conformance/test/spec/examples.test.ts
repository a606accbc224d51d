import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { concat, decodeFrames, encodeFrame, frameName, type Frame, type HeaderValue } from "../../src/wire/frame.ts";
import { placesOf, type NamedPlace, type Place } from "../../src/wire/layout.ts";

const PAGE = readFileSync(new URL("../../../../docs/spec.md", import.meta.url), "utf8");

/** One line of an example: its octets, and what the page says that they are. */
interface Line {
  readonly octets: Uint8Array;
  readonly comment: string;
}

interface Example {
  readonly at: number;
  readonly lines: readonly Line[];
}

/** Octets as hexadecimal digits, and text in quotes. */
function octetsOf(text: string): Uint8Array {
  const parts = [...text.matchAll(/"([^"]*)"|([0-9a-f]{2})|(\S)/g)].map(([, quoted, digits, other]) => {
    if (other !== undefined) throw new Error(`${text} has ${other}, which is neither hexadecimal nor quoted`);
    return quoted === undefined ? Buffer.from(digits ?? "", "hex") : Buffer.from(quoted, "utf8");
  });
  return new Uint8Array(Buffer.concat(parts));
}

function lineOf(text: string): Line {
  const [octets = "", comment = ""] = text.split(/ *;/, 2);
  return { octets: octetsOf(octets), comment: comment.trim() };
}

const EXAMPLES: readonly Example[] = [...PAGE.matchAll(/^```hex\n([\s\S]*?)^```/gm)].map((match) => ({
  at: PAGE.slice(0, match.index).split("\n").length,
  lines: (match[1] ?? "").trimEnd().split("\n").map(lineOf),
}));

/** Mark, carriage version and tag, where an example is a whole message. */
const PREFIX = 10;

function framesOf({ lines }: Example): { readonly octets: Uint8Array; readonly frames: readonly Frame[] } {
  const all = concat(...lines.map((line) => line.octets));
  const octets = all[0] === 0xc1 ? all.subarray(PREFIX) : all;
  return { octets, frames: decodeFrames(octets) };
}

/** What the comments of a frame's header must say, in order. */
function said(place: NamedPlace, value: HeaderValue): string[] {
  const scalar = value === null ? "nil" : typeof value === "number" || typeof value === "boolean" ? String(value) : "";
  const own = `${place.name} ${scalar}`.trim();
  if (!Array.isArray(value)) return [own];
  return [own, ...inside(place.place, value)];
}

function inside(place: Place, value: readonly HeaderValue[]): string[] {
  if (place.kind === "places") return value.flatMap((entry, index) => saidAt(place.places, index, entry));
  if (place.kind !== "list" || place.of.kind !== "places") return [];
  const { places } = place.of;
  return value.flatMap((entry) =>
    Array.isArray(entry) ? entry.flatMap((part: HeaderValue, index) => saidAt(places, index, part)) : [],
  );
}

function saidAt(places: readonly NamedPlace[], index: number, value: HeaderValue): string[] {
  const place = places[index];
  return place === undefined ? [] : said(place, value);
}

function headOf(frame: Frame): string {
  const flags = ["MORE", "FINAL", "CONT"].filter((_, bit) => (frame.flags & (1 << bit)) !== 0).join(" and ");
  return `${frameName(frame.type)}${flags === "" ? "" : `, ${flags}`}, stream ${frame.stream}`;
}

/** The comments of each frame, less what a reader is told beside: counts in words, and what is in brackets. */
function commentsOf(example: Example): string[][] {
  const frames: string[][] = [];
  for (const { comment } of example.lines) {
    if (comment.startsWith("length ")) frames.push([]);
    const plain = comment.replace(/ \([^)]*\)$/, "").replace(/(?:: none|, \d+ (?:of them|octets))$/, "");
    if (!/^$|^\d+ places?$|^an entry of|^the |^mark/.test(plain)) frames.at(-1)?.push(plain);
  }
  return frames;
}

it("shows a handshake whose proof is right", () => {
  const from = PAGE.indexOf("### A handshake with proof, octet by octet");
  const line = PAGE.slice(0, from).split("\n").length;
  const [hello, challenge, proof] = EXAMPLES.filter(({ at }) => at > line).flatMap(
    (example) => framesOf(example).frames,
  );
  const payloads = [hello, challenge].map((frame) => frame?.payload ?? new Uint8Array(0));
  const fields = [...["turnmux/1 client proof", "token", "conformance"].map((text) => Buffer.from(text)), ...payloads];
  const octets = fields.flatMap((field) => [Buffer.from([0, 0, 0, field.length]), field]);
  const right = createHmac("sha256", "turnmux-conformance-secret").update(Buffer.concat(octets)).digest("hex");
  const given = proof?.header?.[3];
  expect(given instanceof Uint8Array ? Buffer.from(given).toString("hex") : given).toBe(right);
});

it("has examples of all frames", () => {
  const types = new Set(EXAMPLES.flatMap((example) => framesOf(example).frames.map(({ type }) => frameName(type))));
  expect([...types].sort()).toEqual(
    "ACCEPT ACK CHALLENGE CREDIT DATA END GOAWAY HELLO OFFER OPEN PING PONG PROOF REFUSE RESET WELCOME".split(" "),
  );
});

describe.each(EXAMPLES)("the example at line $at of docs/spec.md", (example) => {
  it("is made of frames that encode to the same octets", () => {
    const { octets, frames } = framesOf(example);
    const again = frames.map(({ type, flags, stream, header, body }) =>
      encodeFrame({ type, flags, stream, header, body }),
    );
    expect(Buffer.from(concat(...again)).toString("hex")).toBe(Buffer.from(octets).toString("hex"));
  });

  it("says of each octet what it is", () => {
    const wanted = framesOf(example).frames.map((frame) => {
      const places = placesOf(frame.type, frame.header ?? []);
      const header = (frame.header ?? []).flatMap((value, index) => saidAt(places, index, value));
      return [`length ${frame.payload?.length}`, headOf(frame), ...header];
    });
    expect(commentsOf(example)).toEqual(wanted);
  });
});
