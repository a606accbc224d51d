/**
 * A model's call of a tool, from its arguments to what the model reads.
 *
 * @module
 */
import { modelName, TurnmuxError, type CallOptions } from "@turnmux/core";
import { argumentsFor, type ModelTool, type ToolSource } from "./tool-table.ts";

/** Octets of items that a model is shown, about. Those behind are counted, not shown. */
export const ITEM_OCTETS: number = 2 ** 20;

/** What a model reads in place of the result of a tool that has none. */
export const NO_RESULT: string = "Done. This tool has no result.";

/** What a streamed call came to. */
export interface CollectedItems {
  readonly items: readonly unknown[];
  /** Items that were left out, since there were too many. Absent where none was. */
  readonly omitted?: number;
  /** Absent where there is none. */
  readonly result?: unknown;
}

/** What a model is shown of a call's items: those that {@link ITEM_OCTETS} have room for, and how many more there were. */
export class ItemsForModel {
  readonly #items: unknown[] = [];
  #octets = 0;
  #omitted = 0;

  add(item: unknown): void {
    this.#octets += textForModel(item).length;
    if (this.#octets <= ITEM_OCTETS) this.#items.push(item);
    else this.#omitted += 1;
  }

  /** Everything, with the call's result. */
  with(result: unknown): CollectedItems {
    return {
      items: this.#items,
      ...(this.#omitted === 0 ? {} : { omitted: this.#omitted }),
      ...(result === undefined ? {} : { result }),
    };
  }
}

/** Calls a tool. Items are collected, within a bound; `onItem` hears of each. */
export async function runTool(
  source: ToolSource,
  tool: Pick<ModelTool, "name" | "streams" | "input">,
  given: unknown,
  options: CallOptions,
  onItem?: (item: unknown) => void,
): Promise<unknown> {
  const input = argumentsFor(tool, given);
  if (!tool.streams) return source.call(tool.name, input, options);
  const items = new ItemsForModel();
  const call = source.callItems(tool.name, input, options);
  for await (const item of call) {
    items.add(item);
    onItem?.(item);
  }
  return items.with(await call.result);
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

/** The octets that {@link jsonForModel} has made `{ octets, base64 }` of. Undefined for all else. */
export function octetsOf(json: unknown): Uint8Array | undefined {
  if (typeof json !== "object" || json === null || !("octets" in json) || !("base64" in json)) return undefined;
  if (typeof json.base64 !== "string" || Object.keys(json).length !== 2) return undefined;
  try {
    const octets = Uint8Array.from(atob(json.base64), (character) => character.charCodeAt(0));
    return octets.length === json.octets ? octets : undefined;
  } catch {
    // A value that looks like it, and is no base64.
    return undefined;
  }
}

/** Octets of text that `String.fromCharCode` takes at once. */
const CHUNK = 0x8000;

/** Octets as base64. */
export function base64Of(octets: Uint8Array): string {
  let text = "";
  for (let at = 0; at < octets.length; at += CHUNK) text += String.fromCharCode(...octets.subarray(at, at + CHUNK));
  return btoa(text);
}

/**
 * What a model reads of a failure: whether the call took effect, and what to do next, with tools under the names that the model knows. Never a stack.
 *
 * @param known the tools that the model has. One that it has not is not recommended
 */
export function failureForModel(error: unknown, known?: ReadonlyMap<string, unknown>): string {
  if (!TurnmuxError.is(error)) {
    const sentence = error instanceof Error ? error.message : "unknown error";
    return `The call could not be made: ${sentence}`;
  }
  const { code, sentence, outcome, retryable, retryAfterMs, details, effect } = error;
  const verify = error.verify === undefined ? undefined : modelName(error.verify);
  return new TurnmuxError(code, sentence, {
    outcome,
    retryable,
    retryAfterMs,
    details,
    effect,
    tool: error.tool === undefined ? undefined : modelName(error.tool),
    verify: verify === undefined || known?.has(verify) === false ? undefined : verify,
  }).forModel();
}
