/**
 * What an object is, as far as values are concerned. Encoding, copying and explaining all ask here, so that they agree.
 *
 * @module
 */

/** A list, a record with string keys, octets; or undefined: no value. */
export type ObjectKind = "list" | "record" | "octets" | undefined;

const RECORD: unknown = Object.prototype;
const LIST: unknown = Array.prototype;
const OCTETS: unknown = Uint8Array.prototype;

/**
 * The kind of an object. Records and lists of another realm (an iframe, `node:vm`) are values too; instances of
 * classes are not, `Buffer` and other subclasses of Uint8Array excepted, which are octets.
 */
export function kindOf(value: object): ObjectKind {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === RECORD || prototype === null) return Array.isArray(value) ? undefined : "record";
  if (prototype === LIST) return Array.isArray(value) ? "list" : undefined;
  if (prototype === OCTETS) return "octets";
  return rarer(value, prototype);
}

function rarer(value: object, prototype: unknown): ObjectKind {
  if (isOctets(value)) return "octets";
  if (typeof prototype !== "object" || prototype === null) return undefined;
  if (Array.isArray(value)) return isForeign(prototype, "Array") && Array.isArray(prototype) ? "list" : undefined;
  return Object.getPrototypeOf(prototype) === null && isForeign(prototype, "Object") ? "record" : undefined;
}

/** Whether an object is octets: a Uint8Array, of whatever realm. */
export function isOctets(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array ||
    (ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]")
  );
}

/** Whether a prototype is what another realm has as `Object.prototype` or `Array.prototype`. */
function isForeign(prototype: object, name: string): boolean {
  const { constructor } = prototype;
  return Object.hasOwn(prototype, "constructor") && typeof constructor === "function" && constructor.name === name;
}
