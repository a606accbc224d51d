/**
 * The key of a model's call.
 *
 * @module
 */
import { jsonForModel } from "./run.ts";

/** Octets of a turn's id, and of a framework's, that are taken over as they are: a key has at most 256 octets. */
const LONGEST = 100;

/** Identifiers that are mere counts, which the next turn, response or process gives again: `call_0`, `1`, `tool-12`. */
const COUNTED = /^(?:[a-z]*[-_.:]?)?\d{1,6}$/i;

/** What tells calls with the same identifier apart. */
export interface IdentifiedCall {
  /** The tool, by its own name. */
  readonly tool: string;
  readonly input: unknown;
  /**
   * How far the conversation was, as a number that is the same where the framework makes the call again, and another one where the model has. It tells apart
   * calls with identifiers that each response of a model begins to count anew.
   */
  readonly step: number;
}

/**
 * The idempotency key of a call, from its turn and the framework's tool-call id: the same after a crash of the process that made it, so that the call that is
 * made again joins the first one. Undefined, which is a random key, where the id is none that stands for one call.
 *
 * With `call`, ids that are counts, or the tool's name, stand for one call as well, and calls of one id with other tools or arguments have keys of their own.
 */
export function toolCallKey(turnId: string, toolCallId: unknown, call?: IdentifiedCall): string | undefined {
  if (typeof toolCallId !== "string" || toolCallId === "") return undefined;
  if (call === undefined) {
    return COUNTED.test(toolCallId) ? undefined : `${short(turnId)}/${short(toolCallId)}`;
  }
  const step = isCounted(toolCallId, call.tool) ? `@${call.step}` : "";
  return `${short(turnId)}/${short(toolCallId)}${step}/${digest(canonical([call.tool, call.input]))}`;
}

/** Some models name the tool in their counts, or give nothing else: `cron_add`, `functions.cron_add:0`. */
function isCounted(toolCallId: string, tool: string): boolean {
  const rest = toolCallId.replace(tool.replaceAll(".", "_"), "").replace(/^functions\.?/, "");
  return COUNTED.test(rest) || /^[-_.:]*\d{0,6}$/.test(rest);
}

/** An identifier that a key has room for, and that every peer takes. */
function short(id: string): string {
  const fits = id.isWellFormed() && new TextEncoder().encode(id).length <= LONGEST;
  return fits ? id : `~${digest(id)}`;
}

/** JSON with the names of each object in order. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(jsonForModel(value), (_name, part: unknown) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
        : part,
    ) ?? ""
  );
}

/** Seeds, so that the two halves of a digest are of their own. */
const HALVES = [0, 0x9e3779b9] as const;

/**
 * 106 bits of a text (cyrb53, twice). No secret rests on it: two calls with the same key and other arguments are refused by their receiver (KEY-003).
 */
function digest(text: string): string {
  return HALVES.map((seed) => half(text, seed).toString(36).padStart(11, "0")).join("");
}

function half(text: string, seed: number): number {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 2_654_435_761);
    low = Math.imul(low ^ unit, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return 2 ** 32 * (low & 0x1fffff) + (high >>> 0);
}
