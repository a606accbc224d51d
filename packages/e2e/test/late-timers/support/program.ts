/** A program in a thread of its own, with an event loop of its own, that a test can block. */
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { onTestFinished } from "vitest";
import type { Ask, Tell } from "../programs/messages.ts";
import { isBlocked, release, sharedMemory } from "./blocking.ts";

/** What a {@link Program} is given to begin with. */
export interface Handed {
  readonly memory: Int32Array<SharedArrayBuffer>;
}

/** See the module's comment. */
export class Program {
  readonly #worker: Worker;
  readonly #memory = sharedMemory();
  readonly #told: Tell[] = [];
  #changed: () => void = () => {};
  #fault: unknown;

  /** Runs a program from its source, until the test is over. */
  constructor(source: URL) {
    const handed: Handed = { memory: this.#memory };
    this.#worker = new Worker(source, {
      execArgv: ["--conditions=turnmux-source"],
      workerData: handed,
    });
    this.#worker.on("message", (tell: Tell) => {
      this.#told.push(tell);
      this.#changed();
    });
    this.#worker.on("error", (error) => {
      this.#fault = error;
      this.#changed();
    });
    onTestFinished(async () => {
      release(this.#memory);
      await this.#worker.terminate();
    });
  }

  ask(ask: Ask): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage(ask);
  }

  /** What the program tells under this name, sooner or later. */
  async told<N extends Tell["name"]>(name: N, id?: string): Promise<Extract<Tell, { name: N }>> {
    for (;;) {
      if (this.#fault !== undefined) throw new Error("the program failed", { cause: this.#fault });
      const tell = this.has(name, id);
      if (tell !== undefined) return tell;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** What the program has told under this name. */
  has<N extends Tell["name"]>(name: N, id?: string): Extract<Tell, { name: N }> | undefined {
    return this.#told.find(
      (tell): tell is Extract<Tell, { name: N }> =>
        tell.name === name && (id === undefined || ("id" in tell && tell.id === id)),
    );
  }

  /** Blocks the program's event loop, until {@link release} and for at least this many milliseconds. */
  async block(milliseconds: number): Promise<void> {
    this.ask({ do: "block", milliseconds });
    await this.blocked();
  }

  /** Until the program's event loop is blocked. */
  async blocked(): Promise<void> {
    while (!isBlocked(this.#memory)) await turn();
  }

  release(): void {
    release(this.#memory);
  }
}
