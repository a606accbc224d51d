// What the specification lets each frame have: flags, stream, and the places of its header, in one table.

import { Flag, FrameType } from "./constants.ts";
import { type HeaderValue, WireError } from "./types.ts";

/** What one place of a header holds. */
export type Place =
  | { readonly kind: "uint" }
  | { readonly kind: "boolean" }
  | { readonly kind: "string"; readonly most: number }
  /** A string, or the number of a slot (CALL-016). */
  | { readonly kind: "name"; readonly most: number }
  | { readonly kind: "octets"; readonly exactly?: number }
  | { readonly kind: "list"; readonly of: Place }
  /** A map of strings to strings. */
  | { readonly kind: "map" }
  /** An array with places of its own. */
  | { readonly kind: "places"; readonly places: readonly NamedPlace[] };

/** A place with its name in the specification. */
export interface NamedPlace {
  readonly name: string;
  readonly place: Place;
  /** Whether it may be nil. */
  readonly optional: boolean;
}

/** What is known of a frame type. */
export interface Layout {
  readonly flags: number;
  /** On which streams it may be: 0, any but 0, or either. */
  readonly stream: "channel" | "call" | "either";
  /** A header alone, a header and a body, or DATA's two octets and a body. */
  readonly payload: "header" | "body" | "data";
  readonly places: readonly NamedPlace[];
}

const uint: Place = { kind: "uint" };
const octets: Place = { kind: "octets" };
const string = (most = 1_024): Place => ({ kind: "string", most });
const list = (of: Place): Place => ({ kind: "list", of });
const exactly = (count: number): Place => ({ kind: "octets", exactly: count });

/** Places by name; a `?` behind the name marks one that may be nil. */
function places(named: Readonly<Record<string, Place>>): readonly NamedPlace[] {
  return Object.entries(named).map(([name, place]) => ({
    name: name.replace("?", ""),
    place,
    optional: name.endsWith("?"),
  }));
}

const limits: Place = {
  kind: "places",
  places: places({
    framePayload: uint,
    message: uint,
    streams: uint,
    assembling: uint,
    "replay?": uint,
    "streamCredit?": uint,
    "channelCredit?": uint,
  }),
};
const resume: Place = { kind: "places", places: places({ sessionId: string(), token: octets, received: uint }) };
const offered: readonly NamedPlace[] = places({
  name: string(64),
  effect: uint,
  "deadlineMs?": uint,
  "description?": string(4_096),
  "streams?": { kind: "boolean" },
  "revision?": string(),
});

const channel = (named: Readonly<Record<string, Place>>): Layout => ({
  flags: 0,
  stream: "channel",
  payload: "header",
  places: places(named),
});
const call = (named: Readonly<Record<string, Place>>): Layout => ({ ...channel(named), stream: "call" });

/** The table. */
export const LAYOUTS: Readonly<Record<number, Layout>> = {
  [FrameType.hello]: channel({
    versions: list(uint),
    nonce: exactly(16),
    tag: exactly(8),
    features: list(string()),
    limits,
    contents: list(uint),
    "agent?": string(),
    "agentVersion?": string(),
    "resume?": resume,
  }),
  [FrameType.challenge]: channel({
    clientNonce: exactly(16),
    nonce: exactly(16),
    tag: exactly(8),
    version: uint,
    features: list(string()),
    audience: string(),
    methods: list(string()),
  }),
  [FrameType.proof]: channel({ clientNonce: exactly(16), method: string(), keyId: string(), proof: octets }),
  [FrameType.welcome]: channel({
    clientNonce: exactly(16),
    tag: exactly(8),
    version: uint,
    features: list(string()),
    limits,
    contents: list(uint),
    heartbeatMs: uint,
    sessionId: string(),
    principal: string(),
    scopes: list(string()),
    "resumeToken?": octets,
    "resumedFrom?": uint,
    "notResumed?": string(4_096),
  }),
  [FrameType.refuse]: channel({
    clientNonce: exactly(16),
    code: uint,
    message: string(4_096),
    "retryAfterMs?": uint,
  }),
  [FrameType.open]: {
    flags: Flag.more | Flag.final,
    stream: "call",
    payload: "body",
    places: places({
      tool: { kind: "name", most: 64 },
      callId: string(128),
      "key?": string(256),
      "deadlineMs?": uint,
      "priority?": uint,
      content: uint,
      "turn?": { kind: "name", most: 256 },
      "lineage?": string(),
      "trace?": string(256),
      "meta?": { kind: "map" },
    }),
  },
  [FrameType.accept]: call({
    state: uint,
    "reason?": string(4_096),
    "place?": uint,
    "lagMs?": uint,
    "deadlineMs?": uint,
  }),
  [FrameType.data]: {
    flags: Flag.more | Flag.final | Flag.cont,
    stream: "call",
    payload: "data",
    places: places({ kind: uint, content: uint }),
  },
  [FrameType.end]: {
    flags: Flag.more | Flag.final,
    stream: "call",
    payload: "body",
    places: places({
      code: uint,
      content: uint,
      "message?": string(4_096),
      "outcome?": uint,
      "retryable?": { kind: "boolean" },
      "retryAfterMs?": uint,
    }),
  },
  [FrameType.reset]: call({ code: uint, "message?": string(4_096) }),
  [FrameType.credit]: { ...channel({ limit: uint }), stream: "either" },
  [FrameType.ack]: channel({ received: uint }),
  [FrameType.ping]: channel({ id: uint }),
  [FrameType.pong]: channel({ id: uint, "lagMs?": uint }),
  // What the tools of OFFER are depends on its mode: see offerPlace().
  [FrameType.offer]: channel({ mode: uint, tools: list({ kind: "places", places: offered }) }),
  [FrameType.goaway]: channel({
    code: uint,
    lastStream: uint,
    message: string(4_096),
    "retryAfterMs?": uint,
    "requirement?": string(),
  }),
};

const removed: Place = list(string(64));
const utf8 = new TextEncoder();
const DEFAULT_OCTETS = 4_096;

function wrong(where: string, what: string): never {
  throw new WireError("FRAME-007", `${where} is not ${what}`);
}

function checkLength(value: string, most: number, where: string): void {
  if (!value.isWellFormed()) throw new WireError("FRAME-009", `${where} is no well-formed text`);
  const length = utf8.encode(value).length;
  if (length > most) throw new WireError("FRAME-009", `${where} has ${length} octets, at most ${most} are allowed`);
}

/** Narrows a value to an array, readonly as it is. */
export function isList(value: HeaderValue): value is readonly HeaderValue[] {
  return Array.isArray(value);
}

function checkExact(value: HeaderValue, where: string): void {
  if (typeof value === "number" && Number.isInteger(value) && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw new WireError("FRAME-008", `${where} is an integer beyond 2^53-1`);
  }
}

const isUint = (value: HeaderValue): boolean => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

function checkMap(value: HeaderValue, where: string): void {
  if (value === null || typeof value !== "object" || isList(value) || value instanceof Uint8Array) {
    return wrong(where, "a map");
  }
  for (const [key, entry] of Object.entries(value)) {
    checkLength(key, 1_024, `a key of ${where}`);
    if (typeof entry !== "string") wrong(`${where}.${key}`, "a string");
    else checkLength(entry, 1_024, `${where}.${key}`);
  }
}

function checkPlace(value: HeaderValue, place: Place, where: string): void {
  switch (place.kind) {
    case "uint":
      checkExact(value, where);
      if (!isUint(value)) wrong(where, "an unsigned integer");
      return;
    case "boolean":
      if (typeof value !== "boolean") wrong(where, "a boolean");
      return;
    case "name":
      if (isUint(value)) return;
      if (typeof value !== "string") return wrong(where, "a string or the number of a slot");
      return checkLength(value, place.most, where);
    case "string":
      if (typeof value !== "string") return wrong(where, "a string");
      return checkLength(value, place.most, where);
    case "octets":
      if (!(value instanceof Uint8Array)) return wrong(where, "octets");
      if (place.exactly !== undefined && value.length !== place.exactly) wrong(where, `${place.exactly} octets`);
      if (value.length > DEFAULT_OCTETS) wrong(where, `at most ${DEFAULT_OCTETS} octets`);
      return;
    case "list":
      if (!isList(value)) return wrong(where, "an array");
      for (const [index, entry] of value.entries()) checkPlace(entry, place.of, `${where}[${index}]`);
      return;
    case "map":
      return checkMap(value, where);
    case "places":
      if (!isList(value)) return wrong(where, "an array");
      return checkPlaces(value, place.places, where);
  }
}

function checkPlaces(header: readonly HeaderValue[], layout: readonly NamedPlace[], where: string): void {
  for (const [index, { name, place, optional }] of layout.entries()) {
    const value = header[index] ?? null;
    if (value === null && optional) continue;
    checkPlace(value, place, `${where}.${name}`);
  }
}

/** The places of a frame's header, as its mode has them where it is an OFFER. */
export function placesOf(type: number, header: readonly HeaderValue[]): readonly NamedPlace[] {
  const layout = LAYOUTS[type]?.places ?? [];
  if (type !== FrameType.offer || header[0] !== 2) return layout;
  return layout.map((entry) => (entry.name === "tools" ? { ...entry, place: removed } : entry));
}

/** Checks that each place of a header has the type and the length that its layout gives (FRAME-007, FRAME-009). */
export function checkHeader(type: number, header: readonly HeaderValue[], where: string): void {
  checkPlaces(header, placesOf(type, header), where);
}

/**
 * Makes octets of the base64 strings that stand for octets in text carriage (CARR-011), by the layout. What is no base64 stays a
 * string, so that {@link checkHeader} finds it.
 */
export function octetsOfText(
  type: number,
  header: readonly HeaderValue[],
  decode: (text: string) => Uint8Array | undefined,
): readonly HeaderValue[] {
  const revive = (value: HeaderValue, place: Place | undefined): HeaderValue => {
    if (place?.kind === "octets" && typeof value === "string") return decode(value) ?? value;
    if (place?.kind === "list" && isList(value)) return value.map((entry) => revive(entry, place.of));
    if (place?.kind === "places" && isList(value)) {
      return value.map((entry, index) => revive(entry, place.places[index]?.place));
    }
    return value;
  };
  const layout = placesOf(type, header);
  return header.map((value, index) => revive(value, layout[index]?.place));
}
