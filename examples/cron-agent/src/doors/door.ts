/**
 * What a turn needs of a way to the gateway, so that the same turn can be run over each of them.
 *
 * @module
 */

import type { ToolDescription } from "@turnmux/client";
import type { WebSocket } from "ws";

/** A tool as the model is told about it. */
export type DoorTool = Pick<ToolDescription, "name" | "description" | "input">;

/** What belongs to a call besides its arguments. */
export interface CallOptions {
  /** The turn that the call belongs to. */
  readonly turn: string;
  /** The turn's token: whoever carries it is on behalf of the turn. */
  readonly lineage: string;
  /** Names the call: the id that the model gave it. */
  readonly key: string;
  /** Aborted when the whole run is over; the call's own limit is the door's business. */
  readonly signal: AbortSignal;
}

/** One way for the tools inside a session's turns to reach the gateway. */
export interface ToolDoor {
  /** The tools that the model may call. */
  tools(): Promise<readonly DoorTool[]>;
  /** Calls a tool. Rejects with an error that the model gets to read about. */
  call(tool: string, args: unknown, options: CallOptions): Promise<unknown>;
  /** Long texts that arrived beside the calls, where the door has any sent: those that were whole, and those that were not. */
  texts?(): TextCounts;
  /** The longest that a caller has waited until it heard that its call was taken, in milliseconds, where that can be told. */
  acceptedMs?(): number | undefined;
  /** Settles when the door is open, where that takes a while. */
  ready?(): Promise<void>;
  /** Gives back what the door itself opened; never the session's socket. */
  close(): Promise<void>;
}

/** See {@link ToolDoor.texts}. */
export interface TextCounts {
  readonly whole: number;
  readonly broken: number;
}

/** What a door can be made of: all that a runner knows. */
export interface DoorContext {
  readonly url: string;
  readonly token: string;
  readonly session: string;
  /** Where the gateway's I/O thread takes connections, where it has one. */
  readonly threadUrl: string | undefined;
  /** The session's own socket, open and authenticated. */
  readonly socket: WebSocket;
}

export type OpenDoor = (context: DoorContext) => ToolDoor;
