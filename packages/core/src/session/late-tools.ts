/**
 * Tools that a session may get in a moment: who owns it has not looked at it yet. Calls of tools that are not there wait until then.
 *
 * @module
 */
import type { Value } from "../content/value.ts";
import { tool, type ToolContract } from "../contract/tool.ts";
import { effectToWire } from "../errors/effect.ts";
import type { PortEvent } from "../peer/port.ts";
import type { IncomingCall } from "./incoming.ts";
import type { RegisteredTool } from "./registry.ts";

/** Until when the tools of one session are not known. Its owner has it, and whoever takes the session's calls. */
export class LateTools {
  /** What callers are told that wait. */
  readonly reason: string;
  #isOver = false;
  #onOver = (): void => {};

  constructor(reason: string) {
    this.reason = reason;
  }

  /** True once a tool that is not there is none. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Set by whoever takes the calls. */
  set onOver(listener: () => void) {
    this.#onOver = listener;
  }

  /** What the session has of its own is there. */
  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onOver();
  }
}

/** A call whose tool is not there yet. */
export interface EarlyCall {
  readonly event: Extract<PortEvent, { type: "open" }>;
  /** Its arguments as they came. */
  readonly value: Value | undefined;
}

/** Those of one session, in their order. */
export type EarlyCalls = Map<IncomingCall, EarlyCall>;

/** Stands for a tool until it is known. Nothing is asked of it but its name, and it has no limits of its own. */
export function strangerOf(name: string): RegisteredTool {
  const none = { timeoutMs: undefined, maxTimeoutMs: undefined, maxConcurrent: undefined };
  return { name, contract: STRANGER, handler: neverCalled, offer: { name, effect: effectToWire("read") }, ...none };
}

const STRANGER: ToolContract = tool({
  description: "Is not there yet.",
  input: { "~standard": { version: 1, vendor: "turnmux", validate: (value: unknown) => ({ value }) } },
  effect: "read",
});

function neverCalled(): never {
  throw new Error("this tool only stands for another one");
}
