/**
 * Judges the items of a history: each once, in the order in which the handler gave them.
 *
 * @module
 */
import type { Finding } from "./checker.ts";
import type { History, HistoryEvent, Streamed } from "./history.ts";

/** What must not be about the items of calls that stream. */
export function judgeItems(history: History): readonly Finding[] {
  return history.filter((event) => event.type === "streamed").flatMap((streamed) => [...judgeCall(streamed, history)]);
}

function* judgeCall(streamed: Streamed, history: History): Generator<Finding> {
  const { call, items } = streamed;
  const numbers = history.flatMap((event) => (event.type === "item" && event.call === call ? [event.number] : []));
  const seen = new Set<number>();
  let last = -1;
  for (const number of numbers) {
    if (seen.has(number)) yield { kind: "duplicated", what: `call ${call} got item ${number} twice.` };
    else if (number < last) yield { kind: "reordered", what: `call ${call} got item ${number} behind ${last}.` };
    seen.add(number);
    last = Math.max(last, number);
  }
  const told = history.find((event) => isEndingOf(event, call));
  if (told === undefined) yield { kind: "untold", what: `call ${call} was never told how it ended.` };
  // A call that failed may lack what is behind the last item that came, and nothing before it.
  const due = told?.type === "ok" ? items : last + 1;
  const missing = Array.from({ length: due }, (_, number) => number).filter((number) => !seen.has(number));
  if (missing.length > 0) yield { kind: "lost", what: `call ${call} lacks the items ${missing.join(", ")}.` };
}

function isEndingOf(event: HistoryEvent, call: string): boolean {
  return (event.type === "ok" || event.type === "failed") && event.call === call;
}
