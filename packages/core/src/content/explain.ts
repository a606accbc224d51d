/**
 * Why something is no value. Encoding and copying only find out that it is not; then this looks again, without haste, for
 * the place and the words.
 *
 * @module
 */

import { kindOf } from "./kind.ts";
import { type BodyLimits, tooMany } from "./limits.ts";
import { ValueError } from "./value.ts";

type Path = (string | number)[];

/** What is around the place that is looked at. */
interface Around {
  readonly objects: object[];
  /** Arrays, objects and octets so far. */
  met: number;
}

/** The error for a value that was refused. */
export function explain(value: unknown, limits: BodyLimits): ValueError {
  const path: Path = [];
  try {
    const found = search(value, path, { objects: [], met: 0 }, limits);
    return found ?? new ValueError([], "the value changed while it was read; send plain data");
  } catch (cause) {
    return new ValueError(path, "an object that cannot be read is not a value", { cause });
  }
}

function search(value: unknown, path: Path, around: Around, limits: BodyLimits): ValueError | undefined {
  if (typeof value !== "object" || value === null) {
    const problem = problemOf(value);
    return problem === undefined ? undefined : new ValueError([...path], problem);
  }
  if (++around.met > limits.containers) return new ValueError([], tooMany(limits));
  const kind = kindOf(value);
  if (kind === "octets") return undefined;
  if (kind === undefined) return new ValueError([...path], instanceProblem(value));
  if (around.objects.includes(value)) return new ValueError([...path], "a cycle is not a value; send a tree");
  if (around.objects.length >= limits.depth) return new ValueError([...path], `nests deeper than ${limits.depth}`);
  around.objects.push(value);
  const found = Array.isArray(value)
    ? searchList(value, path, around, limits)
    : searchRecord(value, path, around, limits);
  around.objects.pop();
  return found;
}

function searchList(list: readonly unknown[], path: Path, around: Around, limits: BodyLimits): ValueError | undefined {
  if (list.length > limits.arrayEntries) {
    return new ValueError([...path], `an array has at most ${limits.arrayEntries} entries`);
  }
  for (let i = 0; i < list.length; i++) {
    path.push(i);
    const found = member(list, i, path, around, limits);
    if (found !== undefined) return found;
    path.pop();
  }
  return undefined;
}

function searchRecord(record: object, path: Path, around: Around, limits: BodyLimits): ValueError | undefined {
  const keys = Object.keys(record);
  if (keys.length > limits.mapEntries) {
    return new ValueError([...path], `an object has at most ${limits.mapEntries} properties`);
  }
  if (Object.getOwnPropertySymbols(record).length > 0) {
    return new ValueError([...path], "a property whose key is a symbol is not a value; use a string as its key");
  }
  for (const key of keys) {
    path.push(key);
    if (key === "__proto__") return new ValueError([...path], "the key __proto__ is not allowed");
    if (!key.isWellFormed())
      return new ValueError([...path], `a key that is not well-formed is not a value${SURROGATE}`);
    const found = member(record, key, path, around, limits);
    if (found !== undefined) return found;
    path.pop();
  }
  return undefined;
}

function member(
  owner: object,
  key: string | number,
  path: Path,
  around: Around,
  limits: BodyLimits,
): ValueError | undefined {
  let value: unknown;
  try {
    value = Reflect.get(owner, key);
  } catch (cause) {
    return new ValueError([...path], "reading this property threw", { cause });
  }
  if (value !== undefined) return search(value, path, around, limits);
  if (!Array.isArray(owner)) return undefined;
  return new ValueError(
    [...path],
    key in owner ? "undefined in an array is not a value; send null" : "a hole in an array is not a value; send null",
  );
}

const SURROGATE = "; it holds half of a surrogate pair: see String.prototype.toWellFormed";

function problemOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? undefined : `${String(value)} is not a value; send null or a string`;
    case "string":
      return value.isWellFormed() ? undefined : `a string that is not well-formed is not a value${SURROGATE}`;
    case "bigint":
      return "a BigInt is not a value; send a string, or a number up to 2^53-1";
    case "symbol":
      return "a symbol is not a value; send a string";
    case "function":
      return "a function is not a value";
    default:
      return undefined;
  }
}

const INSTEAD: readonly (readonly [kind: string, advice: string])[] = [
  ["Date", "a Date is not a value; send an ISO string"],
  ["Map", "a Map is not a value; send an object, or an array of its entries"],
  ["Set", "a Set is not a value; send an array"],
  ["WeakMap", "a WeakMap is not a value"],
  ["WeakSet", "a WeakSet is not a value"],
  ["RegExp", "a RegExp is not a value; send its source"],
  ["Error", "an Error is not a value; send its message"],
  ["Promise", "a Promise is not a value; await it first"],
  ["ArrayBuffer", "an ArrayBuffer is not a value; send a Uint8Array over it"],
  ["SharedArrayBuffer", "a SharedArrayBuffer is not a value; send a Uint8Array with a copy"],
];

function instanceProblem(value: object): string {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  const known = INSTEAD.find(([kind]) => kind === tag);
  if (known !== undefined) return known[1];
  if (ArrayBuffer.isView(value)) return `a typed array or view other than Uint8Array is not a value; send a Uint8Array`;
  if (Array.isArray(value)) return "an instance of a subclass of Array is not a value; send a plain array";
  return "an instance of a class is not a value; send a plain object";
}
