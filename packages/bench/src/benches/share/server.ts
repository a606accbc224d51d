/**
 * The gateway.
 *
 * @module
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createGateway, tokenAuth } from "@turnmux/gateway";
import { serveProgram } from "../../process/program.ts";
import { tools } from "./contract.ts";
import { SECRET, type ServerActions } from "./settings.ts";

const gateway = createGateway();
gateway.implement(tools, { echo: ({ text }) => ({ text }) });
const server = createServer();
let sockets = 0;
server.on("connection", () => {
  sockets += 1;
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
gateway.listen({ server, path: "/session", auth: tokenAuth(SECRET, { principal: "ada", scopes: [] }) });
const actions: ServerActions = { sockets: () => sockets };

// It listens on a port of TCP.
serveProgram(actions, `ws://127.0.0.1:${(server.address() as AddressInfo).port}/session`);
