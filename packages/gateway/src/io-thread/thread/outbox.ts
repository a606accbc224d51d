/**
 * Messages of the I/O thread to the main thread, which may stand still for long: what it has not read has a bound. The rest waits here, where
 * the latest of its kind takes the place of the one before, and what is not worth telling any more can be taken back.
 *
 * So whoever posts a message says how many of its kind there can be: as many as the main thread itself has caused, or one for each key that
 * it has.
 *
 * @module
 */

import { Postbox, type MessageSink, type Movable } from "../postbox.ts";

/** Messages that the main thread has not read. */
const MOST_UNREAD = 2_048;

/** About so many octets of them. */
const MOST_UNREAD_OCTETS = 4 * 1024 * 1024;

/** Not sent yet. */
interface Waiting<M> {
  readonly message: M;
  readonly moved: readonly Movable[] | undefined;
}

/** See the module's comment. */
export class Outbox<M extends object> extends Postbox<M> {
  /** What each unread message counts for, in their order. */
  readonly #unread: number[] = [];
  #octets = 0;
  /** In their order, by their keys; by themselves where they have none. */
  readonly #waiting = new Map<string | M, Waiting<M>>();

  readonly #octetsOf: (message: M) => number;

  /** `octetsOf` says what a message counts for. */
  constructor(port: MessageSink, octetsOf: (message: M) => number, unsendable: (message: M, error: unknown) => void) {
    super(port, (message, error) => {
      // Nobody will read it.
      this.#forget(this.#unread.length - 1, 1);
      unsendable(message, error);
    });
    this.#octetsOf = octetsOf;
  }

  /** True while what is posted waits here. */
  get full(): boolean {
    return this.#waiting.size > 0 || this.#unread.length >= MOST_UNREAD || this.#octets >= MOST_UNREAD_OCTETS;
  }

  /** Messages that wait here. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Sends a message when there is room. Of those with the same `key` the latest waits, behind all that came before it. */
  override post(message: M, moved?: readonly Movable[], key?: string): void {
    if (!this.full) {
      this.#send(message, moved);
      return;
    }
    const at = key ?? message;
    this.#waiting.delete(at);
    this.#waiting.set(at, { message, moved });
  }

  /** Takes a message back that waits. False where there is none: it was sent, or never posted. */
  takeBack(key: string): boolean {
    return this.#waiting.delete(key);
  }

  /** The main thread has read so many. */
  read(count: number): void {
    this.#forget(0, count);
    for (const [key, { message, moved }] of this.#waiting) {
      if (this.#unread.length >= MOST_UNREAD || this.#octets >= MOST_UNREAD_OCTETS) break;
      this.#waiting.delete(key);
      this.#send(message, moved);
    }
    this.wake();
  }

  #send(message: M, moved: readonly Movable[] | undefined): void {
    const octets = this.#octetsOf(message);
    this.#unread.push(octets);
    this.#octets += octets;
    super.post(message, moved);
  }

  #forget(start: number, count: number): void {
    for (const octets of this.#unread.splice(start, count)) this.#octets -= octets;
  }
}
