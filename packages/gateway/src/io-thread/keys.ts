/**
 * Keys that the other thread holds: runs are joined there. Each side has one of these.
 *
 * @module
 */

import {
  failed,
  type AcceptInfo,
  type Execution,
  type OnceCalls,
  type OtherKeys,
  type Participant,
  type Settled,
} from "@turnmux/core";
import { abortData, abortReason } from "./aborts.ts";
import type { AbortData, KeyMessage } from "./messages.ts";

/** A run of this side's that waits for one of the other side's. */
interface Asking {
  readonly execution: Execution;
  readonly resolve: (settled: Settled | undefined) => void;
}

/** See the module's comment. */
export class KeyExchange implements OtherKeys {
  readonly #post: (message: KeyMessage) => void;
  readonly #once: () => OnceCalls | undefined;
  readonly #asking = new Map<number, Asking>();
  readonly #joined = new Map<number, Joined>();
  #last = 0;

  /** `once` gives the keys that this side holds. */
  constructor(post: (message: KeyMessage) => void, once: () => OnceCalls | undefined) {
    this.#post = post;
    this.#once = once;
  }

  join(principal: string, key: string, execution: Execution): Promise<Settled | undefined> {
    this.#last += 1;
    const join = this.#last;
    execution.accept({ state: "waiting", reason: "a call with the same key came another way" });
    execution.run = {
      withdraw: () => false,
      abort: (reason) => this.#post({ kind: "leaveJoined", join, reason: abortData(reason) }),
    };
    this.#post({ kind: "join", join, principal, key, fingerprint: execution.fingerprint ?? "" });
    return new Promise((resolve) => this.#asking.set(join, { execution, resolve }));
  }

  /** The other side says something. */
  take(message: KeyMessage): void {
    switch (message.kind) {
      case "join":
        this.#joins(message);
        return;
      case "leaveJoined":
        this.#joined.get(message.join)?.leave(message.reason);
        return;
      case "joinedAccept":
        this.#asking.get(message.join)?.execution.accept(message.accept);
        return;
      case "joinedProgress":
        this.#asking.get(message.join)?.execution.progress(message.value);
        return;
      case "joinedEnd":
        this.#over(message.join, message.settled);
    }
  }

  /** The other side is gone: whoever waits for it asks the journal again. */
  reset(): void {
    for (const join of this.#asking.keys()) this.#over(join, undefined);
    for (const joined of this.#joined.values()) joined.leave(abortData(undefined));
    this.#joined.clear();
  }

  #over(join: number, settled: Settled | undefined): void {
    const asking = this.#asking.get(join);
    if (asking === undefined) return;
    this.#asking.delete(join);
    asking.execution.run = undefined;
    asking.resolve(settled);
  }

  #joins({ join, principal, key, fingerprint }: Extract<KeyMessage, { kind: "join" }>): void {
    const execution = this.#once()?.find(principal, key);
    if (execution === undefined || execution.fingerprint !== fingerprint) {
      this.#post({ kind: "joinedEnd", join, settled: undefined });
      return;
    }
    const joined = new Joined(join, execution, (message) => {
      if (message.kind === "joinedEnd") this.#joined.delete(join);
      this.#post(message);
    });
    this.#joined.set(join, joined);
    execution.join(joined, () => joined.again());
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
    this.#post({ kind: "joinedEnd", join: this.#join, settled });
  }

  /** The run left the key free, and had been given up before this side came. */
  again(): void {
    this.#post({ kind: "joinedEnd", join: this.#join, settled: undefined });
  }

  leave(reason: AbortData): void {
    if (this.#execution.cancel(this, abortReason(reason, this.#execution.tool.name))) return;
    const message = "the call was cancelled; others wait for the same key, and it goes on";
    this.settle(failed("cancelled", message, "unknown"));
  }
}
