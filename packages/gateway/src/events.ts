/**
 * What a gateway tells whoever listens.
 *
 * @module
 */

import type { Logger } from "@turnmux/core";
import type { GatewaySession } from "./session/gateway-session.ts";

/** What each event carries. */
export interface GatewayEventMap {
  /** A session stands: of a host's socket, an endpoint, or this process. */
  session: { readonly session: GatewaySession };
}

/** An event of a gateway. */
export class GatewayEvent<K extends keyof GatewayEventMap> extends Event {
  /** What the event carries. */
  readonly detail: GatewayEventMap[K];

  constructor(type: K, detail: GatewayEventMap[K]) {
    super(type);
    this.detail = detail;
  }
}

/** A listener of one event. */
export type GatewayListener<K extends keyof GatewayEventMap> = (event: GatewayEvent<K>) => void;

/** An `EventTarget` whose events are typed, and whose listeners can do no harm: what they throw is logged. */
export class GatewayEventTarget {
  readonly #target = new EventTarget();
  readonly #guarded = new WeakMap<object, (event: Event) => void>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Adds a listener, as `EventTarget` does. */
  addEventListener<K extends keyof GatewayEventMap>(
    type: K,
    listener: GatewayListener<K>,
    options?: { readonly once?: boolean; readonly signal?: AbortSignal },
  ): void {
    let guarded = this.#guarded.get(listener);
    if (guarded === undefined) {
      guarded = (event) => {
        // Node would end the process for it, and a peer had only to connect.
        guard(this.#log, `a listener of "${type}" threw`, () => {
          // The map says what the event of each name carries, and only `emit` makes events.
          listener(event as GatewayEvent<K>);
        });
      };
      this.#guarded.set(listener, guarded);
    }
    this.#target.addEventListener(type, guarded, options);
  }

  /** Takes a listener off. */
  removeEventListener<K extends keyof GatewayEventMap>(type: K, listener: GatewayListener<K>): void {
    const guarded = this.#guarded.get(listener);
    if (guarded !== undefined) this.#target.removeEventListener(type, guarded);
  }

  /** Tells the listeners. For the gateway itself. */
  protected emit<K extends keyof GatewayEventMap>(type: K, detail: GatewayEventMap[K]): void {
    this.#target.dispatchEvent(new GatewayEvent(type, detail));
  }
}

/** Runs a callback of the user's, and logs what it throws. */
export function guard(log: Logger, what: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    log.error(`turnmux: ${what}`, { error });
  }
}
