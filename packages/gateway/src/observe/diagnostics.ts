/**
 * What a gateway tells Node's `diagnostics_channel`. Costs next to nothing while nobody has subscribed.
 *
 * @module
 */

import { channel, type Channel, tracingChannel } from "node:diagnostics_channel";
import { TurnmuxError, type CallEnd, type CallTrace, type Occurrence } from "@turnmux/core";

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

/** Whether somebody has subscribed to `turnmux:session`, `turnmux:lane` or `turnmux:journal`. */
export function subscribed(topic: keyof typeof channels): boolean {
  return channels[topic].hasSubscribers;
}

/** Whether somebody has subscribed to `tracingChannel("turnmux:call")`. */
export function tracesCalls(): boolean {
  return calls.hasSubscribers;
}

/** Runs a call, and traces it for the subscribers of `tracingChannel("turnmux:call")`. */
export async function traceCall<T>(trace: CallTrace, run: () => Promise<T>): Promise<T> {
  let passed: { readonly value: T } | undefined;
  try {
    // What is traced resolves with the end alone: results are nothing that tracing keeps.
    await calls.tracePromise(
      async () => {
        const value = await run();
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

/** An incoming call's promise says how the handler ended; an outgoing one's has the result, or rejects. */
function endOf(trace: CallTrace, value: unknown): CallEnd {
  if (trace.direction === "outgoing") return { ok: true };
  // What the core's dispatcher resolves with.
  const { ok, code, outcome } = value as CallEnd;
  return ok ? { ok } : { ok, code, outcome };
}
