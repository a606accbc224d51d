/**
 * What became of a call that ran when its side died: found out by the tool, or not (KEY-007, KEY-008).
 *
 * @module
 */
import type { ReconcileCall, Reconciled } from "../contract/tool-call.ts";
import type { Environment } from "./environment.ts";
import type { RegisteredTool } from "./registry.ts";
import { callLogger, unlessAborted } from "./handler-call.ts";
import { checkedResult } from "./runner.ts";
import { failed, freesKey, type Settled } from "./settled.ts";

/** How long a `reconcile` may take, in milliseconds, where no deadline of a call is shorter. */
export const RECONCILE_MS = 60_000;

/** What is known of it now. */
export type Aftermath =
  /** It took no effect: a call may run as if nothing had been. */
  | { readonly kind: "run" }
  /** It may have taken its effect, and the tool says that it may take it again. */
  | { readonly kind: "run again" }
  /** It is over. */
  | { readonly kind: "settled"; readonly settled: Settled }
  /** Nothing could be found out this time; this is what whoever waits is told. */
  | { readonly kind: "open"; readonly settled: Settled };

/** The call that is asked about. */
export interface CutOff {
  readonly key: string;
  readonly principal: string;
  /** Of the call that ran. */
  readonly callId: string;
  /** The arguments, where the call has come again. */
  readonly input?: unknown;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
}

const ENDED = "the side that ran this call ended while it ran";

/** For good: nobody can tell, and the call does not run again. */
export const UNKNOWN_FOR_GOOD: Settled = failed("aborted", `${ENDED}; whether it took effect is not known`, "unknown");

/**
 * How a run ended that repeats one which may have taken its effect: that this one took none says nothing of the one before
 * (ERR-002). Undefined where it may be told as it is.
 */
export function unknownOfBoth(settled: Settled): Settled | undefined {
  if (!freesKey(settled) || settled.ok) return undefined;
  return { ...settled, outcome: "unknown" };
}

const UNKNOWN_AT_PRESENT: Settled = failed(
  "aborted",
  `${ENDED}; whether it took effect could not be found out now`,
  "unknown",
);

/** Asks the tool what became of a call. Never rejects. */
export async function aftermathOf(tool: RegisteredTool, call: CutOff, environment: Environment): Promise<Aftermath> {
  const { reconcile, contract, elsewhere } = tool;
  if (elsewhere !== undefined) return elsewhere.aftermath(call);
  if (reconcile === undefined) {
    return contract.afterCrash === "run" ? { kind: "run again" } : { kind: "settled", settled: UNKNOWN_FOR_GOOD };
  }
  const overdue = new AbortController();
  const cancel = environment.setTimer(environment.now() + RECONCILE_MS, () =>
    overdue.abort(new Error(`reconcile took longer than ${RECONCILE_MS} ms`)),
  );
  const signal = AbortSignal.any([call.signal, overdue.signal]);
  const { key, principal, callId, input } = call;
  const asked: ReconcileCall = {
    tool: tool.name,
    principal,
    callId,
    input,
    signal,
    log: callLogger(environment.log, tool.name, callId),
  };
  try {
    const found = await unlessAborted(signal, async () => reconcile(key, asked));
    if (isReconciled(found)) return await read(tool, found, environment);
    environment.log.error(
      `turnmux: ${tool.name}: reconcile must give { outcome: "completed", result }, "not_started" or "unknown"`,
      { tool: tool.name, callId },
    );
  } catch (error) {
    environment.log.error(`turnmux: ${tool.name}: reconcile failed; the next call with the key asks again`, {
      tool: tool.name,
      callId,
      error,
    });
  } finally {
    cancel();
  }
  return { kind: "open", settled: UNKNOWN_AT_PRESENT };
}

async function read(tool: RegisteredTool, found: Reconciled, environment: Environment): Promise<Aftermath> {
  switch (found.outcome) {
    case "not_started":
      return { kind: "run" };
    case "unknown":
      return { kind: "settled", settled: UNKNOWN_FOR_GOOD };
    case "completed":
      return { kind: "settled", settled: await checkedResult(tool, found.result, environment) };
  }
}

function isReconciled(found: unknown): found is Reconciled {
  if (typeof found !== "object" || found === null) return false;
  const { outcome }: Partial<Record<"outcome", unknown>> = found;
  return outcome === "completed" || outcome === "not_started" || outcome === "unknown";
}
