/**
 * What a session tells whoever listens.
 *
 * @module
 */
import type { ChannelEnd } from "../channel/events.ts";
import type { PeerHealth } from "../channel/heartbeat.ts";
import type { OfferEntry } from "../wire/frame.ts";

/**
 * Where a session is.
 *
 * - `"connecting"`: it does not stand yet; calls wait
 * - `"ready"`: calls go out
 * - `"reconnecting"`: the connection is gone and another one is awaited; calls under way go on, and new ones wait
 * - `"closed"`: it is over; calls fail at once
 */
export type SessionState = "connecting" | "ready" | "reconnecting" | "closed";

/** Why a session is over. */
export type SessionEnd = ChannelEnd;

/** What each event carries. */
export interface SessionEventMap {
  /**
   * The state has changed. `end` tells why, where a connection or the session ended; with `"ready"` it tells why the session
   * before could not be resumed, in whose place this one stands. `resumed` is true where the session goes on with another
   * connection: nothing was lost, and what the peer offers still holds.
   */
  state: {
    readonly state: SessionState;
    readonly end?: SessionEnd | undefined;
    readonly resumed?: boolean | undefined;
  };
  /** The peer offers other tools. */
  offer: { readonly tools: ReadonlyMap<string, OfferEntry> };
  /** On a client that is connected: the gateway was found to be busy, quiet, or neither any more. */
  gateway: PeerHealth;
  /** The peer takes no further calls; the ones under way finish. */
  drain: { readonly message: string; readonly retryAfterMs?: number | undefined };
}

/** An event of a session. */
export class SessionEvent<K extends keyof SessionEventMap> extends Event {
  /** What the event carries. */
  readonly detail: SessionEventMap[K];

  constructor(type: K, detail: SessionEventMap[K]) {
    super(type);
    this.detail = detail;
  }
}

/** A listener of one event. */
export type SessionListener<K extends keyof SessionEventMap> = (event: SessionEvent<K>) => void;

/** An `EventTarget` whose events are typed. */
export abstract class SessionEventTarget {
  /** Made with the first listener. */
  #target: EventTarget | undefined;
  /** Some runtimes end the process for a listener that throws: listeners are called by one that does not. */
  #guarded: WeakMap<object, EventListener> | undefined;
  /** Adds a listener, as `EventTarget` does. What it throws is logged and harms nobody. */
  addEventListener<K extends keyof SessionEventMap>(
    type: K,
    listener: SessionListener<K>,
    options?: AddEventListenerOptions,
  ): void {
    this.#target ??= new EventTarget();
    this.#target.addEventListener(type, this.#guard(listener), options);
  }

  /** Takes a listener off. */
  removeEventListener<K extends keyof SessionEventMap>(type: K, listener: SessionListener<K>): void {
    this.#target?.removeEventListener(type, this.#guard(listener));
  }

  #guard<K extends keyof SessionEventMap>(listener: SessionListener<K>): EventListener {
    this.#guarded ??= new WeakMap();
    const made = this.#guarded.get(listener);
    if (made !== undefined) return made;
    const guard: EventListener = (event) => {
      try {
        // The map says what the event of each name carries, and only `emit` makes events.
        listener(event as SessionEvent<K>);
      } catch (error) {
        this.threw(event.type, error);
      }
    };
    this.#guarded.set(listener, guard);
    return guard;
  }

  /** Hears what a listener of this event has thrown. */
  protected abstract threw(type: string, error: unknown): void;

  /** Tells the listeners. For the session itself. */
  protected emit<K extends keyof SessionEventMap>(type: K, detail: SessionEventMap[K]): void {
    this.#target?.dispatchEvent(new SessionEvent(type, detail));
  }
}
