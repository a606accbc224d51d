/**
 * One run of a handler, and the calls that wait for it: one, or several that share a key (KEY-005).
 *
 * @module
 */
import type { KeyTicket } from "../lanes/lanes.ts";
import type { AcceptInfo } from "../peer/port.ts";
import { spareItems } from "../spare-octets.ts";
import type { CallersElsewhere, ElsewhereRun } from "./elsewhere.ts";
import type { RegisteredTool } from "./registry.ts";
import { failed, freesKey, type Settled } from "./settled.ts";

/** A call that waits for an execution. Implemented by the dispatcher of its session. */
export interface Participant {
  /** Tells the caller what became of the call since. */
  accept(accept: AcceptInfo): void;
  /** Passes progress on. The value is checked. */
  progress(value: unknown): void;
  /** Passes an item on. The value is checked. Resolves when there is room for the next one. */
  item(value: unknown): Promise<void>;
  /** The end. */
  settle(settled: Settled): void;
}

/** How a call that joined starts anew. */
interface Again {
  readonly run: () => void;
  /** False where it does so only if the run was refused. */
  readonly always: boolean;
}

/** See the module's comment. */
export class Execution {
  readonly tool: RegisteredTool;
  readonly input: unknown;
  readonly fingerprint: string | undefined;
  /** The first that joined; most have no other. */
  #first: Participant | undefined;
  #firstAgain: Again | undefined;
  /** Those that joined it, each with what it does where the run came to nothing and left the key free: start anew. */
  #others: Map<Participant, Again | undefined> | undefined;
  /** Made where somebody looks at {@link signal}. */
  #abort: AbortController | undefined;
  #aborted = false;
  #reason: unknown;
  /** Under which its key is recorded: the journal takes its ending with this one alone. */
  epoch: number | undefined;
  /** True where it repeats a call that may have taken its effect: that this one took none says nothing of the one before (ERR-002). */
  repeats = false;
  /** True once the handler was called, or may have been where it runs elsewhere. */
  started = false;
  /** Present while its handler runs, or is to run, elsewhere. */
  run: ElsewhereRun | undefined;
  /** Present while its handler runs here under a key: has the token for what it asks for. */
  ofKey: KeyTicket | undefined;
  /** Present where the callers are elsewhere. */
  callers: CallersElsewhere | undefined;
  /**
   * True while the handler may have run under the same key before: that is known when the journal has answered, and where it
   * ran when its side died, when that was found out. Until then nobody is told that nothing was started.
   */
  mayHaveRun: boolean;
  #accepted: AcceptInfo | undefined;
  /** True once the handler gave an item that nobody takes, since the call was cancelled (CALL-005). */
  lacksItems = false;
  /** False where it is only to be found out what became of a call: what joins runs anew where it may. */
  readonly runs: boolean;
  /** True where it does not run for a reason that is the first caller's alone: what has joined runs anew where it may. */
  refused = false;
  #settled: Settled | undefined;

  constructor(tool: RegisteredTool, input: unknown, fingerprint?: string, runs = true) {
    this.tool = tool;
    this.input = input;
    this.fingerprint = fingerprint;
    this.mayHaveRun = fingerprint !== undefined;
    this.runs = runs;
  }

  /** The handler's signal: aborted when the last participant has left. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#aborted) this.#abort.abort(this.#reason);
    }
    return this.#abort.signal;
  }

  /** Whether {@link signal} is aborted, without having one made. */
  get aborted(): boolean {
    return this.#aborted;
  }

  /** How it ended, once it has. */
  get ending(): Settled | undefined {
    return this.#settled;
  }

  /**
   * Whether the handler was called, or may still be: it is not any more where only `participant` waits for it. Where that is another
   * thread's affair it is asked to let go.
   */
  canStillRun(participant: Participant): boolean {
    if (this.mayHaveRun || !this.isLast(participant)) return true;
    return this.started && this.run?.withdraw() !== true;
  }

  /** True when nobody else waits. */
  isLast(participant: Participant): boolean {
    return this.#count === 1 && this.#has(participant);
  }

  /**
   * Adds a call. One that comes late hears how things stand. Where the run is being broken off already, since those that
   * waited for it have left, where nothing is to run at all, or where it was {@link refused}, `again` is called in place of an
   * ending that leaves the key free: the call that joined was not cancelled, and may run.
   */
  join(participant: Participant, again?: () => void): void {
    if (this.#settled !== undefined) {
      participant.settle(this.#settled);
      return;
    }
    const always = this.#aborted || !this.runs;
    this.#add(participant, again === undefined ? undefined : { run: again, always });
    const accepted = this.#accepted;
    // Whoever caused the run was there before: also one that nobody else waits for any more is another call's (CALL-002).
    if (accepted !== undefined) {
      participant.accept(accepted.state === "waiting" ? accepted : { ...accepted, state: "joined" });
    }
  }

  /**
   * A call is cancelled. The last one aborts the handler and goes on waiting, for the truth (CALL-005); where others
   * wait it just leaves, and the answer is false.
   */
  cancel(participant: Participant, reason: unknown): boolean {
    if (this.#count > 1) {
      this.#delete(participant);
      return false;
    }
    // It does not run for a call that is cancelled.
    if (this.#has(participant)) this.#add(participant, undefined);
    this.#abortWith(reason);
    return true;
  }

  /** A call gives up. The handler is aborted when it was the last one. */
  leave(participant: Participant, reason: unknown): void {
    if (this.#delete(participant) && this.#count === 0) this.#abortWith(reason);
  }

  /** Tells every caller. The first one hears `running`, those that share its key hear `joined`. */
  accept(accept: AcceptInfo): void {
    this.#accepted = accept;
    const first = this.#first;
    first?.accept(accept);
    if (this.#others === undefined) return;
    let told = first !== undefined;
    for (const participant of this.#others.keys()) {
      const joined = told && accept.state === "running";
      participant.accept(joined ? { ...accept, state: "joined" } : accept);
      told = true;
    }
  }

  progress(value: unknown): void {
    for (const participant of this.#participants()) participant.progress(value);
  }

  /** Resolves when every caller has room for the next one. */
  async item(value: unknown): Promise<void> {
    if (this.#others === undefined) await this.#first?.item(value);
    else {
      spareItems.share(value);
      await Promise.all(this.#participants().map((participant) => participant.item(value)));
    }
  }

  /** The end: every call that still waits hears of it, or starts anew where it may and the key is free for it. */
  settle(given: Settled, free: boolean = freesKey(given)): void {
    if (this.#settled !== undefined) return;
    // Whoever still reads must not take what there is for all.
    const settled = given.ok && this.lacksItems ? failed("cancelled", WITHOUT_ITEMS, "completed") : given;
    this.#settled = settled;
    const first = this.#first;
    const firstAgain = this.#firstAgain;
    const others = this.#others;
    this.#first = undefined;
    this.#firstAgain = undefined;
    this.#others = undefined;
    if (first !== undefined) this.#tell(first, firstAgain, settled, free);
    if (others === undefined) return;
    for (const [participant, again] of others) this.#tell(participant, again, settled, free);
  }

  #tell(participant: Participant, again: Again | undefined, settled: Settled, free: boolean): void {
    if (free && again !== undefined && (again.always || this.refused)) again.run();
    else participant.settle(settled);
  }

  #abortWith(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#abort?.abort(reason);
    this.run?.abort(reason);
  }

  get #count(): number {
    return (this.#first === undefined ? 0 : 1) + (this.#others?.size ?? 0);
  }

  /** Those that wait now. */
  #participants(): Participant[] {
    const others = this.#others === undefined ? [] : [...this.#others.keys()];
    return this.#first === undefined ? others : [this.#first, ...others];
  }

  #has(participant: Participant): boolean {
    return this.#first === participant || this.#others?.has(participant) === true;
  }

  #add(participant: Participant, again: Again | undefined): void {
    if (this.#first === participant || (this.#first === undefined && this.#others === undefined)) {
      this.#first = participant;
      this.#firstAgain = again;
      return;
    }
    this.#others ??= new Map();
    this.#others.set(participant, again);
  }

  #delete(participant: Participant): boolean {
    if (this.#first !== participant) return this.#others?.delete(participant) === true;
    this.#first = undefined;
    this.#firstAgain = undefined;
    return true;
  }
}

const WITHOUT_ITEMS = "the call was cancelled, and items that its handler gave afterwards were dropped";
