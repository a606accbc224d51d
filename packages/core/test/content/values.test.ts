import { createContext, runInContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { cloneValue, Content, decodeBody, encodeBody } from "../../src/content/body.ts";
import { renderPath, ValueError } from "../../src/content/value.ts";

const ALL = [Content.json, Content.msgpack, Content.text, Content.bytes];
/** Makes encodeBody take MessagePack. */
const OCTETS = new Uint8Array([1]);

function errorOf(run: () => unknown): ValueError {
  try {
    run();
  } catch (error) {
    if (error instanceof ValueError) return error;
    throw error;
  }
  throw new Error("expected a ValueError, and nothing was thrown");
}

/** The error that all three ways give: JSON, MessagePack and a copy. They must agree. */
function refusal(value: unknown): ValueError {
  const asJson = errorOf(() => encodeBody(value, ALL));
  const asCopy = errorOf(() => cloneValue(value));
  const asMsgpack = errorOf(() => encodeBody({ octets: OCTETS, value }, ALL));
  expect(asCopy.message).toBe(asJson.message);
  expect(asMsgpack.path).toEqual(["value", ...asJson.path]);
  return asJson;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

/** The path to what is around the innermost value of {@link nested}. */
function nestedPath(depth: number): (string | number)[] {
  return Array.from({ length: depth }, (_, i) => ((depth - i) % 2 === 0 ? 0 : "a"));
}

class Point {
  x = 1;
}

class Names extends Array<string> {}

describe("a value outside the set is refused, with its path [CONT-001]", () => {
  const cycle: { name: string; self?: unknown; list: unknown[] } = { name: "x", list: [] };
  cycle.self = cycle;
  const list: unknown[] = [1];
  list.push({ list });
  // oxlint-disable-next-line no-sparse-arrays -- it is the case
  const hole = [1, , 3];

  test.each<[string, unknown, string]>([
    ["a Date", { input: { when: new Date(0) } }, 'at "input.when": a Date is not a value; send an ISO string'],
    ["a Map", [new Map()], 'at "[0]": a Map is not a value; send an object, or an array of its entries'],
    ["a Set", { tags: new Set() }, 'at "tags": a Set is not a value; send an array'],
    ["a RegExp", { a: /x/ }, 'at "a": a RegExp is not a value; send its source'],
    ["an Error", { a: new TypeError("x") }, 'at "a": an Error is not a value; send its message'],
    ["a Promise", { a: Promise.resolve() }, 'at "a": a Promise is not a value; await it first'],
    ["an ArrayBuffer", { a: new ArrayBuffer(1) }, 'at "a": an ArrayBuffer is not a value; send a Uint8Array over it'],
    ["another typed array", { a: new Float64Array(1) }, 'at "a": a typed array or view other than Uint8Array'],
    ["a DataView", { a: new DataView(new ArrayBuffer(1)) }, 'at "a": a typed array or view other than Uint8Array'],
    ["an instance of a class", { a: [new Point()] }, 'at "a[0]": an instance of a class is not a value'],
    [
      "an object with a prototype of its own",
      { a: Object.create({ b: 1 }) as unknown },
      'at "a": an instance of a class',
    ],
    ["a subclass of Array", { a: Names.from(["x"]) }, 'at "a": an instance of a subclass of Array is not a value'],
    ["a boxed string", { a: Object("x") as unknown }, 'at "a": an instance of a class is not a value'],
    ["a function", { a: { b: () => 1 } }, 'at "a.b": a function is not a value'],
    ["a symbol", { a: Symbol("s") }, 'at "a": a symbol is not a value; send a string'],
    ["a BigInt", { a: 1n }, 'at "a": a BigInt is not a value; send a string, or a number up to 2^53-1'],
    ["NaN", { a: Number.NaN }, 'at "a": NaN is not a value; send null or a string'],
    ["infinity", { a: [0, Number.NEGATIVE_INFINITY] }, 'at "a[1]": -Infinity is not a value; send null or a string'],
    ["half of a surrogate pair", { a: "x\ud800" }, 'at "a": a string that is not well-formed is not a value'],
    ["a key with half of a surrogate pair", { a: { "\udc00": 1 } }, "a key that is not well-formed is not a value"],
    ["a key that is a symbol", { a: { [Symbol("s")]: 1 } }, 'at "a": a property whose key is a symbol is not a value'],
    ["the key __proto__", { a: JSON.parse('{"__proto__":1}') as unknown }, 'at "a.__proto__": the key __proto__'],
    ["undefined in an array", { a: [1, undefined] }, 'at "a[1]": undefined in an array is not a value; send null'],
    ["a hole in an array", { a: hole }, 'at "a[1]": a hole in an array is not a value; send null'],
    ["a cycle", cycle, 'at "self": a cycle is not a value; send a tree'],
    ["a cycle through an array", { list }, 'at "list[1].list": a cycle is not a value; send a tree'],
    [
      "more than 10,000 properties",
      { a: Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [i, i])) },
      'at "a": an object has at most 10000 properties',
    ],
    [
      "more than 1,000,000 entries",
      { a: Array.from({ length: 1_000_001 }, () => 0) },
      'at "a": an array has at most 1000000 entries',
    ],
  ])("%s", (_, value, message) => {
    expect(refusal(value).message).toContain(message);
  });

  test("65 levels", () => {
    const path = nestedPath(64);
    for (const run of [() => encodeBody(nested(65), ALL), () => cloneValue(nested(65))]) {
      expect(errorOf(run)).toMatchObject({
        path,
        message: expect.stringMatching(/…": nests deeper than 64$/) as string,
      });
    }
    const inside = errorOf(() => encodeBody({ octets: OCTETS, value: nested(64) }, ALL));
    expect(inside.path).toHaveLength(64);
  });

  test("more than 500,000 arrays, objects and octets in all, also where one object counts many times", () => {
    const advice = "a body must have at most 500000 arrays, objects and octets in it; send fewer at once, or items";
    const lists = Array.from({ length: 1000 }, () => Array.from({ length: 500 }, () => ({})));
    let doubled: unknown = [];
    for (let i = 0; i < 40; i++) doubled = [doubled, doubled];
    const octets = Array.from({ length: 500_000 }, () => OCTETS);
    for (const value of [lists, doubled, octets, { octets: OCTETS, lists }]) {
      for (const run of [() => encodeBody(value, ALL), () => cloneValue(value)]) {
        expect(errorOf(run)).toMatchObject({ path: [], message: advice });
      }
    }
    octets.pop();
    expect(decodeBody(encodeBody(octets, ALL))).toHaveLength(499_999);
    expect(cloneValue(octets)).toHaveLength(499_999);
    const objects = Array.from({ length: 499_999 }, () => ({}));
    expect(decodeBody(encodeBody(objects, ALL))).toHaveLength(499_999);
    expect(cloneValue(objects)).toHaveLength(499_999);
  });

  test("nothing that an accessor encodes meanwhile counts, nor undoes the count", () => {
    const maps = (count: number): object[] => Array.from({ length: count }, () => ({}));
    const withAccessor = (count: number): object => ({
      a: maps(count / 2),
      get b(): unknown {
        encodeBody([{}], ALL);
        cloneValue([{}]);
        return maps(count / 2);
      },
    });
    for (const run of [(value: unknown) => encodeBody(value, ALL), cloneValue]) {
      expect(errorOf(() => run(withAccessor(499_998))).path).toEqual([]);
      expect(() => run(withAccessor(499_996))).not.toThrow();
    }
  });

  test("as the value itself, then without a path", () => {
    for (const value of [Number.NaN, 1n, "\ud800", () => 1, Symbol("s"), new Date(0), new Point()]) {
      expect(refusal(value).path).toEqual([]);
      expect(refusal(value).message).not.toMatch(/^at "/);
    }
  });

  test("a property that throws when it is read, with the cause", () => {
    const cause = new Error("no");
    const value = {
      a: [
        {
          get b(): never {
            throw cause;
          },
        },
      ],
    };
    const error = refusal(value);
    expect(error.message).toBe('at "a[0].b": reading this property threw');
    expect(error.cause).toBe(cause);
  });

  test("an object that throws when it is looked at", () => {
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no");
        },
      },
    );
    expect(refusal({ a: [hostile] }).message).toBe('at "a[0]": an object that cannot be read is not a value');
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(refusal(proxy).cause).toBeInstanceOf(TypeError);
  });

  test("an accessor that gives something else each time", () => {
    let count = 0;
    const value = {
      get a(): unknown {
        return ++count % 2 === 1 ? new Date(0) : 1;
      },
    };
    expect(errorOf(() => cloneValue(value)).message).toContain("changed while it was read");
  });

  test("without the value, however it came by one", () => {
    const secret = "hunter2";
    for (const value of [
      { a: BigInt(4711) },
      { a: Symbol(secret) },
      { a: `${secret}\ud800` },
      { a: new Error(secret) },
    ]) {
      expect(refusal(value).message).not.toMatch(/hunter2|4711/);
    }
  });
});

describe("a value inside the set", () => {
  test("may nest 64 deep", () => {
    const value = nested(64);
    expect(decodeBody(encodeBody(value, ALL))).toEqual(value);
    expect(cloneValue(value)).toEqual(value);
  });

  test("may have the same object twice: what is no cycle is no fault", () => {
    const shared = { a: 1 };
    const value = { x: shared, y: [shared, shared] };
    expect(decodeBody(encodeBody(value, ALL))).toEqual(value);
    const copy = cloneValue(value) as typeof value;
    expect(copy).toEqual(value);
    expect(copy.x).not.toBe(copy.y[0]);
  });

  test("loses properties that are undefined, and the sign of zero", () => {
    const value = { a: undefined, b: -0, c: [-0], d: { e: undefined } };
    const expected = { b: 0, c: [0], d: {} };
    expect(decodeBody(encodeBody(value, ALL))).toStrictEqual(expected);
    expect(cloneValue(value)).toStrictEqual(expected);
    expect(decodeBody(encodeBody({ ...value, o: OCTETS }, ALL))).toStrictEqual({ ...expected, o: OCTETS });
    expect(decodeBody(encodeBody(-0, ALL))).toBe(0);
    expect(cloneValue(-0)).toBe(0);
  });

  test("may come from another realm", () => {
    const value: unknown = runInContext("({ list: [1, { a: 'x' }], octets: new Uint8Array([1, 2]) })", createContext());
    expect(decodeBody(encodeBody(value, ALL))).toEqual({ list: [1, { a: "x" }], octets: new Uint8Array([1, 2]) });
    expect(cloneValue(value)).toEqual({ list: [1, { a: "x" }], octets: new Uint8Array([1, 2]) });
    const date: unknown = runInContext("({ a: new Date(0) })", createContext());
    expect(refusal(date).message).toContain("a Date is not a value");
    const map: unknown = runInContext("({ a: new Map() })", createContext());
    expect(refusal(map).message).toContain("a Map is not a value");
  });

  test("may have no prototype", () => {
    const value = Object.assign(Object.create(null) as object, { a: 1 });
    expect(decodeBody(encodeBody(value, ALL))).toEqual({ a: 1 });
    expect(cloneValue(value)).toEqual({ a: 1 });
  });

  test("may be a Buffer, and arrives as a plain Uint8Array", () => {
    for (const value of [decodeBody(encodeBody(Buffer.from("hi"), ALL)), cloneValue(Buffer.from("hi"))]) {
      expect(value).toEqual(new Uint8Array([104, 105]));
      expect(Object.getPrototypeOf(value)).toBe(Uint8Array.prototype);
    }
  });

  test.each<[string, object, string, unknown]>([
    ["a function for all objects", Object.prototype, "added", () => 1],
    ["a toJSON for all objects", Object.prototype, "toJSON", () => "changed"],
    ["a toJSON for all arrays", Array.prototype, "toJSON", () => "changed"],
  ])("is sent as it is where somebody has added %s", (_, prototype, name, added) => {
    try {
      Object.defineProperty(prototype, name, {
        value: added,
        configurable: true,
        enumerable: name === "added",
        writable: true,
      });
      const value = { a: [1, { b: 2 }] };
      expect(new TextDecoder().decode(encodeBody(value, ALL).octets)).toBe('{"a":[1,{"b":2}]}');
      expect(decodeBody(encodeBody({ ...value, c: OCTETS }, ALL))).toEqual({ ...value, c: OCTETS });
      expect(cloneValue(value)).toEqual(value);
      expect(refusal({ a: [new Date(0)] }).message).toContain('at "a[0]": a Date is not a value');
    } finally {
      Reflect.deleteProperty(prototype, name);
    }
  });

  test("has no toJSON of its own: a function is no value", () => {
    expect(refusal({ a: 1, toJSON: () => 2 }).message).toBe('at "toJSON": a function is not a value');
    expect(decodeBody(encodeBody({ toJSON: "text" }, ALL))).toEqual({ toJSON: "text" });
  });

  test("may be encoded while another is", () => {
    const inner = { deep: OCTETS };
    const value = {
      before: OCTETS,
      nested: {
        get middle(): unknown {
          return decodeBody(encodeBody(inner, ALL));
        },
      },
      after: "x",
    };
    expect(decodeBody(encodeBody(value, ALL))).toEqual({ before: OCTETS, nested: { middle: inner }, after: "x" });
  });
});

describe("a path", () => {
  test.each<[readonly (string | number)[], string]>([
    [["input", "when"], "input.when"],
    [[0, "a", 3], "[0].a[3]"],
    [["two words", "$ok", "1a"], '["two words"].$ok["1a"]'],
    [["", 'q"'], '[""]["q\\""]'],
    [["k".repeat(65)], `["${"k".repeat(64)}…"]`],
    [Array.from({ length: 20 }, () => 0), `${"[0]".repeat(16)}…`],
  ])("of %j is shown as %s", (path, text) => {
    expect(renderPath(path)).toBe(text);
  });
});
