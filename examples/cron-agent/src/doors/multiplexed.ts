/**
 * turnmux on the session's own socket: no second connection, no second handshake.
 *
 * @module
 */

import { attach } from "@turnmux/client";
import type { DoorContext, ToolDoor } from "./door.ts";
import { onSession } from "./on-session.ts";

/** Opens a door on the socket that is there already. Its host messages pass as before. */
export function multiplexed({ socket }: DoorContext): ToolDoor {
  return onSession(attach(socket));
}
