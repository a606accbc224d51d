/**
 * A model's call of a tool, from its arguments to what the model reads.
 *
 * @module
 */
import { TurnmuxError, type CallOptions } from "@turnmux/core";
import type { ModelTool, ToolSource } from "./tool-table.ts";

/** Octets of items that a model is shown, about. Those behind are counted, not shown. */
export const ITEM_OCTETS: number = 2 ** 20;

/** What a streamed call came to. */
export interface CollectedItems {
  readonly items: readonly unknown[];
  /** Items that were left out, since there were too many. Absent where none was. */
  readonly omitted?: number;
  /** Absent where there is none. */
  readonly result?: unknown;
}

/** Calls a tool. Items are collected, within a bound; `onItem` hears of each. */
export async function runTool(
  source: ToolSource,
  tool: Pick<ModelTool, "name" | "streams">,
  input: unknown,
  options: CallOptions,
  onItem?: (item: unknown) => void,
): Promise<unknown> {
  if (!tool.streams) return source.call(tool.name, input, options);
  const items: unknown[] = [];
  let octets = 0;
  let omitted = 0;
  const call = source.callItems(tool.name, input, options);
  for await (const item of call) {
    octets += textForModel(item).length;
    if (octets <= ITEM_OCTETS) items.push(item);
    else omitted += 1;
    onItem?.(item);
  }
  const result = await call.result;
  const collected: CollectedItems = {
    items,
    ...(omitted === 0 ? {} : { omitted }),
    ...(result === undefined ? {} : { result }),
  };
  return collected;
}

/** A value as a model reads it: a text as it is, octets as base64 with their number, and all else as JSON. */
export function textForModel(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(jsonForModel(value)) ?? "null";
}

/** The same value without octets: they are `{ octets, base64 }`. */
export function jsonForModel(value: unknown): unknown {
  if (value === undefined) return null;
  if (value instanceof Uint8Array) return { octets: value.length, base64: base64Of(value) };
  if (Array.isArray(value)) return value.map(jsonForModel);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, jsonForModel(one)]));
}

/** Octets of text that `String.fromCharCode` takes at once. */
const CHUNK = 0x8000;

function base64Of(octets: Uint8Array): string {
  let text = "";
  for (let at = 0; at < octets.length; at += CHUNK) text += String.fromCharCode(...octets.subarray(at, at + CHUNK));
  return btoa(text);
}

/** What a model reads of a failure: whether the call took effect, and what to do next. Never a stack. */
export function failureForModel(error: unknown): string {
  if (TurnmuxError.is(error)) return error.forModel();
  const sentence = error instanceof Error ? error.message : "unknown error";
  return `The call could not be made: ${sentence}`;
}
