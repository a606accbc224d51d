/**
 * What a turn needs of a way to the gateway, so that the same turn can be run over each of them.
 *
 * @module
 */

import type { WebSocket } from "ws";
import type { ToolName } from "../tools.ts";

/** What belongs to a call besides its arguments. */
export interface CallOptions {
  /** Names the call: the id that the model gave it. */
  readonly key: string;
  /** Aborted when the whole run is over; the call's own limit is the door's business. */
  readonly signal: AbortSignal;
}

/** One way for a tool inside a turn to reach the gateway. Made for one turn, and closed after it. */
export interface ToolDoor {
  /** Calls a tool. Rejects with an error whose text the model gets to read. */
  call(tool: ToolName, args: unknown, options: CallOptions): Promise<unknown>;
  /** Gives back what the door itself opened; never the session's socket. */
  close(): Promise<void>;
}

/** What a door can be made of: all that a runner knows. */
export interface DoorContext {
  readonly url: string;
  readonly token: string;
  readonly session: string;
  readonly turn: string;
  /** The session's own socket, open and authenticated. */
  readonly socket: WebSocket;
}

export type OpenDoor = (context: DoorContext) => Promise<ToolDoor> | ToolDoor;
