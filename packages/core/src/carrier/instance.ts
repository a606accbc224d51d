/**
 * What a stock carrier does to the socket object itself, and how it takes that back.
 *
 * @module
 */

import { UsageError } from "../errors/usage.ts";

/** Known across bundles and versions, so that two copies of this package do not attach to one socket. */
const ATTACHED: unique symbol = Symbol.for("turnmux.attached");

/** Marks a socket as attached, until {@link unmark}. Throws {@link UsageError} where there is a mark. */
export function markAttached(socket: object): void {
  if (Object.hasOwn(socket, ATTACHED)) {
    throw new UsageError(
      "turnmux is attached to this WebSocket already, and a socket has one channel: use that one, or detach it first",
    );
  }
  if (!Object.isExtensible(socket)) {
    throw new UsageError("turnmux cannot attach to a WebSocket object that is frozen: attach before freezing it");
  }
  Object.defineProperty(socket, ATTACHED, { value: true, configurable: true, enumerable: false });
}

/** Takes the mark away. */
export function unmark(socket: object): void {
  Reflect.deleteProperty(socket, ATTACHED);
}

/** A method of one instance that has another one in its place. A class: a gateway has two for each of its sockets. */
export class Wrapped<T extends object, K extends keyof T> {
  readonly #target: T;
  readonly #name: K;
  readonly #before: PropertyDescriptor | undefined;
  readonly #method: T[K];

  /** Puts what `wrap` makes of `target[name]` in its place, on this instance alone. */
  constructor(target: T, name: K, wrap: (pass: T[K]) => T[K]) {
    this.#target = target;
    this.#name = name;
    this.#before = Object.getOwnPropertyDescriptor(target, name);
    this.#method = wrap(target[name]);
    Object.defineProperty(target, name, {
      value: this.#method,
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }

  /**
   * Puts back the property, or the absence of one, that was there before.
   *
   * Where somebody else has wrapped the method in the meantime, theirs stays, and goes on to call ours: the owner makes
   * its method pass everything through from then on.
   */
  restore(): void {
    if (Object.getOwnPropertyDescriptor(this.#target, this.#name)?.value !== this.#method) return;
    if (this.#before === undefined) Reflect.deleteProperty(this.#target, this.#name);
    else Object.defineProperty(this.#target, this.#name, this.#before);
  }
}
