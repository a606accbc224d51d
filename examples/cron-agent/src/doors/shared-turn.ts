/**
 * The turn's session, shared with the processes that its tools start: one share for each turn, for as long as the door is open.
 *
 * @module
 */

import { attach, type Share } from "@turnmux/client";
import { onSession } from "./on-session.ts";
import type { CallOptions, DoorContext, ToolDoor } from "./door.ts";

/** Makes a call in a process that has the share in its environment. */
export type CallInProcess = (share: Share, tool: string, args: unknown, options: CallOptions) => Promise<unknown>;

/** A door on the socket that is there already, whose calls are made by other processes. `close` ends those that are left. */
export function sharedTurn({ socket }: DoorContext, call: CallInProcess, close: () => Promise<void>): ToolDoor {
  const session = attach(socket);
  const shares = new Map<string, Promise<Share>>();
  return {
    tools: () => onSession(session).tools(),
    call: async (tool, args, options) => {
      const { turn, lineage } = options;
      const shared = shares.get(turn) ?? session.share(session.turn(turn, { lineage }));
      shares.set(turn, shared);
      return call(await shared, tool, args, options);
    },
    close: async () => {
      await close();
      for (const shared of shares.values()) await (await shared).close();
      await session.close();
    },
  };
}
