/**
 * How each tool is called, and whether it answers what it should.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import type { Session } from "@turnmux/client";
import type { Intent, Invoke } from "./caller.ts";
import { gatewayTools } from "./contract.ts";
import type { LookedUp, Orders } from "./records.ts";

/** The arguments of an intent: the same each time. */
export function inputOf(orders: Orders): Orders & { readonly text: string } {
  return { ...orders, text: textOf(orders.octets, orders.intent) };
}

/** Calls a tool by its name, and checks what is known of its answer without the ledger. */
export const invoke: Invoke = async (session, intent, { id, signal, options }) => {
  const { timeoutMs, key = intent.key, slowly = false } = options;
  const more = { timeoutMs, signal, meta: { attempt: id }, ...(key === null ? {} : { key }) };
  if (intent.tool === "plain.feed") return feed(session, intent, more, slowly);
  const caller = intent.turn === null ? session : session.turn(intent.turn);
  const value = await caller.call(intent.tool, inputOf(intent.orders), more);
  return { value, wrong: wrongOf(intent, value) };
};

/** Asks the other side what became of a key. Never rejects. */
export async function look(session: Session, key: string): Promise<LookedUp> {
  try {
    const { state, outcome, code, message = "", result } = await session.outcome({ key });
    if (state !== "settled") return { state };
    if (code === undefined) return { state, ending: { ok: true, value: result } };
    return { state, ending: { ok: false, code, outcome: outcome ?? "unknown", message } };
  } catch (error) {
    return { state: "no answer", message: String(error) };
  }
}

async function feed(
  session: Session,
  { orders }: Intent,
  options: {
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
    readonly meta: Readonly<Record<string, string>>;
  },
  slowly: boolean,
): Promise<{ readonly value: unknown; readonly wrong?: string | undefined }> {
  const call = session.client(gatewayTools).plain.feed(inputOf(orders), options);
  let next = 0;
  let wrong: string | undefined;
  for await (const { number, text } of call) {
    if (number !== next) wrong ??= `item ${number} came in place of item ${next}`;
    if (text !== itemText(orders, number)) wrong ??= `item ${number} has another text`;
    next += 1;
    if (slowly) await pause(5);
  }
  const value = await call.result;
  if (value !== orders.items) wrong ??= `the result is ${value} in place of ${orders.items}`;
  if (next !== orders.items) wrong ??= `${next} items came in place of ${orders.items}`;
  return { value, wrong };
}

/** The text of an item of `plain.feed`. */
export function itemText(orders: Orders, number: number): string {
  return `${number} of ${orders.intent} ${"i".repeat(orders.octets % 3_000)}`;
}

function wrongOf({ tool, orders }: Intent, value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "the result is no object";
  if (!("intent" in value) || value.intent !== orders.intent) return "the result is another intent's";
  if (tool.startsWith("once.") || tool === "plain.put" || tool === "device.note") {
    return "effect" in value && typeof value.effect === "string" ? undefined : "the result names no effect";
  }
  const { length } = textOf(orders.octets, orders.intent);
  return "length" in value && value.length === length ? undefined : "the result has another length";
}

function textOf(octets: number, intent: string): string {
  return `${intent} `.repeat(Math.ceil(octets / (intent.length + 1))).slice(0, octets);
}
