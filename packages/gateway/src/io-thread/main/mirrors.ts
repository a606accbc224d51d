/**
 * All sessions of the I/O thread, as the main thread has them.
 *
 * @module
 */

import type { SessionEnd } from "@turnmux/core";
import type { GatewaySession } from "../../session/gateway-session.ts";
import type { House } from "../../session/house.ts";
import type { ToMain, ToThread } from "../messages.ts";
import type { Movable } from "../postbox.ts";
import { Mirror } from "./mirror.ts";
import type { ToldTools } from "./told-tools.ts";

/** What {@link Mirrors} work with. */
export interface MirrorsOptions {
  readonly house: House;
  readonly tools: ToldTools;
  readonly post: (message: ToThread, moved?: readonly Movable[]) => void;
  /** Sends a message at once. */
  readonly now: (message: ToThread) => void;
  /** Who is told first of the sessions of an endpoint. */
  readonly onSession: (endpoint: number) => ((session: GatewaySession) => void) | undefined;
  /** Whether an endpoint is being closed. */
  readonly closing: (endpoint: number) => boolean;
}

/** What the thread tells of its sessions. */
export type SessionMessage = Extract<
  ToMain,
  { kind: "session" | "suspended" | "resumed" | "sessionClosed" | "event" | "lateness" | "running" }
>;

/** See the module's comment. */
export class Mirrors {
  readonly #options: MirrorsOptions;
  readonly #mirrors = new Map<string, Mirror>();

  constructor(options: MirrorsOptions) {
    this.#options = options;
  }

  /** The mirror of a session that stands. */
  get(sessionId: string): Mirror | undefined {
    return this.#mirrors.get(sessionId);
  }

  take(message: SessionMessage): void {
    switch (message.kind) {
      case "session": {
        const { onSession, closing, ...rest } = this.#options;
        const { identity, endpoint } = message;
        const mirror = new Mirror({
          ...rest,
          identity,
          first: onSession(endpoint),
          closing: () => closing(endpoint),
        });
        this.#mirrors.set(identity.id, mirror);
        mirror.attach();
        this.#options.post({ kind: "introduced", sessionId: identity.id });
        return;
      }
      case "resumed":
        this.#mirrors.get(message.identity.id)?.resume(message.identity);
        return;
      case "suspended":
        this.#mirrors.get(message.sessionId)?.suspend(message.end);
        return;
      case "sessionClosed": {
        const mirror = this.#mirrors.get(message.sessionId);
        this.#mirrors.delete(message.sessionId);
        mirror?.close(message.end);
        return;
      }
      case "event":
        this.#mirrors.get(message.sessionId)?.port.take(message.event);
        return;
      case "lateness":
        this.#mirrors.get(message.sessionId)?.port.late(message.lagMs, message.heardAt);
        return;
      case "running": {
        const calls = this.#mirrors.get(message.sessionId)?.calls;
        if (calls !== undefined) calls.running = message.count;
        this.#options.house.changed();
      }
    }
  }

  /** The thread is gone, and all its sessions with it. */
  close(end: SessionEnd): void {
    const mirrors = [...this.#mirrors.values()];
    this.#mirrors.clear();
    for (const mirror of mirrors) mirror.close(end);
  }
}
