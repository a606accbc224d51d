/**
 * The items that a handler in a worker's thread sends: as many as the thread that takes them has room for. Others wait here, where their
 * memory is the worker's.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import type { Cancellation } from "./cancellation.ts";
import { ITEMS_UNDER_WAY, post } from "./messages.ts";
import { parcel } from "./octets.ts";

/** Rejects the items that the other thread has refused, with its reason. */
export class Refused extends Error {}

/** See the module's comment. */
export class Items {
  readonly #port: MessagePort;
  readonly #cancellation: Cancellation;
  readonly #waiting: unknown[] = [];
  #underWay = 0;
  #refused: Refused | undefined;
  #room = Promise.withResolvers<void>();

  constructor(port: MessagePort, cancellation: Cancellation) {
    this.#port = port;
    this.#cancellation = cancellation;
  }

  /** Resolves when there is room for the next one; rejects once the call is cancelled. Throws for what cannot be cloned. */
  send(value: unknown): Promise<void> {
    if (this.#waiting.length === 0 && this.#underWay < ITEMS_UNDER_WAY) this.#post(value);
    // A copy: the handler may go on with its own.
    else this.#waiting.push(structuredClone(value));
    return this.#cancellation.unlessCancelled(() => this.#until(ITEMS_UNDER_WAY - 1));
  }

  /** The other thread has taken one. */
  taken(): void {
    this.#underWay -= 1;
    if (this.#waiting.length > 0) this.#post(this.#waiting.shift());
    this.#wake();
  }

  /** The other thread takes no more. */
  refuse(message: string): void {
    this.#refused ??= new Refused(message);
    this.#waiting.length = 0;
    this.#wake();
  }

  /** Resolves when every item is on its way; rejects once the call is cancelled. */
  async flush(): Promise<void> {
    if (this.#waiting.length > 0) await this.#cancellation.unlessCancelled(() => this.#until(ITEMS_UNDER_WAY));
  }

  /** Resolves when none waits, and at most so many are under way. */
  async #until(most: number): Promise<void> {
    while (this.#waiting.length > 0 || this.#underWay > most) {
      if (this.#refused !== undefined) throw this.#refused;
      await this.#room.promise;
    }
    if (this.#refused !== undefined) throw this.#refused;
  }

  #wake(): void {
    const { resolve } = this.#room;
    this.#room = Promise.withResolvers();
    resolve();
  }

  #post(item: unknown): void {
    const { value, transfer } = parcel(item);
    post(this.#port, { kind: "item", value }, transfer);
    this.#underWay += 1;
  }
}
