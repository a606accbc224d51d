/**
 * Node's `diagnostics_channel`, found at run time so that nothing of Node is in a browser's graph.
 *
 * `tracingChannel("turnmux:call")` traces calls, and `channel("turnmux:session")` tells what happens to sessions. Neither
 * shows arguments or results.
 *
 * @module
 */
import type { CallTrace, Environment } from "@turnmux/core";

interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

interface TracingChannel {
  readonly hasSubscribers: boolean;
  tracePromise(run: () => Promise<void>, context: object): Promise<void>;
}

interface DiagnosticsChannel {
  channel(name: string): Channel;
  tracingChannel(name: string): TracingChannel;
}

/** The hooks of an environment; none where there is no `diagnostics_channel`. */
export function diagnostics(): Pick<Environment, "traceCall" | "publish"> {
  const found = diagnosticsChannel();
  if (found === undefined) return {};
  const calls = found.tracingChannel("turnmux:call");
  const topics = {
    session: found.channel("turnmux:session"),
    lane: found.channel("turnmux:lane"),
    journal: found.channel("turnmux:journal"),
  };
  return {
    async traceCall<T>(trace: CallTrace, run: () => Promise<T>): Promise<T> {
      if (!calls.hasSubscribers) return run();
      // What `tracePromise` sees resolve it shows to subscribers: the result passes by it.
      let result: { readonly value: T } | undefined;
      await calls.tracePromise(
        async () => {
          result = { value: await run() };
        },
        { ...trace },
      );
      if (result === undefined) throw new Error("tracePromise resolved before what it traced");
      return result.value;
    },
    publish(topic, occurrence) {
      const channel = topics[topic];
      if (channel.hasSubscribers) channel.publish(occurrence);
    },
  };
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
