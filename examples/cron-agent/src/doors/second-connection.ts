/**
 * The old way: a second WebSocket back to the gateway for each call, with challenge, proof, request, and a timeout over
 * all of it.
 *
 * @module
 */

import { WebSocket } from "ws";
import { HostPeer } from "../host/peer.ts";
import { openHostSocket } from "../host/connect.ts";
import { KNOWN_TOOLS } from "./known-tools.ts";
import { withTimeout } from "./timeout.ts";
import type { DoorContext, ToolDoor } from "./door.ts";

/** Opens the door of the original report. */
export function secondConnection(timeoutMs: number): (context: DoorContext) => ToolDoor {
  return ({ url, token, session }) => ({
    tools: () => Promise.resolve(KNOWN_TOOLS),
    call: (tool, args, options) =>
      withTimeout(timeoutMs, options.signal, async (signal) => {
        const ws = new WebSocket(url);
        try {
          const peer = new HostPeer(ws);
          await openHostSocket(peer, { token, session, role: "tool" }, signal);
          return await peer.request(tool, args, signal);
        } finally {
          if (ws.readyState === ws.OPEN) ws.close();
          else ws.terminate();
        }
      }),
    close: () => Promise.resolve(),
  });
}
