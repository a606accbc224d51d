/**
 * Values to octets and back: `docs/spec.md` section 9.
 *
 * @module
 */

import { ProtocolViolation } from "../errors/violation.ts";
import { encodeUtf8, readUtf8 } from "../wire/utf8.ts";
import { copy, Found, inspect, refusalOf } from "./check.ts";
import { explain } from "./explain.ts";
import { isOctets } from "./kind.ts";
import { type BodyLimits, DEFAULT_BODY_LIMITS } from "./limits.ts";
import { decodeMsgpack, encodeMsgpack } from "./msgpack.ts";
import { type Value, ValueError } from "./value.ts";

export { type BodyLimits, DEFAULT_BODY_LIMITS } from "./limits.ts";

/** How a body is encoded. The value that stands for it on the wire. */
export const Content = { none: 0, json: 1, msgpack: 2, text: 3, bytes: 4 } as const;

/** A value as octets. */
export interface Body {
  /** One of {@link Content}. */
  readonly content: number;
  readonly octets: Uint8Array;
}

const NONE: Body = { content: Content.none, octets: new Uint8Array(0) };

/** Objects that show whether somebody has added a `toJSON` to all objects or arrays. */
const BARE_RECORD: { readonly toJSON?: unknown } = {};
const BARE_LIST: readonly unknown[] & { readonly toJSON?: unknown } = [];

/**
 * Encodes a value in the content that fits: nothing for undefined; strings as text; octets as bytes; and anything else as
 * JSON, or as MessagePack when octets are inside.
 *
 * Octets that are the value itself are not copied: they must not change until the call is over. Everything else is a copy.
 *
 * @param contents what the receiver can decode (CONT-002).
 * @throws ValueError CONT-001 for what is no value, and for octets inside where the receiver does not take MessagePack.
 */
export function encodeBody(value: unknown, contents: readonly number[]): Body {
  if (value === undefined) return NONE;
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw explain(value, DEFAULT_BODY_LIMITS);
    return { content: Content.text, octets: encodeUtf8(value) };
  }
  if (isOctets(value)) return { content: Content.bytes, octets: value };
  try {
    const found = inspect(value, DEFAULT_BODY_LIMITS);
    if (found === Found.plain) return { content: Content.json, octets: encodeUtf8(toJson(value)) };
    if (found === Found.octets && contents.includes(Content.msgpack)) {
      const octets = encodeMsgpack(value, DEFAULT_BODY_LIMITS);
      if (octets !== undefined) return { content: Content.msgpack, octets };
    }
    if (found === Found.octets && !contents.includes(Content.msgpack)) {
      throw new ValueError([], "octets inside a value need MessagePack, which the receiver does not take");
    }
  } catch (cause) {
    if (cause instanceof ValueError) throw cause;
    throw explain(value, DEFAULT_BODY_LIMITS);
  }
  throw explain(value, DEFAULT_BODY_LIMITS);
}

function toJson(value: unknown): string {
  if (BARE_RECORD.toJSON === undefined && BARE_LIST.toJSON === undefined) return JSON.stringify(value);
  return JSON.stringify(copy(value, DEFAULT_BODY_LIMITS, DEFAULT_BODY_LIMITS.depth, true));
}

/**
 * Decodes a body; undefined for none. Octets, as the value or inside it, are views of `body.octets`.
 *
 * @throws ProtocolViolation CONT-003 where it is not well-formed, CONT-004 beyond a limit, CONT-005 for an unknown content.
 */
export function decodeBody(body: Body, limits: BodyLimits = DEFAULT_BODY_LIMITS): Value | undefined {
  const { octets } = body;
  switch (body.content) {
    case Content.none:
      if (octets.length > 0) throw new ProtocolViolation("CONT-003", "content none must have no octets");
      return undefined;
    case Content.json:
      return fromJson(octets, limits);
    case Content.msgpack:
      return decodeMsgpack(octets, limits);
    case Content.text:
      return textOf(octets, "text");
    case Content.bytes:
      return octets;
    default:
      throw new ProtocolViolation("CONT-005", "the content is not one of the table");
  }
}

function textOf(octets: Uint8Array, what: string): string {
  const text = readUtf8(octets, 0, octets.length);
  if (text === undefined) throw new ProtocolViolation("CONT-003", `${what} must be well-formed UTF-8`);
  return text;
}

function fromJson(octets: Uint8Array, limits: BodyLimits): Value {
  const text = textOf(octets, "JSON");
  let value: Value;
  try {
    // JSON.parse gives nothing but what Value has.
    value = JSON.parse(text) as Value;
  } catch {
    throw new ProtocolViolation("CONT-003", "JSON that does not parse");
  }
  const refusal = refusalOf(value, limits, text.includes("\\u"));
  if (refusal !== undefined) throw new ProtocolViolation(refusal[0], refusal[1]);
  return value;
}

/**
 * A copy as if the value had been encoded and decoded: for calls within a process. It shares nothing that can change.
 *
 * @throws ValueError as {@link encodeBody} does.
 */
export function cloneValue(value: unknown, limits: BodyLimits = DEFAULT_BODY_LIMITS): Value | undefined {
  if (value === undefined) return undefined;
  let copied: Value | undefined;
  try {
    copied = copy(value, limits, limits.depth, false);
  } catch {
    throw explain(value, limits);
  }
  if (copied === undefined) throw explain(value, limits);
  return copied;
}
