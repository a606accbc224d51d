/**
 * A session in the I/O thread, as its channel controls it: the main thread's mirror of it hears of everything.
 *
 * @module
 */

import type {
  CallPort,
  LateTools,
  Lateness,
  PortEvent,
  Session,
  SessionControl,
  SessionEnd,
  SessionIdentity,
  ToolRegistry,
} from "@turnmux/core";
import type { ToMain } from "../messages.ts";
import type { Movable } from "../postbox.ts";
import { sharedTime } from "../shared.ts";
import type { Outbox } from "./outbox.ts";
import { TapPort, type TapListener } from "./tap-port.ts";

/** What the main thread hears of a session, beside what each call of its own came to, and that it is over. */
const TOPICS = ["session", "suspended", "resumed", "offer", "drain", "lateness", "running"] as const;

type Topic = (typeof TOPICS)[number];

/** What a {@link TapControl} works with. */
export interface TapOptions {
  readonly inner: SessionControl;
  /** The tools that the session has of its own. */
  readonly registry: ToolRegistry;
  /** Until when the main thread has not come to the session. */
  readonly late: LateTools;
  readonly box: Outbox<ToMain>;
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
    this.#tell("session", { kind: "session", endpoint, identity: { id, principal, scopes } });
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
    // Where the main thread has not heard that it was resumed it takes it for suspended all the while.
    if (this.#announced && !this.#takeBack("resumed")) {
      this.#tell("suspended", { kind: "suspended", sessionId: this.#id, end });
    }
  }

  resume(identity: SessionIdentity): boolean {
    if (this.#announced) this.#tell("resumed", { kind: "resumed", identity });
    return this.#options.inner.resume(identity);
  }

  detach(state: "connecting" | "reconnecting", end?: SessionEnd): void {
    this.#options.inner.detach(state, end);
  }

  close(end: SessionEnd): void {
    this.#options.inner.close(end);
    if (this.#announced) {
      // One that the main thread has not heard of was never there.
      const isUnknown = this.#takeBack("session");
      for (const topic of TOPICS) this.#takeBack(topic);
      if (!isUnknown) this.#options.box.post({ kind: "sessionClosed", sessionId: this.#id, end });
    }
    this.#options.over(this);
  }

  setScopes(scopes: readonly string[]): void {
    this.#options.inner.setScopes(scopes);
  }

  /** The main thread has come to the session: what tools of its own it has was told. */
  introduced(): void {
    this.#options.late.over();
  }

  revoke(message: string): void {
    this.#options.inner.revoke(message);
  }

  tapped(event: PortEvent, moved?: readonly Movable[]): void {
    this.#options.box.post({ kind: "event", sessionId: this.#id, event }, moved, this.#keyOf(event));
  }

  late({ lagMs, at }: Lateness): void {
    this.#tell("lateness", { kind: "lateness", sessionId: this.#id, lagMs, heardAt: sharedTime(at) });
  }

  counted(): void {
    this.#options.counted(this);
  }

  /** Tells how many calls of the peer are not over, where that is not what was told last. */
  tellCount(): void {
    const count = this.session.activeCalls.incoming;
    if (!this.#announced || count === this.#told) return;
    this.#told = count;
    this.#tell("running", { kind: "running", sessionId: this.#id, count });
  }

  /** Of each topic the latest waits. */
  #tell(topic: Topic, message: ToMain): void {
    this.#options.box.post(message, undefined, `${topic} ${this.#id}`);
  }

  #takeBack(topic: Topic): boolean {
    return this.#options.box.takeBack(`${topic} ${this.#id}`);
  }

  /** What the peer may say as often as it likes has one: the latest counts. Items have credit, and each call ends once. */
  #keyOf(event: PortEvent): string | undefined {
    switch (event.type) {
      case "offer":
      case "drain":
        return `${event.type} ${this.#id}`;
      case "accept":
      case "progress":
        return `${event.type} ${this.#id} ${event.call}`;
      default:
        return undefined;
    }
  }
}
