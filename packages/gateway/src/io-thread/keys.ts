/**
 * Keys that the other thread holds, or has let go of: runs are joined there, and what nobody runs any more is handed over. Each side has
 * one of these.
 *
 * @module
 */

import {
  failed,
  TurnmuxError,
  type AcceptInfo,
  type Execution,
  type JournalClaim,
  type OnceCalls,
  type OnceVerdict,
  type OtherKeys,
  type Participant,
  type Settled,
} from "@turnmux/core";
import { abortData, abortReason } from "./aborts.ts";
import type { AbortData, KeyMessage } from "./messages.ts";

/** What waits for the other side. */
interface Asking {
  /** Absent where nothing waits for a run. */
  readonly execution: Execution | undefined;
  readonly resolve: (verdict: OnceVerdict | undefined) => void;
}

/** See the module's comment. */
export class KeyExchange implements OtherKeys {
  readonly #post: (message: KeyMessage) => void;
  readonly #once: () => OnceCalls | undefined;
  readonly #takeBack: (join: number) => boolean;
  readonly #asking = new Map<number, Asking>();
  /** Of the other side that there is now: another one begins to number anew. */
  #joined = new Map<number, Joined>();
  #last = 0;

  /** `once` gives the keys that this side holds. `takeBack` takes a `join` back that was posted; it is false where that was sent. */
  constructor(
    post: (message: KeyMessage) => void,
    once: () => OnceCalls | undefined,
    takeBack: (join: number) => boolean = () => false,
  ) {
    this.#post = post;
    this.#once = once;
    this.#takeBack = takeBack;
  }

  join(claim: JournalClaim, execution: Execution): Promise<OnceVerdict | undefined> {
    execution.accept({ state: "waiting", reason: "a call with the same key came another way" });
    const asked = this.#ask(claim, execution);
    const join = this.#last;
    const abort = (reason: unknown): void => {
      if (this.#takeBack(join)) this.#over(join, { kind: "refuse", settled: LEFT });
      else this.#post({ kind: "leaveJoined", join, reason: abortData(reason) });
    };
    execution.run = { withdraw: () => false, abort };
    // Its callers may have left while the journal was asked.
    if (execution.aborted) abort(execution.signal.reason);
    return asked;
  }

  ask(claim: JournalClaim): Promise<OnceVerdict | undefined> {
    return this.#ask(claim, undefined);
  }

  #ask(claim: JournalClaim, execution: Execution | undefined): Promise<OnceVerdict | undefined> {
    this.#last += 1;
    const join = this.#last;
    const { promise, resolve } = Promise.withResolvers<OnceVerdict | undefined>();
    this.#asking.set(join, { execution, resolve });
    this.#post({ kind: "join", join, claim, waits: execution !== undefined });
    return promise;
  }

  /** The other side says something. */
  take(message: KeyMessage): void {
    switch (message.kind) {
      case "join":
        void this.#joins(message);
        return;
      case "leaveJoined":
        this.#joined.get(message.join)?.leave(message.reason);
        return;
      case "joinedAccept":
        this.#asking.get(message.join)?.execution?.accept(message.accept);
        return;
      case "joinedProgress":
        this.#asking.get(message.join)?.execution?.progress(message.value);
        return;
      case "joinedEnd":
        this.#over(message.join, message.verdict);
    }
  }

  /** The other side is gone: whoever waits for it asks the journal again. */
  reset(): void {
    for (const join of this.#asking.keys()) this.#over(join, undefined);
    const joined = this.#joined;
    this.#joined = new Map();
    for (const one of joined.values()) one.abandon();
  }

  #over(join: number, verdict: OnceVerdict | undefined): void {
    const asking = this.#asking.get(join);
    if (asking === undefined) return;
    this.#asking.delete(join);
    if (asking.execution !== undefined) asking.execution.run = undefined;
    asking.resolve(verdict);
  }

  async #joins({ join, claim, waits }: Extract<KeyMessage, { kind: "join" }>): Promise<void> {
    const all = this.#joined;
    const post = (message: KeyMessage): void => {
      if (all !== this.#joined) return;
      if (message.kind === "joinedEnd") all.delete(join);
      this.#post(message);
    };
    const once = this.#once();
    const execution = once?.find(claim.principal, claim.key);
    if (once === undefined || (execution !== undefined && !waits)) {
      post({ kind: "joinedEnd", join, verdict: { kind: "elsewhere" } });
    } else if (execution === undefined) {
      // Nobody runs it, whatever the journal says.
      post({ kind: "joinedEnd", join, verdict: await once.handOver(claim) });
    } else if (execution.fingerprint !== claim.fingerprint) {
      post({ kind: "joinedEnd", join, verdict: undefined });
    } else {
      const joined = new Joined(join, execution, post);
      all.set(join, joined);
      execution.join(joined, () => joined.again());
    }
  }
}

/** What stands for the other side's calls at a run of this side's. */
class Joined implements Participant {
  readonly #join: number;
  readonly #execution: Execution;
  readonly #post: (message: KeyMessage) => void;

  constructor(join: number, execution: Execution, post: (message: KeyMessage) => void) {
    this.#join = join;
    this.#execution = execution;
    this.#post = post;
  }

  accept(accept: AcceptInfo): void {
    this.#post({ kind: "joinedAccept", join: this.#join, accept });
  }

  progress(value: unknown): void {
    this.#post({ kind: "joinedProgress", join: this.#join, value });
  }

  /** Tools with keys have no items (CALL-009). */
  item(): Promise<void> {
    return Promise.resolve();
  }

  settle(settled: Settled): void {
    this.#post({ kind: "joinedEnd", join: this.#join, verdict: { kind: "refuse", settled } });
  }

  /** The run left the key free, and had been given up before this side came. */
  again(): void {
    this.#post({ kind: "joinedEnd", join: this.#join, verdict: undefined });
  }

  /** The other side is gone, and the sessions of its calls with it. What is kept then goes on for nobody. */
  abandon(): void {
    const execution = this.#execution;
    if (execution.tool.contract.whenSessionEnds === "keep") return;
    execution.leave(this, new TurnmuxError("unavailable", "the session ended", { outcome: "unknown" }));
  }

  leave(reason: AbortData): void {
    if (this.#execution.cancel(this, abortReason(reason, this.#execution.tool.name))) return;
    this.settle(LEFT);
  }
}

const LEFT: Settled = failed(
  "cancelled",
  "the call was cancelled; where others wait for the same key it goes on",
  "unknown",
);
