import { expect, test } from "vitest";
import * as build from "../../src/wire/build.ts";
import { Flag, FrameType } from "../../src/wire/constants.ts";
import { decodeFrames, encodeFrame, frameName } from "../../src/wire/frame.ts";
import { decodeMessage, encodeMessage, tagOf } from "../../src/wire/message.ts";
import { fields } from "../../src/wire/parse.ts";
import { showFrame } from "../../src/wire/show.ts";
import { type Frame, WireError } from "../../src/wire/types.ts";

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString("hex");
const octets = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
const tag = octets("5f0c9a1e22b7d403");

/** Every frame, with each of its places in use. */
const FRAMES: readonly Frame[] = [
  build.hello({ nonce: new Uint8Array(16).fill(1), tag, features: ["delivery"], agent: "a", limits: { replay: 9 } }),
  build.challenge({ clientNonce: new Uint8Array(16), nonce: new Uint8Array(16).fill(2), tag, audience: "h:1" }),
  build.proof({ clientNonce: new Uint8Array(16), method: "token", keyId: "k", proof: octets("00ff") }),
  build.welcome({ clientNonce: new Uint8Array(16), tag, sessionId: "s", principal: "p", resumedFrom: 2 ** 40 }),
  build.refuse({ code: 16, message: "no", retryAfterMs: 5 }),
  build.open(1, { tool: "a.b", callId: "c", meta: { a: "ü" }, turn: 3 }, octets("7b7d")),
  build.accept(1, { state: 1, reason: "behind", place: 0, lagMs: 1, deadlineMs: 2 }),
  build.progress(2, 1, octets("31")),
  build.item(2, 4, octets("ff00"), { more: true }),
  build.cont(2, octets("31"), { more: false, final: true }),
  build.end(2, { code: 13, outcome: 3, message: "m", retryable: true, retryAfterMs: 1 }),
  build.reset(1, { code: 4, message: "late" }),
  build.credit(0, 2 ** 52),
  build.ack(70_000),
  build.ping(5),
  build.pong(5, 1),
  build.offer(0, [{ name: "t", effect: 2, streams: false, revision: "r" }]),
  build.offer(2, ["t"]),
  build.goaway({ code: 3, lastStream: 7, message: "why", requirement: "FRAME-003" }),
];

const bare = ({ type, flags, stream, header, body }: Frame): Frame => ({ type, flags, stream, header, body });

test("a frame type is shown by its name", () => {
  expect(frameName(FrameType.goaway)).toBe("GOAWAY");
  expect(frameName(0x99)).toBe("0x99");
});

test("an OPEN has the octets that the specification gives it", () => {
  const frame = build.open(1, { tool: "a", callId: "c", deadlineMs: 30_000 }, octets("7b7d"));
  expect(hex(encodeFrame(frame))).toBe("00000d10020000000196a161a163c0cd753001017b7d");
});

for (const carriage of ["binary", "text", "wrapped"] as const) {
  for (const frame of FRAMES) {
    test(`in ${carriage} carriage ${showFrame(frame)} comes back as it went`, () => {
      const message = decodeMessage(encodeMessage(carriage, tag, [frame], 7));
      expect(message).toMatchObject({ carriage, tag, ...(carriage === "wrapped" ? { sequence: 7 } : {}) });
      expect(message?.frames.map(bare)).toEqual([frame]);
    });
  }
}

test("the fields of a frame have the names of the specification", () => {
  expect(fields("open", build.open(1, { tool: 5, callId: "c" }))).toMatchObject({ tool: 5, priority: 1, final: true });
  expect(fields("data", build.cont(1, octets("31"), { more: true }))).toMatchObject({
    kind: undefined,
    cont: true,
    more: true,
  });
  expect(fields("offer", build.offer(2, ["t"])).tools).toEqual(["t"]);
  expect(fields("hello", FRAMES[0] as Frame).limits).toEqual({
    framePayload: 66_560,
    message: 16_777_216,
    streams: 1_024,
    assembling: 33_554_432,
    replay: 9,
  });
});

test("a failure without an outcome is found, and a code that no table has", () => {
  expect(() => fields("end", build.end(1, { code: 13 }))).toThrow(WireError);
  expect(() => fields("accept", build.accept(1, { state: 99 }))).toThrow("FRAME-007");
  expect(() => fields("end", build.end(1, { code: 99, outcome: 0 }))).toThrow("ERR-004");
});

test("a frame that is skipped comes with its payload", () => {
  const [frame] = decodeFrames(octets("000002 90 ff 00000000 0102"));
  expect(frame).toMatchObject({ type: 0x90, header: null, body: octets("0102") });
});

test("what is the host's is no message, and has no tag", () => {
  expect(decodeMessage('{"hello":1}')).toBeUndefined();
  expect(decodeMessage(octets("c0 01"))).toBeUndefined();
  expect(tagOf('{"turnmux":[1,"5f0c9a1e22b7d403",[9')).toEqual(tag);
});

test("a line for a person cuts what is long", () => {
  const frame = build.open(1, { tool: "test.echo", callId: "c1" }, new TextEncoder().encode(`"${"x".repeat(500)}"`));
  const line = showFrame(frame, "→");
  expect(line).toMatch(
    /^→ OPEN stream 1 FINAL tool="test.echo" callId="c1" priority=normal content=json body 502 octets "x+…$/,
  );
  expect(line.length).toBeLessThan(300);
  expect(Flag.final).toBe(2);
});
