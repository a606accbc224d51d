/**
 * Node's `diagnostics_channel`, found at run time so that nothing of Node is in a browser's graph.
 *
 * `tracingChannel("turnmux:call")` traces calls of both directions, and `channel("turnmux:session")` tells where sessions are.
 * Neither shows arguments or results.
 *
 * @module
 */
import { TurnmuxError, type CallTrace, type Code, type Environment, type Outcome } from "@turnmux/core";

interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

interface TracingChannel {
  readonly hasSubscribers: boolean;
  tracePromise(run: () => Promise<unknown>, context: object): Promise<unknown>;
}

interface DiagnosticsChannel {
  channel(name: string): Channel;
  tracingChannel(name: string): TracingChannel;
}

/** The hooks of an environment; none where there is no `diagnostics_channel`. */
export function diagnostics(): Pick<Environment, "tracesCalls" | "traceCall" | "publish"> {
  const found = diagnosticsChannel();
  if (found === undefined) return {};
  const calls = found.tracingChannel("turnmux:call");
  const topics = {
    session: found.channel("turnmux:session"),
    lane: found.channel("turnmux:lane"),
    journal: found.channel("turnmux:journal"),
  };
  return {
    tracesCalls: () => calls.hasSubscribers,
    traceCall: (trace, run) => traced(calls, trace, run),
    publish(topic, occurrence) {
      const channel = topics[topic];
      if (channel.hasSubscribers) channel.publish(occurrence);
    },
  };
}

/** What is traced resolves with `{ ok: true }` alone: `tracePromise` shows it to the subscribers. */
async function traced<T>(calls: TracingChannel, trace: CallTrace, run: () => Promise<T>): Promise<T> {
  const passed: { ending?: { readonly value: T } } = {};
  try {
    await calls.tracePromise(
      async () => {
        const value = await run();
        passed.ending = { value };
        if (trace.direction === "incoming") throwFailure(value);
        return { ok: true };
      },
      { ...trace },
    );
  } catch (error) {
    if (passed.ending === undefined) throw error;
  }
  if (passed.ending === undefined) throw new Error("tracePromise resolved before what it traced");
  return passed.ending.value;
}

/** What a handler's call came to is a value, also where it failed. What the handler threw is in the log alone. */
function throwFailure(settled: unknown): void {
  const { ok, code, outcome } = settled as { readonly ok: boolean; readonly code?: Code; readonly outcome?: Outcome };
  if (!ok) throw new TurnmuxError(code ?? "unknown", "", { outcome: outcome ?? "unknown" });
}

interface NodeGlobals {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown } | undefined;
}

function diagnosticsChannel(): DiagnosticsChannel | undefined {
  const { process } = globalThis as NodeGlobals;
  const module: unknown = process?.getBuiltinModule?.("node:diagnostics_channel");
  return isDiagnosticsChannel(module) ? module : undefined;
}

function isDiagnosticsChannel(module: unknown): module is DiagnosticsChannel {
  return typeof module === "object" && module !== null && "channel" in module && "tracingChannel" in module;
}
