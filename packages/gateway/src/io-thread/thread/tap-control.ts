/**
 * A session in the I/O thread, as its channel controls it: the main thread's mirror of it hears of everything.
 *
 * @module
 */

import type {
  CallPort,
  Lateness,
  PortEvent,
  Session,
  SessionControl,
  SessionEnd,
  SessionIdentity,
  ToolRegistry,
} from "@turnmux/core";
import type { ToMain } from "../messages.ts";
import type { Movable, Postbox } from "../postbox.ts";
import { sharedTime } from "../shared.ts";
import { TapPort, type TapListener } from "./tap-port.ts";

/** What a {@link TapControl} works with. */
export interface TapOptions {
  readonly inner: SessionControl;
  /** The tools that the session has of its own. */
  readonly registry: ToolRegistry;
  readonly box: Postbox<ToMain>;
  /** Its calls are to be counted before messages leave. */
  readonly counted: (control: TapControl) => void;
  /** The session is over. */
  readonly over: (control: TapControl) => void;
}

/** See the module's comment. */
export class TapControl implements SessionControl, TapListener {
  readonly #options: TapOptions;
  #port: TapPort | undefined;
  #id = "";
  /** True once the main thread has heard of the session. */
  #announced = false;
  #told = 0;

  constructor(options: TapOptions) {
    this.#options = options;
  }

  get session(): Session {
    return this.#options.inner.session;
  }

  get registry(): ToolRegistry {
    return this.#options.registry;
  }

  get port(): TapPort | undefined {
    return this.#port;
  }

  get deadlines(): SessionControl["deadlines"] {
    return this.#options.inner.deadlines;
  }

  get onState(): SessionControl["onState"] {
    return this.#options.inner.onState;
  }

  set onState(listener: SessionControl["onState"]) {
    this.#options.inner.onState = listener;
  }

  get onClose(): SessionControl["onClose"] {
    return this.#options.inner.onClose;
  }

  set onClose(listener: SessionControl["onClose"]) {
    this.#options.inner.onClose = listener;
  }

  get onRevoke(): SessionControl["onRevoke"] {
    return this.#options.inner.onRevoke;
  }

  set onRevoke(listener: SessionControl["onRevoke"]) {
    this.#options.inner.onRevoke = listener;
  }

  /** The session stands, at this endpoint: the main thread may know of it. */
  announce(endpoint: number): void {
    const { id, principal, scopes } = this.session;
    this.#announced = true;
    this.#options.box.post({ kind: "session", endpoint, identity: { id, principal, scopes } });
  }

  attach(port: CallPort, identity: SessionIdentity, lost?: SessionEnd): void {
    this.#id = identity.id;
    this.#port = new TapPort(port, this);
    this.#options.inner.attach(this.#port, identity, lost);
  }

  pump(): void {
    this.#options.inner.pump();
  }

  suspend(end: SessionEnd): void {
    this.#options.inner.suspend(end);
    if (this.#announced) this.#options.box.post({ kind: "suspended", sessionId: this.#id, end });
  }

  resume(identity: SessionIdentity): boolean {
    if (this.#announced) this.#options.box.post({ kind: "resumed", identity });
    return this.#options.inner.resume(identity);
  }

  detach(state: "connecting" | "reconnecting", end?: SessionEnd): void {
    this.#options.inner.detach(state, end);
  }

  close(end: SessionEnd): void {
    this.#options.inner.close(end);
    if (this.#announced) this.#options.box.post({ kind: "sessionClosed", sessionId: this.#id, end });
    this.#options.over(this);
  }

  setScopes(scopes: readonly string[]): void {
    this.#options.inner.setScopes(scopes);
  }

  revoke(message: string): void {
    this.#options.inner.revoke(message);
  }

  tapped(event: PortEvent, moved?: readonly Movable[]): void {
    this.#options.box.post({ kind: "event", sessionId: this.#id, event }, moved);
  }

  late({ lagMs, at }: Lateness): void {
    this.#options.box.post({ kind: "lateness", sessionId: this.#id, lagMs, heardAt: sharedTime(at) });
  }

  counted(): void {
    this.#options.counted(this);
  }

  /** Tells how many calls of the peer are not over, where that is not what was told last. */
  tellCount(): void {
    const count = this.session.activeCalls.incoming;
    if (!this.#announced || count === this.#told) return;
    this.#told = count;
    this.#options.box.post({ kind: "running", sessionId: this.#id, count });
  }
}
