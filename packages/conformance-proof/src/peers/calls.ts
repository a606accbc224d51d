/**
 * The calls of one driven session, by the names that the suite gave them.
 *
 * @module
 */

import type { Session } from "@turnmux/client";
import { endingOf, failureOf, invoke, type Made } from "./invoke.ts";
import type { CallOrder, SessionEvent } from "./lines.ts";
import { fromLine, toLine } from "./values.ts";

interface Running {
  readonly abort: AbortController;
  /** Settles when the call was made; never rejects. */
  readonly made: Promise<Made | undefined>;
  /** The reads that were asked for, one behind the other. */
  reading: Promise<void>;
}

/** See the module's comment. */
export class Calls {
  readonly #session: Promise<Session>;
  readonly #tell: (event: SessionEvent) => void;
  readonly #running = new Map<string, Running>();

  /** Calls are made as soon as the session stands. */
  constructor(session: Promise<Session>, tell: (event: SessionEvent) => void) {
    this.#session = session;
    this.#tell = tell;
  }

  /** Makes a call. */
  call(order: CallOrder): void {
    const abort = new AbortController();
    this.#running.set(order.id, { abort, made: this.#make(order, abort.signal), reading: Promise.resolve() });
  }

  /** Reads so many more items of a call whose items are read by hand. */
  read(id: string, items: number): void {
    const running = this.#find(id);
    running.reading = running.reading.then(async () => {
      const made = await running.made;
      if (made !== undefined) await this.#take(id, made, items);
    });
  }

  cancel(id: string): void {
    this.#find(id).abort.abort();
  }

  /** Leaves the loop over the items. */
  leave(id: string): void {
    void this.#find(id).made.then((made) => made?.items?.return?.());
  }

  #find(id: string): Running {
    const running = this.#running.get(id);
    if (running === undefined) throw new Error(`there is no call ${id}`);
    return running;
  }

  async #make(order: CallOrder, signal: AbortSignal): Promise<Made | undefined> {
    const { id, tool, turn, manual } = order;
    let made: Made;
    try {
      const session = await this.#session;
      made = invoke(session, { tool, input: fromLine(order.input), turn, options: this.#options(order, signal) });
    } catch (error) {
      this.#tell({ event: "end", id, ...failureOf(error) });
      return undefined;
    }
    if (manual || made.items === undefined) this.#end(id, made.result);
    else void this.#take(id, made, Number.POSITIVE_INFINITY).then(() => this.#end(id, made.result));
    return made;
  }

  #options(order: CallOrder, signal: AbortSignal): Parameters<typeof invoke>[1]["options"] {
    const { id, key, timeoutMs, acceptTimeoutMs, priority } = order;
    return {
      key,
      timeoutMs,
      acceptTimeoutMs,
      priority,
      signal,
      onAccept: ({ state }) => this.#tell({ event: "accept", id, state }),
      onProgress: (value) => this.#tell({ event: "progress", id, value: toLine(value) }),
    };
  }

  /** How it ends is told by the result, which rejects with the same error. */
  async #take(id: string, { items }: Made, most: number): Promise<void> {
    if (items === undefined) return;
    try {
      for (let taken = 0; taken < most; taken++) {
        const next = await items.next();
        if (next.done === true) return;
        this.#tell({ event: "item", id, value: toLine(next.value) });
      }
    } catch {
      // See above.
    }
  }

  #end(id: string, result: Promise<unknown>): void {
    void endingOf(result).then((ending) => {
      const told = ending.ok ? { ...ending, ...("value" in ending ? { value: toLine(ending.value) } : {}) } : ending;
      this.#tell({ event: "end", id, ...told });
    });
  }
}

/** How a session is told of that never stood. */
export function closedBy(error: unknown): SessionEvent {
  const { code, message } = failureOf(error);
  return { event: "closed", code, message };
}
