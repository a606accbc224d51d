// The fields of a frame by the names of the specification.

import { Code, Content, DataKind, Flag, type FrameName, FrameType, nameIn } from "./constants.ts";
import { frameName } from "./frame.ts";
import { checkHeader, isList } from "./layout.ts";
import { type Frame, type HeaderValue, WireError } from "./types.ts";

/** Limits as they were stated; what was not has no property. */
export interface ParsedLimits {
  readonly framePayload: number;
  readonly message: number;
  readonly streams: number;
  readonly assembling: number;
  readonly replay?: number;
  readonly streamCredit?: number;
  readonly channelCredit?: number;
}

/** A tool of an OFFER. */
export interface ParsedTool {
  readonly name: string;
  readonly effect: number;
  readonly deadlineMs: number | undefined;
  readonly description: string | undefined;
  readonly streams: boolean | undefined;
  readonly revision: string | undefined;
}

interface Headers {
  readonly hello: {
    readonly versions: readonly number[];
    readonly nonce: Uint8Array;
    readonly tag: Uint8Array;
    readonly features: readonly string[];
    readonly limits: ParsedLimits;
    readonly contents: readonly number[];
    readonly agent: string | undefined;
    readonly agentVersion: string | undefined;
    readonly resume: { readonly sessionId: string; readonly token: Uint8Array; readonly received: number } | undefined;
  };
  readonly challenge: {
    readonly clientNonce: Uint8Array;
    readonly nonce: Uint8Array;
    readonly tag: Uint8Array;
    readonly version: number;
    readonly features: readonly string[];
    readonly audience: string;
    readonly methods: readonly string[];
  };
  readonly proof: {
    readonly clientNonce: Uint8Array;
    readonly method: string;
    readonly keyId: string;
    readonly proof: Uint8Array;
  };
  readonly welcome: {
    readonly clientNonce: Uint8Array;
    readonly tag: Uint8Array;
    readonly version: number;
    readonly features: readonly string[];
    readonly limits: ParsedLimits;
    readonly contents: readonly number[];
    readonly heartbeatMs: number;
    readonly sessionId: string;
    readonly principal: string;
    readonly scopes: readonly string[];
    readonly resumeToken: Uint8Array | undefined;
    readonly resumedFrom: number | undefined;
    readonly notResumed: string | undefined;
  };
  readonly refuse: {
    readonly clientNonce: Uint8Array;
    readonly code: number;
    readonly message: string;
    readonly retryAfterMs: number | undefined;
  };
  readonly open: {
    readonly tool: string | number;
    readonly callId: string;
    readonly key: string | undefined;
    readonly deadlineMs: number | undefined;
    /** 1, normal, where the place is nil. */
    readonly priority: number;
    readonly content: number;
    readonly turn: string | number | undefined;
    readonly lineage: string | undefined;
    readonly trace: string | undefined;
    readonly meta: Readonly<Record<string, string>> | undefined;
  };
  readonly accept: {
    readonly state: number;
    readonly reason: string | undefined;
    readonly place: number | undefined;
    readonly lagMs: number | undefined;
    readonly deadlineMs: number | undefined;
  };
  readonly data: {
    /** Undefined for a frame that goes on with a body. */
    readonly kind: number | undefined;
    /** Undefined for a frame that goes on with a body. */
    readonly content: number | undefined;
  };
  readonly end: {
    readonly code: number;
    readonly content: number;
    readonly message: string | undefined;
    readonly outcome: number | undefined;
    readonly retryable: boolean | undefined;
    readonly retryAfterMs: number | undefined;
  };
  readonly reset: { readonly code: number; readonly message: string | undefined };
  readonly credit: { readonly limit: number };
  readonly ack: { readonly received: number };
  readonly ping: { readonly id: number };
  readonly pong: { readonly id: number; readonly lagMs: number | undefined };
  readonly offer: {
    readonly mode: number;
    /** Names where the mode removes. */
    readonly tools: readonly (ParsedTool | string)[];
  };
  readonly goaway: {
    readonly code: number;
    readonly lastStream: number;
    readonly message: string;
    readonly retryAfterMs: number | undefined;
    readonly requirement: string | undefined;
  };
}

/** What a frame has beside its header. */
export interface Common {
  readonly stream: number;
  readonly body: Uint8Array;
  /** The body goes on in another frame. */
  readonly more: boolean;
  /** The side that sent it sends no more bodies. */
  readonly final: boolean;
  /** The frame goes on with a body. */
  readonly cont: boolean;
}

/** The fields of a frame, by its name. */
export type FieldsByName = { readonly [N in FrameName]: Headers[N] & Common };

/** The fields of a frame of this name. */
export type FieldsOf<N extends FrameName> = FieldsByName[N];

/** Reads the places of a header that was checked, in order. */
class Places {
  readonly #values: readonly HeaderValue[];
  readonly #name: string;
  #at = 0;

  constructor(values: readonly HeaderValue[], name: string) {
    this.#values = values;
    this.#name = name;
  }

  get empty(): boolean {
    return this.#values.length === 0;
  }

  #next(): HeaderValue | undefined {
    return this.#values[this.#at++] ?? undefined;
  }

  #wrong(): never {
    throw new WireError("FRAME-007", `place ${this.#at} of ${this.#name} has another type`);
  }

  uint(): number {
    return this.maybeUint() ?? this.#wrong();
  }

  maybeUint(): number | undefined {
    const value = this.#next();
    return value === undefined || typeof value === "number" ? value : this.#wrong();
  }

  string(): string {
    return this.maybeString() ?? this.#wrong();
  }

  maybeString(): string | undefined {
    const value = this.#next();
    return value === undefined || typeof value === "string" ? value : this.#wrong();
  }

  maybeName(): string | number | undefined {
    const value = this.#next();
    return value === undefined || typeof value === "string" || typeof value === "number" ? value : this.#wrong();
  }

  maybeBoolean(): boolean | undefined {
    const value = this.#next();
    return value === undefined || typeof value === "boolean" ? value : this.#wrong();
  }

  octets(): Uint8Array {
    return this.maybeOctets() ?? this.#wrong();
  }

  maybeOctets(): Uint8Array | undefined {
    const value = this.#next();
    return value === undefined || value instanceof Uint8Array ? value : this.#wrong();
  }

  maybePlaces(): Places | undefined {
    const value = this.#next();
    if (value === undefined) return undefined;
    return isList(value) ? new Places(value, this.#name) : this.#wrong();
  }

  #list(): readonly HeaderValue[] {
    const value = this.#next();
    return value !== undefined && isList(value) ? value : this.#wrong();
  }

  uints(): readonly number[] {
    return this.#list().map((entry) => (typeof entry === "number" ? entry : this.#wrong()));
  }

  strings(): readonly string[] {
    return this.#list().map((entry) => (typeof entry === "string" ? entry : this.#wrong()));
  }

  lists(): readonly (string | Places)[] {
    return this.#list().map((entry) => {
      if (typeof entry === "string") return entry;
      return isList(entry) ? new Places(entry, this.#name) : this.#wrong();
    });
  }

  maybeMap(): Readonly<Record<string, string>> | undefined {
    const value = this.#next();
    if (value === undefined) return undefined;
    if (typeof value !== "object" || value === null || isList(value) || value instanceof Uint8Array)
      return this.#wrong();
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([key, entry]) => [key, typeof entry === "string" ? entry : this.#wrong()]));
  }

  /** A number that has to be one of a table. */
  oneOf(table: Readonly<Record<string, number>>, what: string, requirement = "FRAME-007"): number {
    const value = this.uint();
    if (nameIn(table, value) === undefined) {
      throw new WireError(requirement, `${this.#name} has the ${what} ${value}, which its table does not have`);
    }
    return value;
  }
}

const Modes = { replace: 0, add: 1, remove: 2 } as const;

function limitsOf(places: Places | undefined): ParsedLimits {
  if (places === undefined) throw new WireError("FRAME-007", "there are no limits");
  const [framePayload, message, streams, assembling] = [places.uint(), places.uint(), places.uint(), places.uint()];
  const [replay, streamCredit, channelCredit] = [places.maybeUint(), places.maybeUint(), places.maybeUint()];
  return {
    framePayload,
    message,
    streams,
    assembling,
    ...(replay === undefined ? {} : { replay }),
    ...(streamCredit === undefined ? {} : { streamCredit }),
    ...(channelCredit === undefined ? {} : { channelCredit }),
  };
}

function resumeOf(places: Places | undefined): Headers["hello"]["resume"] {
  if (places === undefined) return undefined;
  return { sessionId: places.string(), token: places.octets(), received: places.uint() };
}

function toolOf(places: Places | string): ParsedTool | string {
  if (typeof places === "string") return places;
  return {
    name: places.string(),
    effect: places.oneOf({ read: 0, idempotent: 1, once: 2 }, "effect"),
    deadlineMs: places.maybeUint(),
    description: places.maybeString(),
    streams: places.maybeBoolean(),
    revision: places.maybeString(),
  };
}

function endOf(places: Places): Headers["end"] {
  const end = {
    code: places.oneOf(Code, "code", "ERR-004"),
    content: places.oneOf(Content, "content", "CONT-005"),
    message: places.maybeString(),
    outcome: places.maybeUint(),
    retryable: places.maybeBoolean(),
    retryAfterMs: places.maybeUint(),
  };
  if (end.code !== Code.ok && end.outcome === undefined)
    throw new WireError("ERR-001", "END of a failure without an outcome");
  if (end.code === Code.ok && end.outcome !== undefined)
    throw new WireError("ERR-001", "END of a success with an outcome");
  if (end.outcome !== undefined && end.outcome > 3)
    throw new WireError("ERR-001", `END with the outcome ${end.outcome}`);
  return end;
}

// Properties of an object literal are evaluated in the order in which they stand: that of the places.
const readers: { readonly [N in FrameName]: (places: Places) => Headers[N] } = {
  hello: (p) => ({
    versions: p.uints(),
    nonce: p.octets(),
    tag: p.octets(),
    features: p.strings(),
    limits: limitsOf(p.maybePlaces()),
    contents: p.uints(),
    agent: p.maybeString(),
    agentVersion: p.maybeString(),
    resume: resumeOf(p.maybePlaces()),
  }),
  challenge: (p) => ({
    clientNonce: p.octets(),
    nonce: p.octets(),
    tag: p.octets(),
    version: p.uint(),
    features: p.strings(),
    audience: p.string(),
    methods: p.strings(),
  }),
  proof: (p) => ({ clientNonce: p.octets(), method: p.string(), keyId: p.string(), proof: p.octets() }),
  welcome: (p) => ({
    clientNonce: p.octets(),
    tag: p.octets(),
    version: p.uint(),
    features: p.strings(),
    limits: limitsOf(p.maybePlaces()),
    contents: p.uints(),
    heartbeatMs: p.uint(),
    sessionId: p.string(),
    principal: p.string(),
    scopes: p.strings(),
    resumeToken: p.maybeOctets(),
    resumedFrom: p.maybeUint(),
    notResumed: p.maybeString(),
  }),
  refuse: (p) => ({
    clientNonce: p.octets(),
    code: p.oneOf(Code, "code", "ERR-004"),
    message: p.string(),
    retryAfterMs: p.maybeUint(),
  }),
  open: (p) => ({
    tool: p.maybeName() ?? "",
    callId: p.string(),
    key: p.maybeString(),
    deadlineMs: p.maybeUint(),
    priority: p.maybeUint() ?? 1,
    content: p.oneOf(Content, "content", "CONT-005"),
    turn: p.maybeName(),
    lineage: p.maybeString(),
    trace: p.maybeString(),
    meta: p.maybeMap(),
  }),
  accept: (p) => ({
    state: p.oneOf({ running: 0, queued: 1, joined: 2, replayed: 3, waiting: 4 }, "state"),
    reason: p.maybeString(),
    place: p.maybeUint(),
    lagMs: p.maybeUint(),
    deadlineMs: p.maybeUint(),
  }),
  // With CONT there is no header.
  data: (p) =>
    p.empty
      ? { kind: undefined, content: undefined }
      : { kind: p.oneOf(DataKind, "kind"), content: p.oneOf(Content, "content", "CONT-005") },
  end: endOf,
  // Any code but 4 cancels.
  reset: (p) => ({ code: p.uint(), message: p.maybeString() }),
  credit: (p) => ({ limit: p.uint() }),
  ack: (p) => ({ received: p.uint() }),
  ping: (p) => ({ id: p.uint() }),
  pong: (p) => ({ id: p.uint(), lagMs: p.maybeUint() }),
  offer: (p) => ({ mode: p.oneOf(Modes, "mode"), tools: p.lists().map(toolOf) }),
  goaway: (p) => ({
    code: p.oneOf(Code, "code", "ERR-004"),
    lastStream: p.uint(),
    message: p.string(),
    retryAfterMs: p.maybeUint(),
    requirement: p.maybeString(),
  }),
};

/**
 * The fields of a frame of this name.
 *
 * @throws WireError with the requirement that whoever wrote it broke.
 */
export function fields<N extends FrameName>(name: N, frame: Frame): FieldsOf<N> {
  if (FrameType[name] !== frame.type) throw new TypeError(`This is ${frameName(frame.type)}, not ${name}.`);
  const common: Common = {
    stream: frame.stream,
    body: frame.body,
    more: (frame.flags & Flag.more) !== 0,
    final: (frame.flags & Flag.final) !== 0,
    cont: (frame.flags & Flag.cont) !== 0,
  };
  if (frame.header === null && frame.type !== FrameType.data) {
    throw new WireError("FRAME-007", `${frameName(frame.type)} without a header`);
  }
  if (frame.header !== null) checkHeader(frame.type, frame.header, frameName(frame.type));
  const read: Headers[N] = readers[name](new Places(frame.header ?? [], frameName(frame.type)));
  // The same type by another way: the compiler does not follow an index through a mapped type.
  return { ...read, ...common } as FieldsOf<N>;
}
