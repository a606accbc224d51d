/**
 * What an object is, as far as values are concerned. Encoding, copying and explaining all ask here, so that they agree.
 *
 * @module
 */

/** A list, a record with string keys, octets; or undefined: no value. */
export type ObjectKind = "list" | "record" | "octets" | undefined;

/** Any object, looked at as one with string keys: which every object is, whatever its properties hold. */
export type AnyRecord = Readonly<Record<string, unknown>>;

const RECORD: unknown = Object.prototype;
const LIST: unknown = Array.prototype;
const OCTETS: unknown = Uint8Array.prototype;

/**
 * The kind of an object. Records and lists of another realm (an iframe, `node:vm`) are values too; instances of
 * classes are not, `Buffer` and other subclasses of Uint8Array excepted, which are octets.
 */
export function kindOf(value: object): ObjectKind {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === RECORD) return Array.isArray(value) ? undefined : "record";
  if (prototype === null) return Array.isArray(value) ? "list" : "record";
  if (prototype === LIST) return Array.isArray(value) ? "list" : undefined;
  if (prototype === OCTETS) return isOctets(value) ? "octets" : undefined;
  return rarer(value, prototype);
}

function rarer(value: object, prototype: unknown): ObjectKind {
  if (isOctets(value)) return "octets";
  if (typeof prototype !== "object" || prototype === null) return undefined;
  if (Array.isArray(value)) return Array.isArray(prototype) && isForeign(prototype, "Array") ? "list" : undefined;
  return Object.getPrototypeOf(prototype) === null && isForeign(prototype, "Object") ? "record" : undefined;
}

/** Whether a prototype is what another realm has as `Object.prototype` or `Array.prototype`. */
function isForeign(prototype: object, name: string): boolean {
  const { constructor } = prototype;
  return Object.hasOwn(prototype, "constructor") && typeof constructor === "function" && constructor.name === name;
}

/** Whether something is octets: a Uint8Array, of whatever realm. */
export function isOctets(value: unknown): value is Uint8Array {
  // Only a typed array has this tag: it is an accessor that looks at the object itself, not a property anybody can set.
  return ArrayBuffer.isView(value) && (value instanceof Uint8Array || tagOf(value) === "Uint8Array");
}

function tagOf(view: ArrayBufferView): unknown {
  return TAG?.get?.call(view);
}

const TAG: PropertyDescriptor | undefined = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
);

/** Where it shows that somebody has added properties to all objects, or to all arrays. */
const BARE_RECORD: AnyRecord = {};
const BARE_LIST: readonly unknown[] & { readonly toJSON?: unknown } = [];

/**
 * Whether `Object.prototype` and `Array.prototype` are as the language made them, so that loops over properties and
 * JSON.stringify see what an object itself has and nothing else.
 */
export function isRealmClean(): boolean {
  for (const _ in BARE_RECORD) return false;
  return BARE_LIST.toJSON === undefined; // arrays are objects: what all objects have shows here too
}
