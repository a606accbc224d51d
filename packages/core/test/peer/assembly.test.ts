import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Content, decodeBody, LongText } from "../../src/content/body.ts";
import { Assembler, type Assembly } from "../../src/peer/assembly.ts";
import { sameOctets } from "../../src/wire/carriage.ts";
import { cont, octets, ok } from "../support/raw.ts";
import { violationOf } from "../wire/support/violation.ts";

const start = (content: number, body: Uint8Array) => ok(1, null, { content, body, more: true });

/** A body that comes in pieces, each a view of a message with something in front. */
function assemble(assembler: Assembler, content: number, pieces: readonly Uint8Array[], beside = 16): Assembly {
  const views = pieces.map((piece) => {
    const message = new Uint8Array(piece.length + beside);
    message.set(piece, beside);
    return message.subarray(beside);
  });
  const [first = new Uint8Array(0), ...rest] = views;
  const assembly = assembler.begin(start(content, first));
  for (const view of rest) assembler.add(assembly, cont(1, view, false).body);
  return assembly;
}

function cut(whole: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const piece = whole.subarray(at, at + (lengths[turn % lengths.length] ?? 1));
    pieces.push(piece);
    at += piece.length;
  }
  return pieces;
}

const lengths = fc.array(fc.constantFrom(1, 2, 3, 100, 511, 512, 513, 1_024, 5_000, 16_384), {
  minLength: 1,
  maxLength: 5,
});

const characters = fc
  .array(fc.constantFrom("a", "é", "€", "\u{1f600}", "\ufeff", "\ufffd"), { maxLength: 100 })
  .map((list) => list.join(""));

/** Each test makes many runs, and the machine may have other things to do. */
const PATIENCE_MS = 240_000;

describe("a body in several frames", { timeout: PATIENCE_MS }, () => {
  it("is what it was, whatever the lengths of its pieces", () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 0, max: 20_000 }), (cuts, length) => {
        const whole = Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
        const assembler = new Assembler(100_000, 100_000);
        const body = assembler.finish(assemble(assembler, Content.bytes, cut(whole, cuts)));
        expect([body.content, sameOctets(body.octets, whole)]).toEqual([Content.bytes, true]);
        expect(assembler.total).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it("is what it was also where it is text, and knows its octets", () => {
    fc.assert(
      fc.property(lengths, characters, (cuts, part) => {
        const text = `${part}${"plain".repeat(1_000)}${part}`;
        const whole = octets(text);
        const assembler = new Assembler(100_000, 100_000);
        const body = assembler.finish(assemble(assembler, Content.text, cut(whole, cuts)));
        expect(decodeBody(body) === text).toBe(true);
        expect(body).toMatchObject({ content: Content.text, length: whole.length });
        expect(sameOctets(body.octets, whole)).toBe(true);
        expect(assembler.total).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it("keeps text as a string, which nobody decodes again", () => {
    const assembler = new Assembler(100_000, 100_000);
    const body = assembler.finish(assemble(assembler, Content.text, cut(octets("x".repeat(9_000)), [2_000])));
    expect(body).toBeInstanceOf(LongText);
  });

  it("has text refused as soon as the piece comes that is wrong [CONT-003]", () => {
    const assembler = new Assembler(100_000, 100_000);
    const assembly = assemble(assembler, Content.text, [octets("x".repeat(2_000))]);
    const wrong = octets("y".repeat(2_000));
    wrong[1_000] = 0xff;
    expect(violationOf(() => assembler.add(assembly, wrong)).requirement).toBe("CONT-003");
  });

  it("has text refused that ends within a character, and small pieces that are wrong [CONT-003]", () => {
    const assembler = new Assembler(100_000, 100_000);
    const cutOff = assemble(assembler, Content.text, [octets("x".repeat(2_000)), Uint8Array.of(0xe2, 0x82)]);
    expect(violationOf(() => assembler.finish(cutOff)).requirement).toBe("CONT-003");
    const wrong = assemble(assembler, Content.text, [octets("x"), Uint8Array.of(0x80), octets("x")]);
    expect(violationOf(() => assembler.finish(wrong)).requirement).toBe("CONT-003");
    expect(assembler.total).toBe(0);
  });
});

describe("what unfinished bodies hold", () => {
  it("counts ASCII once, and what is not ASCII twice for each unit", () => {
    const assembler = new Assembler(1 << 24, 1 << 25);
    assemble(assembler, Content.text, [octets("x".repeat(100_000))]);
    expect(assembler.total).toBeGreaterThanOrEqual(100_000);
    expect(assembler.total).toBeLessThan(101_000);
    const before = assembler.total;
    assemble(assembler, Content.text, [octets(`${"x".repeat(100_000)}€`)]);
    expect(assembler.total - before).toBeGreaterThanOrEqual(200_002);
  });

  it("counts many small pieces as what they take", () => {
    for (const content of [Content.text, Content.bytes]) {
      const assembler = new Assembler(1 << 24, 1 << 25);
      assemble(assembler, content, Array<Uint8Array>(10_000).fill(Uint8Array.of(0x41)), 1_000);
      expect(assembler.total).toBeGreaterThanOrEqual(10_000);
      expect(assembler.total).toBeLessThan(20_000);
    }
  });

  it("is little where many have hardly begun, and grows with what comes", () => {
    for (const content of [Content.text, Content.bytes]) {
      const assembler = new Assembler(1 << 24, 1 << 25);
      const bodies = Array.from({ length: 1_000 }, () => assemble(assembler, content, [Uint8Array.of(0x41)]));
      expect(assembler.total).toBeLessThan(1_000 * 1_024);
      for (const body of bodies.slice(0, 10)) {
        for (let n = 0; n < 2_000; n++) assembler.add(body, Uint8Array.of(0x42));
        expect(decodeBody(assembler.finish(body))).toHaveLength(2_001);
      }
    }
  });

  it("keeps views of messages that hold little else, and copies of what is a small part of one", () => {
    const assembler = new Assembler(1 << 24, 1 << 25);
    const pieces = Array.from({ length: 100 }, () => new Uint8Array(16_384).fill(0x41));
    const views = assemble(assembler, Content.bytes, pieces, 100);
    expect(assembler.total).toBeLessThan(100 * 16_384 * 1.1);
    assembler.release(views);
    expect(assembler.total).toBe(0);
    // A megabyte around each.
    assemble(assembler, Content.bytes, pieces.slice(0, 10), 1 << 20);
    expect(assembler.total).toBeLessThan(10 * 16_384 * 1.1);
  });

  it("lets go of a body that is too large, and holds nothing of what still comes of it [STREAM-008]", () => {
    for (const content of [Content.text, Content.bytes, Content.json]) {
      const assembler = new Assembler(4_000, 100_000);
      const assembly = assemble(assembler, content, [new Uint8Array(3_000), new Uint8Array(1_001)]);
      expect(assembly.oversize).toBe(true);
      expect([assembly.parts, assembler.total]).toEqual([undefined, 0]);
      assembler.add(assembly, new Uint8Array(100));
      expect(assembler.total).toBe(0);
    }
  });

  it("counts what arrives towards the limit of all bodies, whatever it takes in memory [STREAM-008]", () => {
    const assembler = new Assembler(10_000, 10_000);
    // It takes twice as much as a string, and a sender that keeps to the limits must not be refused for that.
    const text = `${"x".repeat(4_996)}€`;
    const first = assemble(assembler, Content.text, [octets(text), Uint8Array.of(0x41)]);
    expect(first.oversize).toBe(false);
    const second = assemble(assembler, Content.bytes, [new Uint8Array(5_000)]);
    expect(second.oversize).toBe(false);
    const third = assemble(assembler, Content.bytes, [Uint8Array.of(1)]);
    expect(third.oversize).toBe(true);
    assembler.release(second);
    expect(assemble(assembler, Content.bytes, [Uint8Array.of(1)]).oversize).toBe(false);
  });
});
