/**
 * A session of the I/O thread as the main thread has it.
 *
 * @module
 */

import {
  ToolRegistry,
  type IncomingCalls,
  type OfferEntry,
  type SessionControl,
  type SessionEnd,
  type SessionIdentity,
  type SessionOptions,
  type ToolHandlers,
  type ToolTree,
} from "@turnmux/core";
import { GatewaySession } from "../../session/gateway-session.ts";
import type { House } from "../../session/house.ts";
import type { ToThread } from "../messages.ts";
import type { Movable } from "../postbox.ts";
import { BridgePort } from "./bridge-port.ts";
import type { ToldTools } from "./told-tools.ts";

/** What a {@link Mirror} works with. */
export interface MirrorOptions {
  readonly house: House;
  readonly identity: SessionIdentity;
  readonly tools: ToldTools;
  readonly post: (message: ToThread, moved?: readonly Movable[]) => void;
  /** Sends a message at once: what the session does next depends on it. */
  readonly now: (message: ToThread) => void;
  /** Told first of the session. */
  readonly first: ((session: GatewaySession) => void) | undefined;
  /** Whether its endpoint is being closed. */
  readonly closing: () => boolean;
}

/** See the module's comment. */
export class Mirror {
  readonly session: GatewaySession;
  readonly port: BridgePort;
  readonly calls: MirroredCalls;
  readonly #control: SessionControl;
  readonly #identity: SessionIdentity;
  #woken = false;
  readonly #closing: () => boolean;
  #ending: "close" | "revoke" | undefined;

  constructor({ house, identity, tools, post, now, first, closing }: MirrorOptions) {
    const sessionId = identity.id;
    this.calls = new MirroredCalls(house, sessionId, tools);
    this.port = new BridgePort({ sessionId, post, wake: () => this.#wake() });
    const { session, control } = house.makeSession(first, {
      incoming: () => this.calls,
      create: (options, own) => new MirrorSession(options, own, (scopes) => now({ kind: "scopes", sessionId, scopes })),
    });
    this.session = session;
    this.#control = control;
    const end = (how: "close" | "revoke", message: string): void => {
      this.#ending = this.#ending === "revoke" ? "revoke" : how;
      now({ kind: "endSession", sessionId, how, message });
    };
    control.onClose = (message) => end("close", message);
    control.onRevoke = (message) => end("revoke", message);
    this.#identity = identity;
    this.#closing = closing;
  }

  /** How this thread ends the session, once it does: the other one may not know yet. */
  get ending(): "close" | "revoke" | undefined {
    return this.#ending ?? (this.#closing() ? "close" : undefined);
  }

  /** The session stands, and whoever wants to know is told. */
  attach(): void {
    this.#control.attach(this.port, this.#identity);
  }

  suspend(end: SessionEnd): void {
    this.#control.suspend(end);
  }

  resume(identity: SessionIdentity): void {
    this.#control.resume(identity);
  }

  close(end: SessionEnd): void {
    this.port.over(end);
    this.#control.close(end);
  }

  #wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    queueMicrotask(() => {
      this.#woken = false;
      this.#control.pump();
    });
  }
}

/** A session whose grant is looked at in the other thread, too. */
class MirrorSession extends GatewaySession {
  readonly #scopesChanged: (scopes: readonly string[]) => void;

  constructor(
    options: SessionOptions,
    own: (control: SessionControl) => void,
    scopesChanged: (scopes: readonly string[]) => void,
  ) {
    super(options, own);
    this.#scopesChanged = scopesChanged;
  }

  override updateScopes(scopes: readonly string[]): void {
    super.updateScopes(scopes);
    if (this.state !== "closed") this.#scopesChanged([...scopes]);
  }
}

/** The peer's calls, which the other thread takes. */
class MirroredCalls implements IncomingCalls {
  /** As the other thread said last. */
  running = 0;
  readonly #house: House;
  readonly #sessionId: string;
  readonly #tools: ToldTools;
  #own: ToolRegistry | undefined;
  #untell: (() => void) | undefined;

  constructor(house: House, sessionId: string, tools: ToldTools) {
    this.#house = house;
    this.#sessionId = sessionId;
    this.#tools = tools;
  }

  offered(): OfferEntry[] {
    return [];
  }

  implement<T extends ToolTree>(tools: T, handlers: ToolHandlers<T>): () => void {
    if (this.#own === undefined) {
      const { once, registry } = this.#house;
      this.#own = new ToolRegistry({ hasJournal: once !== undefined, hasLanes: true, parent: registry });
      this.#untell = this.#tools.tell(this.#own, this.#sessionId, registry);
    }
    return this.#own.implement(tools, handlers);
  }

  leave(): void {
    this.#untell?.();
  }

  open(): void {}

  reset(): void {}

  makeVoid(): void {}

  room(): void {}

  abandon(): void {}

  suspended(): void {}

  resumed(): void {}

  ending(): void {}
}
