/**
 * From what a session says to the frames that say it.
 *
 * @module
 */
import type { Body } from "../content/body.ts";
import { wholeMs } from "../channel/milliseconds.ts";
import { codeToWire } from "../errors/codes.ts";
import { acceptStateToWire } from "../errors/effect.ts";
import { outcomeToWire } from "../errors/outcome.ts";
import type { AcceptFrame, DataFrame, EndFrame, OfferEntry, OfferFrame, OpenFrame } from "../wire/frame.ts";
import { clip, StringLimit } from "../wire/limits.ts";
import type { AcceptInfo, Ending, OpenRequest, PortBody } from "./port.ts";

/** `kind` of DATA. */
export const DataKind = { progress: 1, item: 2 } as const;

/** `mode` of OFFER. */
export const OfferMode = { replace: 0, add: 1, remove: 2 } as const;

/** Octets that the fixed places of a header take at most, beside its strings. */
const HEADER_OCTETS = 96;

/** The body that a peer across a channel carries. A body of an in-process session here is a bug of this implementation. */
export function wireBody(body: PortBody): Body {
  if (body.content === "local") throw new Error("turnmux: a local body cannot cross a channel");
  return body;
}

/** An upper bound for the octets of OPEN's header. */
export function openHeaderOctets(request: OpenRequest): number {
  const { tool, callId, key, turn, lineage, trace, meta } = request;
  // One after the other: every call passes here, and a list of them would be garbage.
  let octets = HEADER_OCTETS + utf8Bound(tool) + utf8Bound(callId) + utf8Bound(key);
  octets += utf8Bound(turn) + utf8Bound(lineage) + utf8Bound(trace);
  if (meta === undefined) return octets;
  for (const [name, value] of Object.entries(meta)) octets += 10 + utf8Bound(name) + utf8Bound(value);
  return octets;
}

/** An upper bound for the octets of END's header. */
export function endHeaderOctets(ending: Ending): number {
  return HEADER_OCTETS + (ending.ok ? 0 : utf8Bound(ending.message));
}

/** A sentence that leaves room for the rest of its frame. */
export function fitting(sentence: string, framePayload: number): string {
  return clip(sentence, Math.min(StringLimit.sentence, framePayload - HEADER_OCTETS));
}

/** OPEN with the first octets of its arguments. */
export function openFrame(
  stream: number,
  request: OpenRequest,
  body: Uint8Array,
  more: boolean,
  now: number,
): OpenFrame {
  return {
    type: "open",
    stream,
    more,
    final: !more,
    tool: request.tool,
    callId: request.callId,
    key: request.key,
    deadlineMs: request.deadline === undefined ? undefined : wholeMs(request.deadline - now),
    priority: request.priority,
    content: wireBody(request.body).content,
    turn: request.turn,
    lineage: request.lineage,
    trace: request.trace,
    meta: request.meta,
    body,
  };
}

/** ACCEPT. */
export function acceptFrame(stream: number, accept: AcceptInfo, framePayload: number): AcceptFrame {
  const { reason, place, lagMs, deadlineMs } = accept;
  return {
    type: "accept",
    stream,
    state: acceptStateToWire(accept.state),
    reason: reason === undefined ? undefined : fitting(reason, framePayload),
    place,
    lagMs: wholeMs(lagMs),
    deadlineMs: wholeMs(deadlineMs),
  };
}

/** The DATA that starts a progress report or an item. */
export function dataFrame(stream: number, kind: number, content: number, body: Uint8Array, more: boolean): DataFrame {
  return { type: "data", stream, more, final: false, head: { kind, content }, body };
}

/** END with the first octets of its result or details. */
export function endFrame(stream: number, ending: Ending, body: Uint8Array, more: boolean): EndFrame {
  const { content } = wireBody(ending.body);
  const base = { type: "end", stream, more, final: !more, content, body } as const;
  if (ending.ok) return { ...base, code: 0 };
  return {
    ...base,
    code: codeToWire(ending.code),
    message: ending.message,
    outcome: outcomeToWire(ending.outcome),
    retryable: ending.retryable,
    retryAfterMs: wholeMs(ending.retryAfterMs),
  };
}

/** The OFFERs that state these tools, none longer than `framePayload` (TOOL-003). */
export function offerFrames(tools: readonly OfferEntry[], framePayload: number): OfferFrame[] {
  const frames: OfferFrame[] = [];
  let batch: OfferEntry[] = [];
  let octets = HEADER_OCTETS;
  const flush = (): void => {
    frames.push({
      type: "offer",
      mode: frames.length === 0 ? OfferMode.replace : OfferMode.add,
      // Frames are kept, to be compared with the next ones: without the room that a list has in which more is put.
      tools: batch.slice(),
      names: NO_NAMES,
    });
    batch = [];
    octets = HEADER_OCTETS;
  };
  for (const tool of tools) {
    const entry = shortened(tool, framePayload - HEADER_OCTETS * 2);
    const size = entryOctets(entry);
    if (batch.length > 0 && octets + size > framePayload) flush();
    batch.push(entry);
    octets += size;
  }
  if (batch.length > 0 || frames.length === 0) flush();
  return frames.slice();
}

const NO_NAMES: readonly string[] = Object.freeze([]);

/** What a tool's description may take in an OFFER; `turnmux.describe` has it whole. */
const DESCRIPTION_LENGTH = 512;

function shortened(tool: OfferEntry, room: number): OfferEntry {
  const most = Math.min(DESCRIPTION_LENGTH, Math.max(0, Math.floor((room - 300) / 3)));
  const { description } = tool;
  if (description === undefined || description.length <= most) return tool;
  return { ...tool, description: `${description.slice(0, Math.max(0, most - 1)).toWellFormed()}…` };
}

function entryOctets(tool: OfferEntry): number {
  return 32 + utf8Bound(tool.name) + utf8Bound(tool.description) + utf8Bound(tool.revision);
}

function utf8Bound(text: string | undefined): number {
  return text === undefined ? 1 : 5 + text.length * 3;
}
