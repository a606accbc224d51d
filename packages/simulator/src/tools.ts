/**
 * The tools of this world, and what their callers tell them to do.
 *
 * @module
 */
import { defineTools, tool, type Schema } from "@turnmux/core";

/** Takes anything: schemas are not what is looked at here, and this one costs nothing. */
const anything: Schema = {
  "~standard": { version: 1, vendor: "simulator", validate: (value) => ({ value }) },
};

/** What a handler does, as its caller wants it. */
export interface Script {
  /** Tells arguments apart. */
  readonly id: string;
  /** Milliseconds before the effect, and between it and the end. */
  readonly beforeMs: number;
  readonly afterMs: number;
  /**
   * How it ends: with a result; with a tool error that claims `failed`, before the effect; with one that claims
   * `completed`; or with something thrown, of which nobody knows what it means.
   */
  readonly end: "ok" | "failed" | "completed" | "throw";
  /** It stops when it is told to, as far as it still can. */
  readonly heeds: boolean;
  /** What travels there: only its length matters. */
  readonly pad: string;
  /** Octets, which need another content. */
  readonly octets?: Uint8Array | undefined;
  /** Characters of the result. */
  readonly size: number;
  /** Items, and characters of each. */
  readonly items: number;
  readonly itemSize: number;
  /** Milliseconds between two items, or progress reports. */
  readonly gapMs: number;
  /** Progress reports. */
  readonly reports: number;
  /** The handler calls its caller's side, too, and waits for it. */
  readonly calls: boolean;
}

/** What a handler returns. */
export interface Answer {
  /** The arguments that it was called with. */
  readonly id: string;
  /** The run, in the ledger. */
  readonly run: number;
  readonly pad: string;
}

/** What gateways offer. */
export const gatewayTools = defineTools({
  look: tool({ description: "Reads", input: anything, output: anything, progress: anything, effect: "read" }),
  put: tool({ description: "Sets", input: anything, output: anything, effect: "idempotent" }),
  add: tool({
    description: "Adds",
    input: anything,
    output: anything,
    progress: anything,
    effect: "once",
    scopes: ["write"],
  }),
  redo: tool({
    description: "Hands on",
    input: anything,
    output: anything,
    progress: anything,
    effect: "once",
    afterCrash: "run",
  }),
  book: tool({
    description: "Books, and can look it up",
    input: anything,
    output: anything,
    progress: anything,
    effect: "once",
  }),
  rows: tool({ description: "Lists", input: anything, item: anything, output: anything, effect: "read" }),
});

/** What clients offer. */
export const clientTools = defineTools({
  see: tool({ description: "Looks", input: anything, output: anything, effect: "read" }),
  act: tool({ description: "Acts", input: anything, output: anything, progress: anything, effect: "once" }),
  feed: tool({ description: "Feeds", input: anything, item: anything, output: anything, effect: "read" }),
});

/** The names of all tools. */
export type ToolName = "look" | "put" | "add" | "redo" | "book" | "rows" | "see" | "act" | "feed";

/** Whether a tool has effect `once`. */
export function isOnce(name: string): boolean {
  return name === "add" || name === "redo" || name === "book" || name === "act";
}

/** Whether a tool sends items. */
export function sendsItems(name: string): boolean {
  return name === "rows" || name === "feed";
}

const filler = "The quick brown fox jumps over the lazy dog. ".repeat(4_000);

/** So many characters, the same ones each time. */
export function padding(length: number): string {
  return filler.slice(0, length);
}
