/**
 * What a peer says that speaks no turnmux.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import type { WebSocket } from "ws";

const OCTETS = 64;

/** How turnmux's binary messages start. */
const MARK = Buffer.from([0xc1, 0x01]);

/** Does on a socket that is open what the program's argument says. */
export function misbehave(socket: WebSocket): void {
  const [, , kind] = process.argv;
  socket.on("error", () => {});
  if (kind === "closes") {
    socket.close();
    return;
  }
  if (kind === "silent") return;
  const say = (): void => {
    const octets = randomBytes(OCTETS);
    socket.send(kind === "marked-noise" ? Buffer.concat([MARK, octets]) : octets);
  };
  say();
  socket.on("message", say);
}
