import { type } from "arktype";
import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as mini from "zod/mini";
import type { Schema } from "../../src/contract/schema.ts";
import { type Checked, issueDetails, validate } from "../../src/contract/validate.ts";

const secret = "hunter2-secret";

/** What a validator that answers at once finds. */
function check(schema: Schema, value: unknown): Checked {
  const checked = validate(schema, value);
  if (checked instanceof Promise) throw new Error("The validator answered later.");
  return checked;
}

function messages(schema: Schema, value: unknown): string[] {
  const checked = check(schema, value);
  return checked.ok ? [] : checked.issues.map(({ message }) => message);
}

/** A validator that says just this. */
function says(...issues: { message: string; path?: readonly (string | number | symbol)[] }[]): Schema {
  return { "~standard": { version: 1, vendor: "test", validate: () => ({ issues }) } };
}

describe("a value that the contract allows", () => {
  it.each([
    ["zod", z.object({ n: z.number().default(1) })],
    ["zod/mini", mini.object({ n: mini._default(mini.number(), 1) })],
    ["arktype", type({ n: "number = 1", "+": "delete" })],
    ["valibot", v.object({ n: v.optional(v.number(), 1) })],
  ])("comes back as %s parsed it, at once", (_name, schema) => {
    expect(validate(schema, { extra: true })).toEqual({ ok: true, value: { n: 1 } });
  });

  it("comes back later where the validator answers later", async () => {
    const schema = z.string().refine((text) => Promise.resolve(text === "good"));
    const checked = validate(schema, "good");
    expect(checked).toBeInstanceOf(Promise);
    await expect(checked).resolves.toEqual({ ok: true, value: "good" });
    await expect(validate(schema, "bad")).resolves.toEqual({
      ok: false,
      issues: [{ path: [], message: "Invalid input" }],
    });
  });

  it("comes back as a promise of the runtime's own, whatever the validator's is", async () => {
    const late = Promise.resolve({ value: 5 });
    // oxlint-disable-next-line unicorn/no-thenable -- this is what validators of another realm look like
    const thenable = Object.defineProperty({}, "then", { value: late.then.bind(late) });
    const schema = says();
    const odd: Schema = {
      "~standard": { ...schema["~standard"], validate: () => thenable as Promise<{ value: number }> },
    };
    const checked = validate(odd, 5);
    expect(checked).toBeInstanceOf(Promise);
    await expect(checked).resolves.toEqual({ ok: true, value: 5 });
  });

  it("lets what the validator throws pass", async () => {
    const broken = type("string").narrow(() => {
      throw new RangeError("broken");
    });
    expect(() => validate(broken, "x")).toThrow(RangeError);
    const later: Schema = {
      "~standard": { version: 1, vendor: "test", validate: () => Promise.reject(new RangeError("broken")) },
    };
    await expect(validate(later, "x")).rejects.toThrow(RangeError);
  });
});

describe("an issue", () => {
  const wrong = { jobs: [{ at: "noon" }, { at: 5 }] };

  it.each([
    [
      "zod",
      z.object({ jobs: z.array(z.object({ at: z.string() })) }),
      "Invalid input: expected string, received number",
    ],
    [
      "zod/mini",
      mini.object({ jobs: mini.array(mini.object({ at: mini.string() })) }),
      "Invalid input: expected string, received number",
    ],
    ["arktype", type({ jobs: type({ at: "string" }).array() }), "must be a string"],
    ["valibot", v.object({ jobs: v.array(v.object({ at: v.string() })) }), "Invalid type: Expected string"],
  ])("of %s says where and what", (_name, schema, message) => {
    expect(check(schema, wrong)).toEqual({ ok: false, issues: [{ path: ["jobs", 1, "at"], message }] });
  });

  it.each([
    ["zod", z.string()],
    ["zod/mini", mini.string()],
    ["arktype", type("string")],
    ["valibot", v.string()],
  ])("of %s about the whole value has an empty path that is a plain array", (_name, schema) => {
    const checked = check(schema, 5);
    expect(checked).toHaveProperty("issues.0.path", []);
    expect(checked.ok || checked.issues[0]?.path.constructor).toBe(Array);
  });

  it("is one of at most 20", () => {
    expect(
      messages(
        z.array(z.string()),
        Array.from({ length: 50 }, () => 5),
      ),
    ).toHaveLength(20);
  });

  it("has at most 200 characters, which are well-formed", () => {
    expect(messages(says({ message: "x".repeat(500) }), {})).toEqual(["x".repeat(200)]);
    const [cut] = messages(says({ message: `${"x".repeat(199)}\u{1F600}` }), {});
    expect(cut?.isWellFormed()).toBe(true);
    const [broken] = messages(says({ message: "\uD83D" }), {});
    expect(broken?.isWellFormed()).toBe(true);
  });

  it("has a path of bounded, plain steps", () => {
    const path = ["x".repeat(500), Symbol("s"), "\uD83D", ...Array.from({ length: 100 }, (_, i) => i)];
    const checked = check(says({ message: "no", path }), {});
    expect(checked.ok ? [] : checked.issues[0]?.path).toEqual([
      "x".repeat(100),
      "Symbol(s)",
      "\uFFFD",
      ...Array.from({ length: 61 }, (_, i) => i),
    ]);
  });

  it("says something where the validator says nothing, or far too much", () => {
    expect(messages(says({ message: "" }, { message: "x".repeat(2001) }, { message: " (was x)" }), {})).toEqual([
      "is not valid",
      "is not valid",
      "is not valid",
    ]);
  });

  it("becomes the details of an error", () => {
    const checked = check(z.object({ at: z.string() }), {});
    expect(checked.ok ? undefined : issueDetails(checked.issues)).toEqual({
      issues: [{ path: ["at"], message: "Invalid input: expected string, received undefined" }],
    });
  });
});

describe("what an issue says never holds the value [CALL-011]", () => {
  const value = {
    type: secret,
    option: secret,
    email: secret,
    pattern: secret,
    length: secret,
    literal: secret,
    union: secret,
    number: 471_147,
    check: secret,
    nested: { deep: [secret] },
  };

  const schemas: Record<string, Schema> = {
    zod: z.object({
      type: z.number(),
      option: z.enum(["x", "y"]),
      email: z.email(),
      pattern: z.string().regex(/^q/),
      length: z.string().max(3),
      literal: z.literal("z"),
      union: z.union([z.number(), z.boolean()]),
      number: z.number().max(3),
      check: z.string().refine(() => false, { error: ({ input }) => `no ${String(input)} here` }),
      nested: z.object({ deep: z.array(z.number()) }).superRefine((found, context) => {
        context.addIssue(`bad: ${JSON.stringify(found)}`);
      }),
    }),
    "zod/mini": mini.object({
      type: mini.number(),
      option: mini.enum(["x", "y"]),
      email: mini.email(),
      check: mini.string().check(mini.refine(() => false, { error: ({ input }) => `no ${String(input)} here` })),
    }),
    arktype: type({
      type: "number",
      option: "'x'|'y'",
      email: "string.email",
      pattern: "string > 100 & /^q/",
      length: "string < 3",
      literal: "'z'",
      union: "number|boolean",
      number: "number < 3",
      check: type("string").narrow((found, context) => context.mustBe(`other than ${found}`)),
      nested: { deep: "number[]" },
    }),
    "arktype, a union": type({ type: "'a'" })
      .or({ nested: { deep: "'b'[]" } })
      .or("string"),
    valibot: v.object({
      type: v.number(),
      option: v.picklist(["x", "y"]),
      email: v.pipe(v.string(), v.email()),
      pattern: v.pipe(v.string(), v.regex(/^q/)),
      length: v.pipe(v.string(), v.maxLength(3)),
      literal: v.literal("z"),
      union: v.union([v.number(), v.boolean()]),
      number: v.pipe(v.number(), v.maxValue(3)),
      check: v.pipe(
        v.string(),
        v.check(
          () => false,
          ({ input }) => `no ${input} here`,
        ),
      ),
      nested: v.object({ deep: v.array(v.number()) }),
    }),
    "valibot, a variant": v.variant("type", [v.object({ type: v.literal("a") })]),
  };

  it.each(Object.entries(schemas))("%s", (_name, schema) => {
    const found = messages(schema, value);
    expect(found.length).toBeGreaterThan(0);
    for (const message of found) {
      expect(message).not.toContain("hunter2");
      expect(message).not.toContain("471147");
      expect(message).not.toBe("is not valid");
    }
  });

  it("keeps what the message says of the contract", () => {
    expect(messages(z.enum(["read", "write"]), secret)).toEqual(['Invalid option: expected one of "read"|"write"']);
    expect(messages(v.picklist(["read", "write"]), secret)).toEqual(['Invalid type: Expected ("read" | "write")']);
    expect(messages(type("'read'|'write'"), secret)).toEqual(['must be "read" or "write"']);
    expect(messages(type({ d: "string > 9 & /^q/" }), { d: "ab" })).toEqual([
      "must be...\n  ◦ matched by ^q\n  ◦ at least length 10",
    ]);
    expect(messages(z.number().max(5), 500)).toEqual(["Too big: expected number to be <=5"]);
    expect(messages(z.object({ type: z.literal("a") }), { type: "string" })).toEqual(['Invalid input: expected "a"']);
    expect(messages(z.object({ type: z.number() }), { type: "string" })).toEqual([
      "Invalid input: expected number, received string",
    ]);
  });

  it("does not take a short value of another field for one that is repeated", () => {
    const schema = z.object({ mode: z.string(), other: z.enum(["read", "write"]) });
    expect(messages(schema, { mode: "read", other: secret })).toEqual([
      'Invalid option: expected one of "read"|"write"',
    ]);
  });

  it.each([
    ["quoted", 'must not be "ab"', ["a"], { a: "ab" }, 'must not be "..."'],
    ["in single quotes", "must not be 'x'", ["a"], { a: "x" }, "must not be '...'"],
    ["as a word", "abc is taken, abcd is not", ["a"], { a: "abc" }, "... is taken, abcd is not"],
    ["twice", "abc, abc", ["a"], { a: "abc" }, "..., ..."],
    ["within a word", `id${secret}x`, [], { a: secret }, "id...x"],
    ["of another field", `not ${secret}`, ["b"], { a: secret, b: 1 }, "not ..."],
    ["a part of another", "bad long-secret-longer", [], ["long-secret", "long-secret-longer"], "bad ..."],
    ["escaped", String.raw`bad "line\nbreak"`, [], { a: "line\nbreak" }, 'bad "..."'],
    ["a number", "bad 4711", ["a"], { a: 4711 }, "bad ..."],
    ["a big integer", "bad 471147114711", ["a"], { a: 471_147_114_711n }, "bad ..."],
    ["behind a line break", "bad\nhunter2-secret", ["a"], { a: secret }, "bad\n..."],
  ])("replaces it where an author's message repeats it: %s", (_how, message, path, value, clean) => {
    expect(messages(says({ message, path }), value)).toEqual([clean]);
  });

  it("does not trip over values that are no plain data", () => {
    const cycle: Record<string, unknown> = { a: secret, octets: new Uint8Array(3), f: () => {}, u: undefined };
    cycle["self"] = cycle;
    expect(messages(says({ message: `bad ${secret}`, path: ["self", "nowhere", "x"] }), cycle)).toEqual(["bad ..."]);
    expect(messages(says({ message: "no Object", path: ["constructor", "name"] }), {})).toEqual(["no Object"]);
  });

  it("leaves messages out where a value is too large to be searched", () => {
    const large = Array.from({ length: 100_001 }, (_, i) => i);
    expect(messages(says({ message: "bad" }), large)).toEqual(["is not valid"]);
    const alike = Array.from({ length: 2000 }, (_, i) => `hunter${i}`);
    expect(messages(says({ message: "bad hunter1999" }), alike)).toEqual(["is not valid"]);
  });

  it("holds for any text of six characters or more", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6, maxLength: 100 }), fc.string(), fc.string(), (text, before, after) => {
        fc.pre(text.trim().length >= 6 && !before.includes(text) && !after.includes(text));
        const [message] = messages(says({ message: `${before}${text}${after}` }), { deep: [text] });
        expect(message).not.toContain(text);
      }),
    );
  });
});
