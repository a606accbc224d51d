/**
 * The runner: holds the session's one WebSocket to the gateway, and takes the session's turns.
 *
 * @module
 */

import { WebSocket } from "ws";
import type { DoorContext, OpenDoor } from "../doors/door.ts";
import { openHostSocket } from "../host/connect.ts";
import { ChatRequest, HostError } from "../host/message.ts";
import { HostPeer } from "../host/peer.ts";
import type { ModelSettings } from "../turn/model.ts";
import type { TurnRecord } from "../turn/record.ts";
import { runTurn } from "../turn/turn.ts";

/** How a runner is started. */
export interface RunnerOptions {
  readonly url: string;
  readonly token: string;
  readonly session: string;
  readonly model: ModelSettings;
  /** Makes the way to the gateway, anew for each turn. */
  readonly openDoor: OpenDoor;
  /** Ends everything. */
  readonly signal: AbortSignal;
}

/** A runner on a socket that is open and authenticated. Whoever connects it calls `close`. */
export class Runner {
  /** The turns that were taken, oldest first. */
  readonly turns: TurnRecord[] = [];
  /** Tick events that arrived, among all that turnmux sends on the same socket. */
  ticks = 0;
  readonly #options: RunnerOptions;
  readonly #ws: WebSocket;
  readonly #peer: HostPeer;

  private constructor(options: RunnerOptions) {
    this.#options = options;
    this.#ws = new WebSocket(options.url);
    this.#peer = new HostPeer(this.#ws, {
      request: (method, params) => this.#request(method, params),
      event: (event) => {
        if (event === "tick") this.ticks += 1;
      },
    });
  }

  /** Opens the session's socket, and settles when the gateway has let us in. */
  static async connect(options: RunnerOptions): Promise<Runner> {
    const runner = new Runner(options);
    try {
      await openHostSocket(runner.#peer, { ...options, role: "runner" }, options.signal);
      return runner;
    } catch (error) {
      runner.#ws.terminate();
      throw error;
    }
  }

  /** Closes the session's socket. */
  async close(): Promise<void> {
    if (this.#ws.readyState === this.#ws.CLOSED) return;
    const closed = new Promise((resolve) => this.#ws.once("close", resolve));
    this.#ws.close();
    await closed;
  }

  async #request(method: string, params: unknown): Promise<unknown> {
    if (method !== "chat") throw new HostError("unimplemented", `no method ${method} here`);
    const { turn, text } = ChatRequest.parse(params);
    const { url, token, session, model, openDoor, signal } = this.#options;
    const context: DoorContext = { url, token, session, turn, socket: this.#ws };
    const door = await openDoor(context);
    try {
      const onDelta = (delta: string) => this.#peer.event("chat.delta", { turn, text: delta });
      const record = await runTurn({ model, text, door, signal, onDelta });
      this.turns.push(record);
      return { text: record.reply };
    } catch (error) {
      throw new HostError("internal", error instanceof Error ? error.message : String(error));
    } finally {
      await door.close();
    }
  }
}
