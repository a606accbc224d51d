/**
 * A gateway that is none. Its argument says what it does.
 *
 * @module
 */

import { WebSocketServer } from "ws";
import { misbehave } from "./noise.ts";

process.stdin.on("end", () => process.exit(0)).resume();
process.once("SIGTERM", () => process.exit(0));

const port = Number(process.env["TURNMUX_TEST_PORT"] ?? "0");
const server = new WebSocketServer({ host: "127.0.0.1", port, perMessageDeflate: false });
server.on("connection", misbehave);
server.on("listening", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  const at = (path: string): string => `ws://127.0.0.1:${address.port}${path}`;
  const urls = { endpoint: at("/turnmux"), shared: at("/shared"), late: at("/late"), wrapped: at("/wrapped") };
  process.stdout.write(`${JSON.stringify({ ready: urls })}\n`);
});
