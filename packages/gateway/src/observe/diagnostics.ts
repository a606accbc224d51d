/**
 * What a gateway tells Node's `diagnostics_channel`. Costs next to nothing while nobody has subscribed.
 *
 * @module
 */

import { channel, type Channel, tracingChannel } from "node:diagnostics_channel";
import { TurnmuxError, type CallTrace, type Code, type Occurrence, type Outcome } from "@turnmux/core";

/** How a call ended, as statistics and tracing see it: never with its arguments or result. */
export interface CallEnd {
  readonly ok: boolean;
  readonly code?: Code | undefined;
  readonly outcome?: Outcome | undefined;
}

/** The message of every event on the channels of `tracingChannel("turnmux:call")`; the later ones find `result` or `error` on it. */
export interface CallTraceMessage extends CallTrace {
  /** Set when the call ended. */
  result?: CallEnd;
  /** Set when the call failed. Without the cause: what a handler threw is in the log. */
  error?: unknown;
}

const calls = tracingChannel<object, CallTraceMessage>("turnmux:call");

const channels: { readonly [T in "session" | "lane" | "journal"]: Channel } = {
  session: channel("turnmux:session"),
  lane: channel("turnmux:lane"),
  journal: channel("turnmux:journal"),
};

/** Tells the subscribers of `turnmux:session`, `turnmux:lane` or `turnmux:journal`. */
export function publish(topic: keyof typeof channels, occurrence: Occurrence): void {
  const subscribed = channels[topic];
  if (subscribed.hasSubscribers) subscribed.publish(occurrence);
}

/** Runs a call, tells `ended` how it ended, and traces it for the subscribers of `tracingChannel("turnmux:call")`. */
export function traceCall<T>(trace: CallTrace, run: () => Promise<T>, ended: (end: CallEnd) => void): Promise<T> {
  return calls.hasSubscribers ? traced(trace, run, ended) : observed(trace, run, ended);
}

async function traced<T>(trace: CallTrace, run: () => Promise<T>, ended: (end: CallEnd) => void): Promise<T> {
  let passed: { readonly value: T } | undefined;
  try {
    // What is traced resolves with the end alone: results are nothing that tracing keeps.
    await calls.tracePromise(
      async () => {
        const value = await observed(trace, run, ended);
        passed = { value };
        const end = endOf(trace, value);
        if (!end.ok) throw new TracedFailure(end);
        return end;
      },
      { ...trace },
    );
  } catch (error) {
    if (!(error instanceof TracedFailure)) throw error;
  }
  // Whatever did not throw has set it.
  return (passed as { readonly value: T }).value;
}

/** What the tracing of an incoming call gets as its error. The one that the handler threw is in the log. */
class TracedFailure extends TurnmuxError {
  constructor(end: CallEnd) {
    super(end.code ?? "unknown", "", { outcome: end.outcome ?? "unknown" });
  }
}

function observed<T>(trace: CallTrace, run: () => Promise<T>, ended: (end: CallEnd) => void): Promise<T> {
  const running = run();
  running.then(
    (value) => ended(endOf(trace, value)),
    (error: unknown) => ended(endOfError(error)),
  );
  return running;
}

/** An incoming call's promise says how the handler ended; an outgoing one's has the result, or rejects. */
function endOf(trace: CallTrace, value: unknown): CallEnd {
  if (trace.direction === "outgoing") return { ok: true };
  // What the core's dispatcher resolves with.
  const { ok, code, outcome } = value as CallEnd;
  return ok ? { ok } : { ok, code, outcome };
}

function endOfError(error: unknown): CallEnd {
  if (!TurnmuxError.is(error)) return { ok: false, code: "unknown", outcome: "unknown" };
  return { ok: false, code: error.code, outcome: error.outcome };
}
