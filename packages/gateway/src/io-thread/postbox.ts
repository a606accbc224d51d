/**
 * Messages to another thread, in order: those of one turn of the event loop go together.
 *
 * @module
 */

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
  post(message: M, moved?: Movable): void {
    this.wake();
    this.#messages.push(message);
    if (moved !== undefined) this.#moved.push(moved);
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

/** The buffer of octets that nobody else looks at, where it is worth moving. */
export function movable(value: unknown): Movable | undefined {
  if (!(value instanceof Uint8Array) || value.length < MOVED_OCTETS) return undefined;
  const { buffer } = value;
  return buffer instanceof ArrayBuffer && buffer.byteLength === value.length ? buffer : undefined;
}
