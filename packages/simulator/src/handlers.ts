/**
 * The handlers of this world: each does what its caller's script says, and writes down what it really did.
 *
 * @module
 */
import { ToolError, type Reconciled, type ToolHandlers } from "@turnmux/core";
import type { Ledger, Run } from "./ledger.ts";
import type { Process } from "./process.ts";
import { padding, type Answer, type clientTools, type gatewayTools, type Script } from "./tools.ts";

/** The meta entry by which a run is traced back to the attempt that caused it. */
export const ATTEMPT = "attempt";

/** What handlers of one process work with. */
export interface HandlerOptions {
  readonly process: Process;
  readonly ledger: Ledger;
  /** Whose journal counts. */
  readonly site: string;
  /** Calls the other side, as a part of a run, and waits for it. */
  readonly callBack: (run: Run) => Promise<void>;
}

/** What handlers look at of their call. */
interface Call {
  readonly tool: string;
  readonly key: string | undefined;
  readonly principal: string;
  readonly signal: AbortSignal;
  readonly meta: Readonly<Record<string, string>>;
  readonly turn?: string | undefined;
  progress?(value: unknown): void;
  item?(value: unknown): Promise<void>;
}

/** The handlers of a gateway. */
export function gatewayHandlers(options: HandlerOptions): ToolHandlers<typeof gatewayTools> {
  return {
    look: (input, call) => perform(options, input, call),
    put: (input, call) => perform(options, input, call),
    add: (input, call) => perform(options, input, call),
    redo: (input, call) => perform(options, input, call),
    book: {
      run: (input, call) => perform(options, input, call),
      reconcile: (key, { principal }) => reconcile(options, principal, key),
    },
    rows: (input, call) => list(options, input, call),
  };
}

/** The handlers of a client. */
export function clientHandlers(options: HandlerOptions): ToolHandlers<typeof clientTools> {
  return {
    see: (input, call) => perform(options, input, call),
    act: (input, call) => perform(options, input, call),
    feed: (input, call) => list(options, input, call),
  };
}

/** The value of item `index`. */
export function itemOf(script: Script, index: number): unknown {
  return { id: script.id, index, pad: padding(script.itemSize) };
}

function begin({ process, ledger, site }: HandlerOptions, script: Script, call: Call): Run {
  const { tool, principal, key, turn } = call;
  return ledger.begin({ process, site, tool, principal, key, turn, script, attempt: Number(call.meta[ATTEMPT]) });
}

async function perform(options: HandlerOptions, input: unknown, call: Call): Promise<unknown> {
  // Every caller of this world sends scripts.
  const script = input as Script;
  const { process, ledger } = options;
  const run = begin(options, script, call);
  await wait(process, script, script.beforeMs, call);
  if (script.calls) await options.callBack(run);
  if (script.end === "failed" || (script.heeds && call.signal.aborted)) {
    ledger.end(run, "failed");
    throw new ToolError("aborted", "it took no effect", { outcome: "failed" });
  }
  if (!ledger.effect(run)) return undefined;
  for (let report = 0; report < script.reports; report += 1) {
    call.progress?.(report);
    await process.sleep(script.gapMs);
  }
  await wait(process, script, script.afterMs, call);
  if (script.end === "completed") {
    ledger.end(run, "completed");
    throw new ToolError("data_loss", "it took effect, and something is wrong", { outcome: "completed" });
  }
  if (script.end === "throw") {
    ledger.end(run, "threw");
    throw new Error(PLANNED);
  }
  ledger.end(run, "ok");
  return answer(run);
}

/** Looks for the effect of a call that ran when its process died. */
async function reconcile(
  { process, ledger, site }: HandlerOptions,
  principal: string,
  key: string,
): Promise<Reconciled> {
  const { random } = process.world;
  await process.sleep(random.pick([0, 5, 200]));
  process.world.note(process.name, `looks for the effect of key ${key}`);
  const run = ledger.history(site, principal, key).runs.find(({ effect }) => effect);
  if (run !== undefined) return { outcome: "completed", result: answer(run) };
  return { outcome: random.chance(0.8) ? "not_started" : "unknown" };
}

async function* list(options: HandlerOptions, input: unknown, call: Call): AsyncGenerator<unknown, unknown, undefined> {
  const script = input as Script;
  const { process, ledger } = options;
  const run = begin(options, script, call);
  try {
    await wait(process, script, script.beforeMs, call);
    for (let index = 0; index < script.items; index += 1) {
      yield itemOf(script, index);
      if (script.gapMs > 0) await process.sleep(script.gapMs);
    }
    if (script.end !== "ok") throw new Error(PLANNED);
    ledger.end(run, "ok");
    return answer(run);
  } finally {
    // Also where the core leaves the loop.
    if (run.end === undefined) ledger.end(run, "threw");
  }
}

/** What handlers throw that is no tool error: the log tells of it. */
export const PLANNED = "as the script says";

function wait(process: Process, script: Script, milliseconds: number, call: Call): Promise<void> {
  return milliseconds === 0 ? Promise.resolve() : process.sleep(milliseconds, script.heeds ? call.signal : undefined);
}

function answer({ number, script }: Run): Answer {
  return { id: script.id, run: number, pad: padding(script.size) };
}
