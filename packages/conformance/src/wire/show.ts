// Frames as a line that a person reads.

import {
  acceptStateName,
  Code,
  codeName,
  Content,
  contentName,
  DataKind,
  Effect,
  Flag,
  FrameType,
  nameIn,
  OfferMode,
  outcomeName,
  Priority,
} from "./constants.ts";
import { frameName } from "./frame.ts";
import { isList, placesOf } from "./layout.ts";
import { textOf } from "./pack.ts";
import type { Frame, HeaderValue } from "./types.ts";

const MOST_TEXT = 120;
const MOST_OCTETS = 16;
const MOST_ENTRIES = 16;

/** Names of numbers, by frame and place. */
const NAMES: Readonly<Record<string, (value: number) => string | undefined>> = {
  code: (value) => (nameIn(Code, value) === undefined ? undefined : codeName(value)),
  outcome: outcomeName,
  content: contentName,
  state: acceptStateName,
  kind: (value) => nameIn(DataKind, value),
  priority: (value) => nameIn(Priority, value),
  mode: (value) => nameIn(OfferMode, value),
  effect: (value) => nameIn(Effect, value),
};

function cut(text: string): string {
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}…`;
}

/** Octets in hexadecimal, cut where they are many. */
export function showOctets(octets: Uint8Array): string {
  const hex = Buffer.from(octets.subarray(0, MOST_OCTETS)).toString("hex");
  return octets.length <= MOST_OCTETS ? `<${hex}>` : `<${hex}… ${octets.length} octets>`;
}

function showValue(value: HeaderValue): string {
  if (value instanceof Uint8Array) return showOctets(value);
  if (isList(value)) {
    const shown = value.slice(0, MOST_ENTRIES).map(showValue);
    return `[${[...shown, ...(value.length > MOST_ENTRIES ? [`… ${value.length} in all`] : [])].join(", ")}]`;
  }
  if (typeof value === "string") return cut(JSON.stringify(value));
  if (value === null || typeof value !== "object") return value === null ? "nil" : String(value);
  const shown = Object.entries(value).map(([key, entry]) => `${key}: ${showValue(entry)}`);
  return cut(`{${shown.join(", ")}}`);
}

function showHeader(frame: Frame): string[] {
  if (frame.header === null) return [];
  const places = placesOf(frame.type, frame.header);
  return frame.header.flatMap((value, index) => {
    if (value === null) return [];
    const name = places[index]?.name ?? `[${index}]`;
    const named = typeof value === "number" ? NAMES[name]?.(value) : undefined;
    return [`${name}=${named ?? showValue(value)}`];
  });
}

function contentOf(frame: Frame): number | undefined {
  const at = frame.type === FrameType.open ? 5 : 1;
  const hasContent = frame.type === FrameType.open || frame.type === FrameType.data || frame.type === FrameType.end;
  const value = hasContent ? frame.header?.[at] : undefined;
  return typeof value === "number" ? value : undefined;
}

function showBody(frame: Frame): string[] {
  if (frame.body.length === 0) return [];
  const content = contentOf(frame);
  const readable = content === undefined || content === Content.json || content === Content.text;
  const text = readable ? textOf(frame.body) : undefined;
  const shown = text === undefined || /[\p{Cc}]/u.test(text) ? showOctets(frame.body) : cut(text);
  return [`body ${frame.body.length} octets ${shown}`];
}

const FLAGS = Object.entries(Flag);

/** A frame in one line, with `→` or `←` in front where a direction is given. Long things are cut. */
export function showFrame(frame: Frame, direction?: string): string {
  const known = FLAGS.filter(([, bit]) => (frame.flags & bit) !== 0).map(([name]) => name.toUpperCase());
  const others = frame.flags & ~FLAGS.reduce((all, [, bit]) => all | bit, 0);
  return [
    ...(direction === undefined ? [] : [direction]),
    frameName(frame.type),
    ...(frame.stream === 0 ? [] : [`stream ${frame.stream}`]),
    ...known,
    ...(others === 0 ? [] : [`flags 0x${others.toString(16)}`]),
    ...showHeader(frame),
    ...showBody(frame),
  ].join(" ");
}
