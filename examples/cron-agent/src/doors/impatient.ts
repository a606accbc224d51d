/**
 * turnmux on the session's own socket, in the hands of somebody who does not wait.
 *
 * @module
 */

import { attach } from "@turnmux/client";
import type { DoorContext, ToolDoor } from "./door.ts";
import { onSession } from "./on-session.ts";

/** Opens a door like {@link multiplexed} that gives the first `cron.add` so much time and no more. */
export function impatient(timeoutMs: number): (context: DoorContext) => ToolDoor {
  return ({ socket }) => {
    let adds = 0;
    return onSession(attach(socket), (tool) => (tool === "cron.add" && adds++ === 0 ? timeoutMs : undefined));
  };
}
