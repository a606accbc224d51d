/**
 * Runs the peer's calls of `once` tools under their keys: each joins, replays, or runs.
 * `docs/spec.md` section 7, "Keys".
 *
 * @module
 */
import type { Value } from "../content/value.ts";
import { TurnmuxError } from "../errors/turnmux-error.ts";
import { fingerprint } from "../journal/fingerprint.ts";
import { aftermathOf } from "./aftermath.ts";
import type { Environment } from "./environment.ts";
import { Execution } from "./execution.ts";
import type { RunContext } from "./handler-call.ts";
import type { IncomingCall } from "./incoming.ts";
import type { Lanes } from "../lanes/lanes.ts";
import { OTHER_ARGUMENTS, type OnceCalls, type OnceVerdict } from "./once.ts";
import { failed, type Failure, type Settled } from "./settled.ts";

/** What {@link KeyedCalls} work with. */
export interface KeyedCallsOptions {
  /** Absent where there is no journal. */
  readonly once: OnceCalls | undefined;
  readonly environment: Environment;
  /** Runs an execution's handler to its end. */
  readonly execute: (execution: Execution, context: RunContext) => Settled | Promise<Settled>;
  /** Absent where sessions have no lanes. */
  readonly lanes: Lanes | undefined;
  /** A call could not be run. */
  readonly failed: (call: IncomingCall, error: unknown) => void;
}

/** One for each session. */
export class KeyedCalls {
  readonly #options: KeyedCallsOptions;

  constructor(options: KeyedCallsOptions) {
    this.#options = options;
  }

  /** Sees a call to its end. `received` are the arguments as they came, `input` what the contract made of them. */
  async run(call: IncomingCall, input: unknown, received: Value | undefined, context: RunContext): Promise<void> {
    const { once } = this.#options;
    const { key, principal } = context;
    if (key === undefined || once === undefined) {
      call.settle(
        failed("invalid_argument", `${call.tool.name} has effect "once" and needs an idempotency key`, "not_started"),
      );
      return;
    }
    const print = fingerprint(call.tool.name, received, this.#options.environment.sha256);
    const running = once.find(principal, key);
    if (running !== undefined) {
      if (running.fingerprint !== print) {
        call.settle(OTHER_ARGUMENTS.settled);
        return;
      }
      call.execution = running;
      running.join(call, () => {
        call.execution = undefined;
        call.leaveKey?.();
        this.run(call, input, received, context).catch((error: unknown) => this.#options.failed(call, error));
      });
      this.#waits(call, { ...context, key });
      return;
    }
    const execution = new Execution(call.tool, input, print);
    call.execution = execution;
    execution.join(call);
    const own = { ...context, key };
    await this.#claimed(once, execution, own, () => this.#waits(call, own));
  }

  /** A call has joined a run, and so waits for what that one asks for: not where it would wait for itself. */
  #waits(call: IncomingCall, { principal, key, lineage }: RunContext & { readonly key: string }): void {
    const { lanes } = this.#options;
    if (lanes === undefined || lineage === undefined || call.ended) return;
    const refused = (refusal: Failure): void => {
      if (call.ended) return;
      call.settle(refusal);
      call.giveUp(new TurnmuxError(refusal.code, refusal.message, { outcome: "unknown", tool: call.tool.name }));
    };
    call.leaveKey?.();
    call.leaveKey = lanes.waits({ principal, key, lineage, refused });
  }

  /** `joins` is called when it is about to join a run in another thread. */
  async #claimed(
    once: OnceCalls,
    execution: Execution,
    context: RunContext & { readonly key: string },
    joins: () => void,
  ): Promise<void> {
    const { principal, key } = context;
    const verdict = await this.#verdict(once, execution, context, joins);
    switch (verdict.kind) {
      case "run":
        await this.#runs(once, execution, context);
        return;
      case "abandoned":
        await this.#abandoned(once, execution, context, verdict.callId);
        return;
      case "replay":
        execution.accept({ state: "replayed" });
        once.release(principal, key);
        execution.settle(verdict.settled);
        return;
      case "elsewhere":
        once.release(principal, key);
        execution.settle(failed("aborted", "a call with this key runs elsewhere", "unknown"));
        return;
      case "refuse":
        once.release(principal, key);
        execution.settle(verdict.settled);
        return;
    }
  }

  /** What the journal says, or the other thread where it runs there. */
  async #verdict(
    once: OnceCalls,
    execution: Execution,
    context: RunContext & { readonly key: string },
    joins: () => void,
  ): Promise<OnceVerdict> {
    const { principal, key, callId } = context;
    for (;;) {
      const verdict = await once.claim(principal, key, callId, execution);
      if (verdict.kind !== "elsewhere") return verdict;
      joins();
      const there = await once.joinOther(principal, key, execution);
      // Otherwise it came to nothing there: the journal knows more by now, or gives the key.
      if (there !== undefined) return there;
    }
  }

  /** Runs the handler. What it asks for is on behalf of its run, which others may wait for. */
  async #execute(execution: Execution, context: RunContext & { readonly key: string }): Promise<Settled> {
    const { lanes, execute } = this.#options;
    // Where the handler is in another thread the lanes are there as well.
    if (execution.tool.elsewhere === undefined) execution.ofKey = lanes?.runs?.(context);
    try {
      return await execute(execution, context);
    } finally {
      execution.ofKey?.over();
    }
  }

  async #runs(once: OnceCalls, execution: Execution, context: RunContext & { readonly key: string }): Promise<void> {
    execution.mayHaveRun = false;
    const settled = execution.aborted
      ? failed("cancelled", "the call was cancelled before it ran", "not_started")
      : await this.#execute(execution, context);
    await this.#ends(once, execution, context, settled);
  }

  /** The key stays taken until a run of it has ended otherwise than without effect (KEY-007). */
  async #runsAgain(
    once: OnceCalls,
    execution: Execution,
    context: RunContext & { readonly key: string },
  ): Promise<void> {
    execution.repeats = true;
    const settled = execution.aborted
      ? failed("cancelled", "the call was cancelled before it ran again", "not_started")
      : await this.#execute(execution, context);
    await this.#ends(once, execution, context, settled);
  }

  /** The call with this key ran when its side died (KEY-007). Those that come meanwhile join (KEY-008). */
  async #abandoned(
    once: OnceCalls,
    execution: Execution,
    context: RunContext & { readonly key: string },
    callId: string,
  ): Promise<void> {
    const { principal, key } = context;
    const { tool, input, signal } = execution;
    execution.accept({ state: "waiting", reason: "it is found out what became of the call before a crash" });
    const found = await aftermathOf(tool, { key, principal, callId, input, signal }, this.#options.environment);
    switch (found.kind) {
      case "run":
        await this.#runs(once, execution, context);
        return;
      case "run again":
        await this.#runsAgain(once, execution, context);
        return;
      case "settled":
        await this.#ends(once, execution, context, found.settled);
        return;
      case "open":
        // Not recorded: whoever comes with the key next asks again.
        once.release(principal, key);
        execution.settle(found.settled, true);
        return;
    }
  }

  #ends(
    once: OnceCalls,
    execution: Execution,
    { principal, key }: RunContext & { readonly key: string },
    settled: Settled,
  ): Promise<void> {
    return once.end(principal, key, execution, settled);
  }
}
