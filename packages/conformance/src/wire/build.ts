// A function for each frame, with the field names of the specification. Nothing is checked, so that a case can build what no peer
// should send.

import { Content, Flag, FrameType, Priority } from "./constants.ts";
import { type Frame, type HeaderValue, NO_OCTETS } from "./types.ts";

/** Limits as HELLO and WELCOME state them; those behind `assembling` are left out where they are undefined. */
export interface LimitFields {
  readonly framePayload?: number | undefined;
  readonly message?: number | undefined;
  readonly streams?: number | undefined;
  readonly assembling?: number | undefined;
  readonly replay?: number | undefined;
  readonly streamCredit?: number | undefined;
  readonly channelCredit?: number | undefined;
}

/** What a body's frames may have beside it. */
export interface More {
  /** The body goes on in another frame. Default: false. */
  readonly more?: boolean | undefined;
}

const ALL_CONTENTS: readonly number[] = [Content.json, Content.msgpack, Content.text, Content.bytes];

type Optional = HeaderValue | undefined;

function frame(type: number, header: readonly Optional[] | null, rest: Partial<Frame> = {}): Frame {
  const places = header?.map((place) => place ?? null) ?? null;
  const length = (places?.findLastIndex((place) => place !== null) ?? -1) + 1;
  return { type, flags: 0, stream: 0, body: NO_OCTETS, ...rest, header: places?.slice(0, length) ?? null };
}

function list(places: readonly Optional[]): readonly HeaderValue[] {
  const values = places.map((place) => place ?? null);
  return values.slice(0, values.findLastIndex((place) => place !== null) + 1);
}

function limitPlaces(limits: LimitFields = {}): readonly HeaderValue[] {
  const { framePayload = 66_560, message = 16_777_216, streams = 1_024, assembling = 33_554_432 } = limits;
  return list([framePayload, message, streams, assembling, limits.replay, limits.streamCredit, limits.channelCredit]);
}

const bodyFlags = (more: boolean | undefined, final: boolean): number => (more ? Flag.more : final ? Flag.final : 0);

/** HELLO. */
export function hello(fields: {
  readonly versions?: readonly number[];
  readonly nonce: Uint8Array;
  readonly tag: Uint8Array;
  readonly features?: readonly string[];
  readonly limits?: LimitFields;
  readonly contents?: readonly number[];
  readonly agent?: string | undefined;
  readonly agentVersion?: string | undefined;
  readonly resume?: { readonly sessionId: string; readonly token: Uint8Array; readonly received: number } | undefined;
}): Frame {
  const { versions = [1], nonce, tag, features = [], contents = ALL_CONTENTS, agent, agentVersion, resume } = fields;
  const resumed = resume === undefined ? undefined : [resume.sessionId, resume.token, resume.received];
  const limits = limitPlaces(fields.limits);
  return frame(FrameType.hello, [versions, nonce, tag, features, limits, contents, agent, agentVersion, resumed]);
}

/** CHALLENGE. */
export function challenge(fields: {
  readonly clientNonce: Uint8Array;
  readonly nonce: Uint8Array;
  readonly tag: Uint8Array;
  readonly version?: number;
  readonly features?: readonly string[];
  readonly audience: string;
  readonly methods?: readonly string[];
}): Frame {
  const { clientNonce, nonce, tag, version = 1, features = [], audience, methods = ["token", "ed25519"] } = fields;
  return frame(FrameType.challenge, [clientNonce, nonce, tag, version, features, audience, methods]);
}

/** PROOF. */
export function proof(fields: {
  readonly clientNonce: Uint8Array;
  readonly method: string;
  readonly keyId: string;
  readonly proof: Uint8Array;
}): Frame {
  return frame(FrameType.proof, [fields.clientNonce, fields.method, fields.keyId, fields.proof]);
}

/** WELCOME. */
export function welcome(fields: {
  readonly clientNonce: Uint8Array;
  readonly tag: Uint8Array;
  readonly version?: number;
  readonly features?: readonly string[];
  readonly limits?: LimitFields;
  readonly contents?: readonly number[];
  readonly heartbeatMs?: number;
  readonly sessionId: string;
  readonly principal: string;
  readonly scopes?: readonly string[];
  readonly resumeToken?: Uint8Array | undefined;
  readonly resumedFrom?: number | undefined;
  readonly notResumed?: string | undefined;
}): Frame {
  return frame(FrameType.welcome, [
    fields.clientNonce,
    fields.tag,
    fields.version ?? 1,
    fields.features ?? [],
    limitPlaces(fields.limits),
    fields.contents ?? ALL_CONTENTS,
    fields.heartbeatMs ?? 15_000,
    fields.sessionId,
    fields.principal,
    fields.scopes ?? [],
    fields.resumeToken,
    fields.resumedFrom,
    fields.notResumed,
  ]);
}

/** REFUSE; the nonce is zero where none is given. */
export function refuse(fields: {
  readonly clientNonce?: Uint8Array;
  readonly code: number;
  readonly message?: string;
  readonly retryAfterMs?: number | undefined;
}): Frame {
  const { clientNonce = new Uint8Array(16), code, message = "", retryAfterMs } = fields;
  return frame(FrameType.refuse, [clientNonce, code, message, retryAfterMs]);
}

/** What OPEN's header says. */
export interface OpenFields {
  /** A name, or the number of a slot (CALL-016). */
  readonly tool: string | number;
  readonly callId: string;
  readonly key?: string | undefined;
  readonly deadlineMs?: number | undefined;
  /** Default: normal. */
  readonly priority?: number | undefined;
  /** Default: none where there is no body, otherwise json. */
  readonly content?: number | undefined;
  readonly turn?: string | number | undefined;
  readonly lineage?: string | undefined;
  readonly trace?: string | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
}

/** OPEN, with the arguments or the first part of them. */
export function open(stream: number, fields: OpenFields, body: Uint8Array = NO_OCTETS, { more }: More = {}): Frame {
  const { tool, callId, key, deadlineMs, priority = Priority.normal, turn, lineage, trace, meta } = fields;
  const content = fields.content ?? (body.length === 0 ? Content.none : Content.json);
  const header = [tool, callId, key, deadlineMs, priority, content, turn, lineage, trace, meta];
  return frame(FrameType.open, header, { stream, body, flags: bodyFlags(more, true) });
}

/** ACCEPT; `running` where no state is given. */
export function accept(
  stream: number,
  fields: {
    readonly state?: number;
    readonly reason?: string | undefined;
    readonly place?: number | undefined;
    readonly lagMs?: number | undefined;
    readonly deadlineMs?: number | undefined;
  } = {},
): Frame {
  const { state = 0, reason, place, lagMs, deadlineMs } = fields;
  return frame(FrameType.accept, [state, reason, place, lagMs, deadlineMs], { stream });
}

function data(stream: number, kind: number, content: number, body: Uint8Array, more: boolean | undefined): Frame {
  return { type: FrameType.data, flags: bodyFlags(more, false), stream, header: [kind, content], body };
}

/** DATA that begins a progress report. */
export function progress(stream: number, content: number, body: Uint8Array, { more }: More = {}): Frame {
  return data(stream, 1, content, body, more);
}

/** DATA that begins an item. */
export function item(stream: number, content: number, body: Uint8Array, { more }: More = {}): Frame {
  return data(stream, 2, content, body, more);
}

/** DATA that goes on with a body. `final`: it ends the arguments or the result. Default: neither. */
export function cont(
  stream: number,
  body: Uint8Array,
  options: More & { readonly final?: boolean | undefined } = {},
): Frame {
  const flags = Flag.cont | (options.more ? Flag.more : 0) | (options.final ? Flag.final : 0);
  return frame(FrameType.data, null, { stream, body, flags });
}

/** END, with the result or the first part of it. */
export function end(
  stream: number,
  fields: {
    /** Default: ok. */
    readonly code?: number;
    /** Default: none where there is no body, otherwise json. */
    readonly content?: number | undefined;
    readonly message?: string | undefined;
    readonly outcome?: number | undefined;
    readonly retryable?: boolean | undefined;
    readonly retryAfterMs?: number | undefined;
  } = {},
  body: Uint8Array = NO_OCTETS,
  { more }: More = {},
): Frame {
  const { code = 0, message, outcome, retryable, retryAfterMs } = fields;
  const content = fields.content ?? (body.length === 0 ? Content.none : Content.json);
  const header = [code, content, message, outcome, retryable, retryAfterMs];
  return frame(FrameType.end, header, { stream, body, flags: bodyFlags(more, true) });
}

/** RESET; `cancelled` where no code is given. */
export function reset(
  stream: number,
  fields: { readonly code?: number; readonly message?: string | undefined } = {},
): Frame {
  return frame(FrameType.reset, [fields.code ?? 1, fields.message], { stream });
}

/** CREDIT; stream 0 is the channel. */
export function credit(stream: number, limit: number): Frame {
  return frame(FrameType.credit, [limit], { stream });
}

/** ACK. */
export function ack(received: number): Frame {
  return frame(FrameType.ack, [received]);
}

/** PING. */
export function ping(id: number): Frame {
  return frame(FrameType.ping, [id]);
}

/** PONG. */
export function pong(id: number, lagMs?: number): Frame {
  return frame(FrameType.pong, [id, lagMs]);
}

/** A tool of OFFER. */
export interface ToolFields {
  readonly name: string;
  readonly effect: number;
  readonly deadlineMs?: number | undefined;
  readonly description?: string | undefined;
  readonly streams?: boolean | undefined;
  readonly revision?: string | undefined;
}

/** OFFER: tools for the modes replace and add, names for remove. */
export function offer(mode: number, tools: readonly (ToolFields | string)[]): Frame {
  const entries = tools.map((tool) =>
    typeof tool === "string"
      ? tool
      : list([tool.name, tool.effect, tool.deadlineMs, tool.description, tool.streams, tool.revision]),
  );
  return frame(FrameType.offer, [mode, entries]);
}

/** GOAWAY; a drain where no code is given. */
export function goaway(
  fields: {
    readonly code?: number;
    readonly lastStream?: number;
    readonly message?: string;
    readonly retryAfterMs?: number | undefined;
    readonly requirement?: string | undefined;
  } = {},
): Frame {
  const { code = 0, lastStream = 0, message = "", retryAfterMs, requirement } = fields;
  return frame(FrameType.goaway, [code, lastStream, message, retryAfterMs, requirement]);
}
