/**
 * A client that is none. Its argument says what it does where it is told to connect; whatever else it is told it does not do.
 *
 * @module
 */

import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { z } from "zod";
import { misbehave } from "./noise.ts";

const Line = z.object({ do: z.string(), path: z.string().optional() });

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const order = Line.parse(JSON.parse(line));
  if (order.do !== "connect") return;
  const socket = new WebSocket(new URL(order.path ?? "/", process.env["TURNMUX_TEST_URL"]), {
    perMessageDeflate: false,
  });
  socket.on("open", () => misbehave(socket));
  socket.on("error", () => {});
});
lines.on("close", () => process.exit(0));

process.stdout.write(`${JSON.stringify({ ready: { carriages: ["binary", "text", "wrapped"], shared: true } })}\n`);
