/**
 * Endings as a journal keeps them, and back.
 *
 * @module
 */
import { Content, decodeBody, encodeBody, type Body } from "../content/body.ts";
import { ValueError } from "../content/value.ts";
import { codeFromWire, codeToWire } from "../errors/codes.ts";
import type { RecordedEnding } from "../journal/journal.ts";
import type { Settled } from "./settled.ts";

/** Every content: what is recorded is read by this code alone. */
const RECORDED_CONTENTS: readonly number[] = [Content.json, Content.msgpack, Content.text, Content.bytes];

/** What is recorded of an ending. */
export function recorded(settled: Settled): RecordedEnding {
  if (settled.ok) return { code: 0, body: encoded(settled.value) };
  const { code, message, outcome, retryable, details } = settled;
  return { code: codeToWire(code), message, outcome, retryable, body: encodedDetails(details) };
}

/** The ending that was recorded. Throws where it cannot be read. */
export function replayed(ending: RecordedEnding): Settled {
  const value = decodeBody(ending.body);
  if (ending.code === 0) return { ok: true, value };
  const { message, outcome, retryable } = ending;
  return {
    ok: false,
    code: codeFromWire(ending.code),
    message: message ?? "",
    outcome: outcome ?? "unknown",
    retryable,
    details: value,
  };
}

/** Details that are no value are left out here as they are in END: the ending itself must be recorded. */
function encodedDetails(details: unknown): Body {
  try {
    return encoded(details);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    return encoded(undefined);
  }
}

function encoded(value: unknown): Body {
  return encodeBody(value, RECORDED_CONTENTS);
}
