/**
 * Calls of tools that are known by name alone.
 *
 * @module
 */

import {
  defineTools,
  tool,
  TurnmuxError,
  type CallOptions,
  type ItemCall,
  type Session,
  type ToolNodes,
} from "@turnmux/client";
import { z } from "zod";
import type { Ending } from "./lines.ts";

/** What is to be called. */
export interface Wanted {
  readonly tool: string;
  readonly input?: unknown;
  readonly turn?: string | undefined;
  readonly options: CallOptions;
}

/** A call that was made. */
export interface Made {
  readonly result: Promise<unknown>;
  /** Of a tool that sends items. */
  readonly items: AsyncIterator<unknown, void> | undefined;
}

const Anything = z.unknown();

/** Makes a call, with its items where the peer offers the tool as one that sends some. */
export function invoke(session: Session, { tool: name, input, turn, options }: Wanted): Made {
  const streams = session.offers.get(name)?.streams === true;
  const more = turn === undefined ? {} : { turn };
  if (!streams) return { result: session.callWith(name, input, options, more), items: undefined };
  const call = itemCall(session.clientWith(defineTools(treeOf(name.split("."))), more), name, input, options);
  return { result: call.result, items: call[Symbol.asyncIterator]() };
}

/** How a call ended. */
export async function endingOf(result: Promise<unknown>): Promise<Ending> {
  try {
    const value = await result;
    return value === undefined ? { ok: true } : { ok: true, value };
  } catch (error) {
    return failureOf(error);
  }
}

/** How a call ended that failed like this. What is no error of a call was never one. */
export function failureOf(error: unknown): Ending & { readonly ok: false } {
  if (TurnmuxError.is(error)) {
    const { code, outcome, sentence: message, retryable } = error;
    return { ok: false, code, outcome, message, retryable };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { ok: false, code: "invalid_argument", outcome: "not_started", message, retryable: false };
}

/** A tree of one tool, whose name has these parts. */
function treeOf([first = "", ...rest]: readonly string[]): ToolNodes {
  const contract = tool({
    description: "What the peer offers under this name.",
    input: Anything,
    output: Anything,
    item: Anything,
    progress: Anything,
    effect: "read",
  });
  return { [first]: rest.length === 0 ? contract : treeOf(rest) };
}

function itemCall(client: unknown, name: string, input: unknown, options: CallOptions): ItemCall<unknown, unknown> {
  let node = client;
  for (const part of name.split(".")) node = isRecord(node) ? node[part] : undefined;
  const call = isMethod(node) ? node(input, options) : undefined;
  if (!isItemCall(call)) throw new Error(`${name} cannot be called for its items`);
  return call;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isMethod(value: unknown): value is (input: unknown, options: CallOptions) => unknown {
  return typeof value === "function";
}

function isItemCall(value: unknown): value is ItemCall<unknown, unknown> {
  return isRecord(value) && value["result"] instanceof Promise && Symbol.asyncIterator in value;
}
