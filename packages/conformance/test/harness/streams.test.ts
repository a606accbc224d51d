import { describe, expect, test } from "vitest";
import { Inbound, NameTable, valueOf, type Body } from "../../src/harness/streams.ts";
import { Failure } from "../../src/suite/verdict.ts";
import * as build from "../../src/wire/build.ts";
import { Content } from "../../src/wire/constants.ts";

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

function broken(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return error.requirement;
    throw error;
  }
  return "nothing";
}

describe("what arrives on a stream", () => {
  test("is put together out of its frames", () => {
    const inbound = new Inbound();
    const bodies: Body[] = [];
    inbound.begin(build.item(2, Content.text, octets("one "), { more: true }), Content.text, (body) =>
      bodies.push(body),
    );
    inbound.part(build.cont(2, octets("two "), { more: true }));
    expect(bodies).toEqual([]);
    inbound.part(build.cont(2, octets("three"), { more: false }));
    expect(bodies.map(valueOf)).toEqual(["one two three"]);
    expect([inbound.octets, inbound.bodyFrames]).toEqual([13, 3]);
  });

  test("that begins a body inside of another one breaks STREAM-005", () => {
    const inbound = new Inbound();
    inbound.begin(build.item(2, Content.text, octets("a"), { more: true }), Content.text, () => {});
    const again = build.item(2, Content.text, octets("b"), {});
    expect(broken(() => inbound.begin(again, Content.text, () => {}))).toBe("STREAM-005");
  });

  test("that goes on with a body that is complete breaks STREAM-005", () => {
    const inbound = new Inbound();
    inbound.begin(build.item(2, Content.text, octets("a"), {}), Content.text, () => {});
    expect(broken(() => inbound.part(build.cont(2, octets("b"), {})))).toBe("STREAM-005");
  });

  test("that is no text breaks CONT-003", () => {
    expect(broken(() => valueOf({ content: Content.text, octets: Uint8Array.of(0xff), frames: 1 }))).toBe("CONT-003");
    expect(broken(() => valueOf({ content: Content.json, octets: octets("{"), frames: 1 }))).toBe("CONT-003");
  });
});

describe("names in OPEN", () => {
  test("take the next slot, the 65th the first one again", () => {
    const names = new NameTable();
    for (let n = 0; n < 64; n++) names.resolve(`tool.${n}`);
    expect([names.resolve(0), names.resolve(63)]).toEqual(["tool.0", "tool.63"]);
    names.resolve("tool.64");
    expect([names.resolve(0), names.resolve(1)]).toEqual(["tool.64", "tool.1"]);
  });

  test("that are in the table take no slot", () => {
    const names = new NameTable();
    for (const name of ["a", "a", "b"]) names.resolve(name);
    expect(names.resolve(1)).toBe("b");
    expect(broken(() => names.resolve(2))).toBe("CALL-017");
  });
});
