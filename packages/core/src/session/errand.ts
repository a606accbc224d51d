/**
 * A call that a dispatcher in another thread has taken, and whose handler is here: checks the arguments, and runs it to its end.
 *
 * @module
 */
import { issueDetails, validate, type Checked } from "../contract/validate.ts";
import type { KeyTicket } from "../lanes/lanes.ts";
import type { CallersElsewhere } from "./elsewhere.ts";
import { Execution, type Participant } from "./execution.ts";
import type { RunContext } from "./handler-call.ts";
import { invalidArguments } from "./incoming.ts";
import type { RegisteredTool } from "./registry.ts";
import { failed, type Settled } from "./settled.ts";
import { runTraced, type RunHost } from "./traced.ts";

/** What is asked for. */
export interface ErrandOptions {
  readonly tool: RegisteredTool;
  /** The arguments as they came. */
  readonly input: unknown;
  readonly context: RunContext;
  /** True for a run under a key: its callers may have been told that they wait for another one. */
  readonly keyed: boolean;
  /** Of a run under a key: see {@link Execution.ofKey}. */
  readonly ofKey?: KeyTicket | undefined;
  readonly host: RunHost;
  /** Told where the handler waits for its turn before it does anything. */
  readonly callers?: CallersElsewhere | undefined;
  /** Stands for all callers: the other thread knows them. Hears the end exactly once. */
  readonly participant: Participant;
}

/** See the module's comment. */
export class Errand {
  readonly #options: ErrandOptions;
  #execution: Execution | undefined;
  #aborted = false;

  constructor(options: ErrandOptions) {
    this.#options = options;
  }

  /** The tool that it is about. */
  get tool(): RegisteredTool {
    return this.#options.tool;
  }

  /** Starts it: at once, where the validator answers at once. */
  start(): void {
    const { tool, input } = this.#options;
    try {
      const checked = validate(tool.contract.input, input);
      if (checked instanceof Promise) {
        checked.then(
          (late) => this.#run(late),
          (error: unknown) => this.#uncheckable(error),
        );
      } else this.#run(checked);
    } catch (error) {
      this.#uncheckable(error);
    }
  }

  /** Nobody waits any more. The end is told nevertheless. */
  abort(reason: unknown): void {
    this.#aborted = true;
    this.#execution?.cancel(this.#options.participant, reason);
  }

  #run(checked: Checked): void {
    const { tool, context, keyed, ofKey, host, callers, participant } = this.#options;
    if (this.#aborted) {
      participant.settle(failed("cancelled", "the call was cancelled before it ran", "not_started"));
      return;
    }
    if (!checked.ok) {
      participant.settle(invalidArguments({ details: issueDetails(checked.issues) }));
      return;
    }
    const execution = new Execution(tool, checked.value, keyed ? "" : undefined);
    execution.mayHaveRun = false;
    execution.ofKey = ofKey;
    execution.callers = callers;
    this.#execution = execution;
    execution.join(participant);
    const settled = runTraced(execution, context, host);
    if (settled instanceof Promise) {
      settled.then(
        (late) => execution.settle(late),
        (error: unknown) => execution.settle(this.#fault(error)),
      );
    } else execution.settle(settled);
  }

  /** This implementation has a fault, or what traces calls. */
  #fault(error: unknown): Settled {
    const { tool, host } = this.#options;
    host.environment.log.error(`turnmux: ${tool.name} could not be run`, { error });
    return failed("internal", "the call could not be run", "unknown");
  }

  #uncheckable(error: unknown): void {
    const { tool, host, participant } = this.#options;
    host.environment.log.error(`turnmux: the validator of ${tool.name} failed`, { error });
    participant.settle(failed("internal", "the tool's contract could not be checked", "not_started"));
  }
}
