/**
 * Tools whose handlers are in another thread than the session's calls: what the two sides of such a run ask of each other.
 *
 * @module
 */
import type { Aftermath, CutOff } from "./aftermath.ts";
import type { Execution } from "./execution.ts";
import type { RunContext } from "./handler-call.ts";
import type { Settled } from "./settled.ts";

/** Runs a tool's handler where it is. Arguments and results are checked there. */
export interface Elsewhere {
  /** Runs an execution to its end. Never rejects. Sets {@link Execution.run} while it is not over. */
  run(execution: Execution, context: RunContext, sessionId: string): Promise<Settled>;
  /** What became of a call that ran when its side died. Never rejects. */
  aftermath(call: CutOff): Promise<Aftermath>;
}

/** Where a handler's callers are, seen from where it runs: they may take the run back for as long as it waits for its turn. */
export interface CallersElsewhere {
  /** The handler was called, and waits: it does nothing before {@link begins}. */
  waits(): void;
  /** Its turn has come. False where the run was taken back meanwhile. */
  begins(): boolean;
}

/** A run that is under way elsewhere. */
export interface ElsewhereRun {
  /** Takes it back where its handler was not called yet. True when it never will be. */
  withdraw(): boolean;
  /** Nobody waits for it any more: the handler is aborted, or never called. */
  abort(reason: unknown): void;
}
