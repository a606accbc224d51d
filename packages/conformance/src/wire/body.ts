// Values and the octets of bodies (section 9).

import { Content } from "./constants.ts";
import { type PackFault, type PackRules, pack, textOf, unpack, walk } from "./pack.ts";
import { NO_OCTETS, WireError } from "./types.ts";

/** What a body may stand for. */
export type Value =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [key: string]: Value };

/** Limits of section 13 that a body has whoever reads it. */
export const ContentLimit = {
  depth: 64,
  mapEntries: 10_000,
  arrayElements: 1_000_000,
  together: 500_000,
  /** JSON of up to so many octets may be left uncounted. */
  uncountedJson: 16_384,
} as const;

const LIMIT_FAULTS: ReadonlySet<PackFault> = new Set<PackFault>(["depth", "map", "array", "many", "__proto__"]);

function refuse(requirement: string, message: string): never {
  throw new WireError(requirement, message);
}

const packRules: PackRules = {
  ...ContentLimit,
  float32: true,
  notFinite: false,
  proto: false,
  fail: (fault, message) => refuse(LIMIT_FAULTS.has(fault) ? "CONT-004" : "CONT-003", `a body with ${message}`),
};

function hasOctets(value: Value): boolean {
  if (value instanceof Uint8Array) return true;
  return value !== null && typeof value === "object" && Object.values(value).some(hasOctets);
}

/** A value in the content that suits it: text and octets as they are, octets inside as MessagePack, the rest as JSON. */
export function encodeBody(value: Value | undefined): { readonly content: number; readonly octets: Uint8Array } {
  const content =
    value === undefined
      ? Content.none
      : typeof value === "string"
        ? Content.text
        : value instanceof Uint8Array
          ? Content.bytes
          : hasOctets(value)
            ? Content.msgpack
            : Content.json;
  return { content, octets: encodeAs(content, value) };
}

/** The octets of a value in a content. @throws TypeError where the content has no room for it. */
export function encodeAs(content: number, value: Value | undefined): Uint8Array {
  if (content === Content.none && value === undefined) return NO_OCTETS;
  if (content === Content.text && typeof value === "string") return new TextEncoder().encode(value);
  if (content === Content.bytes && value instanceof Uint8Array) return value;
  if (content === Content.msgpack && value !== undefined) return pack(value);
  if (content === Content.json && value !== undefined && !hasOctets(value)) {
    return new TextEncoder().encode(JSON.stringify(value));
  }
  throw new TypeError(`Content ${content} has no room for this value.`);
}

/** Checks a value that JSON.parse made, and makes it one of ours: negative zero is zero. */
class JsonCheck {
  readonly #counts: boolean;
  #together = 0;

  constructor(octets: number) {
    this.#counts = octets > ContentLimit.uncountedJson;
  }

  value(value: unknown, depth: number): Value {
    switch (typeof value) {
      case "string":
        return value.isWellFormed() ? value : refuse("CONT-003", "a body with a string that is not well-formed");
      case "number":
        if (!Number.isFinite(value)) return refuse("CONT-003", "a body with a number that is not finite");
        return value === 0 ? 0 : value;
      case "boolean":
        return value;
      default:
        return value === null ? null : this.#container(value, depth + 1);
    }
  }

  #container(value: unknown, depth: number): Value {
    if (depth > ContentLimit.depth) refuse("CONT-004", `a body that is nested deeper than ${ContentLimit.depth}`);
    if (++this.#together > ContentLimit.together && this.#counts)
      refuse("CONT-004", "a body with too many arrays and maps");
    if (Array.isArray(value)) {
      if (value.length > ContentLimit.arrayElements) refuse("CONT-004", `an array of ${value.length} elements`);
      return value.map((entry) => this.value(entry, depth));
    }
    const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
    if (entries.length > ContentLimit.mapEntries) refuse("CONT-004", `a map of ${entries.length} entries`);
    return Object.fromEntries(
      entries.map(([key, entry]) => {
        if (key === "__proto__") refuse("CONT-004", "a body with the key __proto__");
        if (!key.isWellFormed()) refuse("CONT-003", "a body with a key that is not well-formed");
        return [key, this.value(entry, depth)];
      }),
    );
  }
}

function decodeText(octets: Uint8Array): string {
  return textOf(octets) ?? refuse("CONT-003", "a body of text that is not UTF-8");
}

function decodeJson(octets: Uint8Array): Value {
  const text = decodeText(octets);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return refuse("CONT-003", "a body that is no JSON");
  }
  return new JsonCheck(octets.length).value(parsed, 0);
}

/** Negative zero is zero, and octets are a view of nobody else's. */
function settled(value: unknown): Value {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(settled);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, settled(entry)]));
  }
  if (typeof value === "number") return value === 0 ? 0 : value;
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  return refuse("CONT-003", `a body with a ${typeof value}`);
}

function decodeMsgpack(octets: Uint8Array): Value {
  const end = walk(octets, 0, packRules);
  if (end !== octets.length) refuse("CONT-003", `a body with ${octets.length - end} octets behind its value`);
  return settled(unpack(octets));
}

/**
 * The value of a body, undefined where its content is none.
 *
 * @throws WireError with the requirement that whoever wrote it broke.
 */
export function decodeBody(content: number, octets: Uint8Array): Value | undefined {
  switch (content) {
    case Content.none:
      return octets.length === 0 ? undefined : refuse("CONT-003", "a body where its content says that there is none");
    case Content.json:
      return decodeJson(octets);
    case Content.msgpack:
      return decodeMsgpack(octets);
    case Content.text:
      return decodeText(octets);
    case Content.bytes:
      return Uint8Array.from(octets);
    default:
      return refuse("CONT-005", `content ${content}`);
  }
}
