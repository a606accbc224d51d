/**
 * Values to octets and back: `docs/spec.md` section 9.
 *
 * @module
 */

import { ProtocolViolation } from "../errors/violation.ts";
import { spareItems } from "../spare-octets.ts";
import { encodeUtf8, readUtf8 } from "../wire/utf8.ts";
import { copy } from "./copy.ts";
import { explain } from "./explain.ts";
import { Found, inspect } from "./inspect.ts";
import { decodeJson, encodeJson } from "./json.ts";
import { isOctets, isRealmClean } from "./kind.ts";
import { type BodyLimits, DEFAULT_BODY_LIMITS } from "./limits.ts";
import { countUtf8, LongText, type OctetSource, TextSource } from "./long-text.ts";
import { decodeMsgpack, encodeMsgpack } from "./msgpack.ts";
import { type Value, ValueError } from "./value.ts";

export type { BodyLimits } from "./limits.ts";
export { LongText, type OctetSource } from "./long-text.ts";

/** How a body is encoded, by its value on the wire. */
export const Content = { none: 0, json: 1, msgpack: 2, text: 3, bytes: 4 } as const;

/** A value as octets. */
export interface Body {
  /** One of {@link Content}. */
  readonly content: number;
  /** Possibly a view of a larger buffer, of 8 KiB: who keeps them for long makes a copy. */
  readonly octets: Uint8Array;
}

/** The octets of a body: without encoding it, where that was not done yet. */
export function bodyLength(body: Body): number {
  return body instanceof LongText ? body.length : body.octets.length;
}

/** Octets of a message that a short body may keep beside its own. */
const BESIDE = 64;

/**
 * The same body for who keeps its value for long. Octets are views of the message that they came in, which may be many times as
 * much: then they are copied.
 */
export function apart(body: Body): Body {
  const { content } = body;
  if (content !== Content.bytes && content !== Content.msgpack) return body;
  const { octets } = body;
  return octets.buffer.byteLength <= octets.length * 2 + BESIDE ? body : { content, octets: octets.slice() };
}

/** Octets of a text that are one frame for every peer. */
const SHORT_TEXT = 512;

/** The octets of a body for who writes them, part by part. */
export function bodySource(body: Body): OctetSource {
  if (body instanceof LongText) return body.source;
  const { content, octets } = body;
  return content === Content.text && octets.length > SHORT_TEXT ? new TextSource(octets) : octets;
}

/** Texts of more UTF-16 units than this are encoded part by part. */
const LONG_TEXT = 0x8000;

const NONE: Body = { content: Content.none, octets: new Uint8Array(0) };

/**
 * Encodes a value in the content that fits: nothing for undefined; strings as text; octets as bytes; and anything else as
 * JSON, or as MessagePack when octets are inside.
 *
 * Octets that are the value itself are not copied: whoever passed them leaves them alone until the call is over. All else is
 * copied, and may change at once.
 *
 * @param contents what the receiver can decode (CONT-002). Every receiver takes JSON, text and bytes.
 * @throws ValueError CONT-001 for what is no value, and for octets inside where the receiver does not take MessagePack.
 */
export function encodeBody(value: unknown, contents: readonly number[]): Body {
  if (value === undefined) return NONE;
  if (typeof value === "string" && value.isWellFormed()) return { content: Content.text, octets: encodeUtf8(value) };
  if (isOctets(value)) return { content: Content.bytes, octets: asPlain(value) };
  const body = attempt(value, contents);
  if (body === undefined) throw explain(value, DEFAULT_BODY_LIMITS);
  return body;
}

/**
 * As {@link encodeBody}, for a body that is written soon: a long text is a {@link LongText}, which nobody has encoded yet.
 *
 * @param utf8Length octets of a long text, which is well-formed.
 * @throws ValueError as {@link encodeBody} does.
 */
export function encodeOutgoing(
  value: unknown,
  contents: readonly number[],
  utf8Length: (text: string) => number = countUtf8,
): Body {
  return typeof value === "string" && value.length > LONG_TEXT && value.isWellFormed()
    ? new LongText(Content.text, value, utf8Length(value))
    : encodeBody(value, contents);
}

function attempt(value: unknown, contents: readonly number[]): Body | undefined {
  const limits = DEFAULT_BODY_LIMITS;
  let found: number = Found.nothing;
  try {
    // A copy that inherits nothing, where somebody has taught all objects a toJSON or the like.
    const source = isRealmClean() ? value : copy(value, limits, true);
    found = inspect(source, limits);
    if (found === Found.plain) {
      const octets = encodeJson(source);
      return octets === undefined ? undefined : { content: Content.json, octets };
    }
    if (found === Found.octets && contents.includes(Content.msgpack)) {
      const octets = encodeMsgpack(source, limits);
      return octets === undefined ? undefined : { content: Content.msgpack, octets };
    }
  } catch {
    return undefined; // an accessor threw; the search for the place meets it again
  }
  if (found !== Found.octets) return undefined;
  throw new ValueError([], "octets inside a value need MessagePack, which the receiver does not take");
}

/** The same octets, without what a subclass such as Buffer adds. */
function asPlain(octets: Uint8Array): Uint8Array {
  if (Object.getPrototypeOf(octets) === Uint8Array.prototype) return octets;
  return new Uint8Array(octets.buffer, octets.byteOffset, octets.byteLength);
}

/**
 * Decodes a body; undefined for none. Octets, as the value or inside it, are views of `body.octets`.
 *
 * @throws ProtocolViolation CONT-003 where it is not well-formed, CONT-004 beyond a limit, CONT-005 for an unknown content.
 */
export function decodeBody(body: Body, limits: BodyLimits = DEFAULT_BODY_LIMITS): Value | undefined {
  if (body instanceof LongText) return body.text;
  const { octets } = body;
  switch (body.content) {
    case Content.none:
      if (octets.length > 0) throw new ProtocolViolation("CONT-003", "content none must have no octets");
      return undefined;
    case Content.json:
      return decodeJson(octets, limits);
    case Content.msgpack:
      return decodeMsgpack(octets, limits);
    case Content.text: {
      const text = readUtf8(octets, 0, octets.length);
      if (text === undefined) throw new ProtocolViolation("CONT-003", "text must be well-formed UTF-8");
      return text;
    }
    case Content.bytes:
      return octets;
    default:
      throw new ProtocolViolation("CONT-005", "the content of a body must be one of the table");
  }
}

/**
 * A copy, as if the value had been encoded and decoded: for calls within a process. It shares nothing that can change, and
 * refuses what {@link encodeBody} refuses.
 *
 * @throws ValueError CONT-001 for what is no value.
 */
export function cloneValue(value: unknown, limits: BodyLimits = DEFAULT_BODY_LIMITS): Value | undefined {
  if (value === undefined) return undefined;
  let copied: Value | undefined;
  try {
    copied = copy(value, limits, false);
  } catch {
    copied = undefined; // an accessor threw; the search for the place meets it again
  }
  if (copied === undefined) throw explain(value, limits);
  return copied;
}

/**
 * As {@link cloneValue}, for what is sent as an item, and that nobody but who sends it sees: octets are copied to a buffer that
 * is used again.
 *
 * @throws ValueError CONT-001 for what is no value.
 */
export function cloneItem(value: unknown): Value | undefined {
  return isOctets(value) ? spareItems.copyOf(value) : cloneValue(value);
}

/** What every implementation can decode. */
export const ALL_CONTENTS: readonly number[] = [Content.json, Content.msgpack, Content.text, Content.bytes];
