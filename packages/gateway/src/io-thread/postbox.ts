/**
 * Messages to another thread, in order: those of one turn of the event loop go together.
 *
 * @module
 */

import { parcel, type Parcel } from "../worker-tools/octets.ts";

/** Where messages go: a `MessagePort`. */
export interface MessageSink {
  postMessage(messages: unknown, moved?: readonly Movable[]): void;
}

/** What may change hands with a message. */
export type Movable = ArrayBuffer;

/** See the module's comment. */
export class Postbox<M> {
  readonly #port: MessageSink;
  /** Told of a message that is no plain data, against the types. It is left out. */
  readonly #unsendable: (message: M, error: unknown) => void;
  #messages: M[] = [];
  #moved: Movable[] = [];
  #scheduled = false;
  /** Called before messages leave, for those that are made as late as that. */
  beforeFlush: () => void = () => {};

  constructor(port: MessageSink, unsendable: (message: M, error: unknown) => void) {
    this.#port = port;
    this.#unsendable = unsendable;
  }

  /** Sends a message at the end of this turn of the event loop. */
  post(message: M, moved?: readonly Movable[]): void {
    this.wake();
    this.#messages.push(message);
    if (moved !== undefined) this.#moved.push(...moved);
  }

  /** Sends a message, and those before it, at once: what is done next may depend on it. */
  now(message: M): void {
    this.post(message);
    this.flush();
  }

  /** Looks for messages at the end of this turn. */
  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Sends what there is. */
  flush(): void {
    this.beforeFlush();
    const messages = this.#messages;
    const moved = this.#moved;
    if (messages.length === 0) return;
    this.#messages = [];
    this.#moved = [];
    try {
      this.#port.postMessage(messages, moved);
    } catch {
      // Nothing was sent of them, and nothing has changed hands.
      for (const message of messages) this.#sendAlone(message);
    }
  }

  #sendAlone(message: M): void {
    try {
      this.#port.postMessage([message], []);
    } catch (error) {
      this.#unsendable(message, error);
    }
  }
}

/** Octets from this size on change hands. Smaller ones are copied sooner. */
const MOVED_OCTETS = 16 * 1024;

/** Values in values that are looked into. What lies deeper is cloned. */
const MAX_DEPTH = 32;

/** The buffers of a value's large octets, where nobody else has them: it is a copy that was made to be sent. */
export function movable(value: unknown): readonly Movable[] {
  const found: Movable[] = [];
  collect(value, found, MAX_DEPTH);
  return found;
}

/**
 * A value whose large octets change hands, wherever they are in it. Those that others look at, too, or that are a part of a larger buffer, are
 * copied first, in this thread: cloning would copy them twice, once of that in the other one. `kept`: the value stays as it is here.
 */
export function crossing(value: unknown, kept: boolean): Parcel {
  if (!kept && value instanceof Uint8Array) {
    const transfer = movable(value);
    if (transfer.length > 0) return { value, transfer: [...transfer] };
  }
  return parcel(value);
}

function collect(value: unknown, found: Movable[], depth: number): void {
  if (typeof value !== "object" || value === null || depth === 0) return;
  if (value instanceof Uint8Array) {
    const { buffer } = value;
    if (value.length < MOVED_OCTETS || buffer.byteLength !== value.length) return;
    if (buffer instanceof ArrayBuffer && !found.includes(buffer)) found.push(buffer);
    return;
  }
  for (const part of Array.isArray(value) ? value : Object.values(value)) collect(part, found, depth - 1);
}
