/**
 * turnmux on a connection of its own to the gateway's I/O thread, which answers while the gateway stands still.
 *
 * @module
 */

import { connect, sharedToken } from "@turnmux/client";
import { tools } from "../contract.ts";
import type { DoorContext, ToolDoor } from "./door.ts";
import { onSession } from "./on-session.ts";

/** Opens a door beside the session's socket, before there is a turn: one connection for all of its calls. */
export function ioThread({ threadUrl, token }: DoorContext): ToolDoor {
  if (threadUrl === undefined) throw new Error("this gateway has no I/O thread");
  const opened = connect(threadUrl, { auth: sharedToken(token) }).then(async (session) => {
    // Behind an answer of the main thread, that has heard of the connection, and has counted it.
    await session.client(tools).cron.list();
    return onSession(session);
  });
  let door: ToolDoor | undefined;
  return {
    ready: async () => {
      door = await opened;
    },
    tools: async () => (await opened).tools(),
    call: async (tool, args, options) => (await opened).call(tool, args, options),
    acceptedMs: () => door?.acceptedMs?.(),
    close: async () => (await opened).close(),
  };
}
