/**
 * The runner: holds the session's one WebSocket to the gateway, and takes the session's turns.
 *
 * @module
 */

import { WebSocket } from "ws";
import type { OpenDoor, TextCounts, ToolDoor } from "../doors/door.ts";
import { openHostSocket } from "../host/connect.ts";
import { ChatRequest, HostError } from "../host/message.ts";
import { HostPeer } from "../host/peer.ts";
import type { ModelSettings } from "../turn/model.ts";
import type { TurnRecord } from "../turn/record.ts";
import { runTurn } from "../turn/turn.ts";

/** How a runner is started. */
export interface RunnerOptions {
  readonly url: string;
  /** Where the gateway's I/O thread listens, where it has one. */
  readonly threadUrl?: string | undefined;
  readonly token: string;
  readonly session: string;
  readonly model: ModelSettings;
  /** Makes the way to the gateway, once the socket is authenticated. */
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
  #door: ToolDoor | undefined;

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
      const { url, threadUrl, token, session, openDoor } = options;
      await openHostSocket(runner.#peer, { token, session, role: "runner" }, options.signal);
      runner.#door = openDoor({ url, threadUrl, token, session, socket: runner.#ws });
      await runner.#door.ready?.();
      return runner;
    } catch (error) {
      runner.#ws.terminate();
      throw error;
    }
  }

  /** The texts that the door had sent so far beside the turns' calls. */
  get texts(): TextCounts {
    return this.#door?.texts?.() ?? { whole: 0, broken: 0 };
  }

  /** See {@link ToolDoor.acceptedMs}. */
  get acceptedMs(): number | undefined {
    return this.#door?.acceptedMs?.();
  }

  /** Closes the door, and then the session's socket. */
  async close(): Promise<void> {
    await this.#door?.close();
    if (this.#ws.readyState === this.#ws.CLOSED) return;
    const closed = new Promise((resolve) => this.#ws.once("close", resolve));
    this.#ws.close();
    await closed;
  }

  async #request(method: string, params: unknown): Promise<unknown> {
    if (method !== "chat") throw new HostError("unimplemented", `no method ${method} here`);
    const { turn, lineage, text } = ChatRequest.parse(params);
    const { model, signal } = this.#options;
    const door = this.#door;
    if (door === undefined) throw new HostError("unavailable", "the door is not open yet");
    try {
      const onDelta = (delta: string) => this.#peer.event("chat.delta", { turn, text: delta });
      const record = await runTurn({ turn, lineage, model, text, door, signal, onDelta });
      this.turns.push(record);
      return { text: record.reply };
    } catch (error) {
      throw new HostError("internal", error instanceof Error ? error.message : String(error));
    }
  }
}
