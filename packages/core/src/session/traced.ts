/**
 * Runs handlers for whoever traces calls.
 *
 * @module
 */
import type { Environment } from "./environment.ts";
import type { Execution } from "./execution.ts";
import type { RunContext } from "./handler-call.ts";
import type { Interceptor } from "./interceptor.ts";
import { runHandler } from "./runner.ts";
import type { Settled } from "./settled.ts";

/** For whom, and among what, a handler runs. */
export interface RunHost {
  readonly environment: Environment;
  readonly interceptors: readonly Interceptor[];
  readonly identity: { readonly id: string };
}

/** As {@link runHandler}, inside of what traces calls, where somebody does at present. */
export function runTraced(execution: Execution, context: RunContext, host: RunHost): Settled | Promise<Settled> {
  const { environment, interceptors, identity } = host;
  if (environment.traceCall === undefined || environment.tracesCalls?.() === false) {
    return runHandler(execution, context, interceptors, environment);
  }
  const { callId, turn, principal, trace } = context;
  const tool = execution.tool.name;
  return environment.traceCall(
    { direction: "incoming", tool, callId, turn, sessionId: identity.id, principal, trace },
    async () => runHandler(execution, context, interceptors, environment),
  );
}
