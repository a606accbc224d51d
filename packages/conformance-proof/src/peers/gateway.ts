/**
 * A gateway under test, on `@turnmux/gateway`: `docs/spec.md` section 15.
 *
 * @module
 */

import { createServer, type IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { createGateway, ed25519Auth, memoryJournal, sqliteJournal, tokenAuth, type Gateway } from "@turnmux/gateway";
import { WebSocketServer, type WebSocket } from "ws";
import { gatewayTools, sessionTools } from "./contracts.ts";
import { Counters } from "./counters.ts";
import { lateHost, sharedHost, wrappedHost } from "./hosts.ts";
import { devicePublicKey, HOST_GRANT, TOKENS } from "./keys.ts";
import { environmentLimits } from "./limits.ts";
import { sayReady } from "./lines.ts";
import { logger } from "./logger.ts";
import { RefusingJournal } from "./refusing-journal.ts";
import { gatewayHandlers } from "./services.ts";
import { sessionHandlers } from "./session-tools.ts";

/** How long calls may take to finish after SIGTERM, in milliseconds. */
const GRACE_MS = 2_000;

const HOSTS: Readonly<Record<string, (gateway: Gateway, socket: WebSocket) => void>> = {
  "/shared": sharedHost,
  "/late": lateHost,
  "/wrapped": wrappedHost,
};

// Whoever started this process and is gone needs it no more.
process.stdin.on("end", () => process.exit(0)).resume();

const folder = process.env["TURNMUX_TEST_STATE"];
const counters = new Counters(folder);
const journal = new RefusingJournal(folder === undefined ? memoryJournal() : sqliteJournal(join(folder, "journal.db")));
const gateway = createGateway({ journal, limits: environmentLimits(), logger });
gateway.implement(gatewayTools, gatewayHandlers(counters, journal));
gateway.addEventListener("session", ({ detail: { session } }) => {
  session.implement(sessionTools, sessionHandlers(session));
});

const server = createServer();
const hosts = new WebSocketServer({ noServer: true, perMessageDeflate: false });
server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
  const host = HOSTS[request.url ?? ""];
  if (host !== undefined) hosts.handleUpgrade(request, socket, head, (webSocket) => host(gateway, webSocket));
});
gateway.listen({
  server,
  path: "/turnmux",
  auth: [
    tokenAuth({ tokens: TOKENS }),
    ed25519Auth({ keys: { device: { ...HOST_GRANT, publicKey: devicePublicKey() } } }),
  ],
});
server.listen(Number(process.env["TURNMUX_TEST_PORT"] ?? "0"), "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  const at = (path: string): string => `ws://127.0.0.1:${address.port}${path}`;
  sayReady({ endpoint: at("/turnmux"), shared: at("/shared"), late: at("/late"), wrapped: at("/wrapped") });
});

process.once("SIGTERM", () => {
  void gateway.drain({ graceMs: GRACE_MS }).then(async () => {
    await journal.close();
    process.exit(0);
  });
});
