/**
 * What a stock carrier does to the socket object itself, and how it takes that back.
 *
 * @module
 */

import { UsageError } from "../errors/usage.ts";

/** Known across bundles and versions, so that two copies of this package do not attach to one socket. */
const ATTACHED: unique symbol = Symbol.for("turnmux.attached");

/** Marks a socket as attached. Returns what takes the mark away. Throws {@link UsageError} where there is a mark. */
export function markAttached(socket: object): () => void {
  if (Object.hasOwn(socket, ATTACHED)) {
    throw new UsageError(
      "turnmux is attached to this WebSocket already, and a socket has one channel: use that one, or detach it first",
    );
  }
  if (!Object.isExtensible(socket)) {
    throw new UsageError("turnmux cannot attach to a WebSocket object that is frozen: attach before freezing it");
  }
  Object.defineProperty(socket, ATTACHED, { value: true, configurable: true, enumerable: false });
  return () => {
    Reflect.deleteProperty(socket, ATTACHED);
  };
}

/**
 * Puts what `wrap` makes of `target[name]` in its place, on this instance alone. Returns what puts back the property, or the
 * absence of one, that was there before.
 *
 * Where somebody else has wrapped the method in the meantime, theirs stays, and goes on to call ours: the caller makes
 * its method pass everything through from then on.
 */
export function wrapMethod<T extends object, K extends keyof T>(
  target: T,
  name: K,
  wrap: (pass: T[K]) => T[K],
): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  const method = wrap(target[name]);
  Object.defineProperty(target, name, { value: method, writable: true, configurable: true, enumerable: false });
  return () => {
    if (Object.getOwnPropertyDescriptor(target, name)?.value !== method) return;
    if (before === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, before);
  };
}
