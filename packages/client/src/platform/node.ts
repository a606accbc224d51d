/**
 * Sockets in Node: those of the `ws` package, unless a factory makes others.
 *
 * @module
 */
import { UsageError, webSocketCarrier, wsCarrier, type Carrier, type SocketCarrierOptions } from "@turnmux/core";
import { WebSocket, type ClientOptions } from "ws";
import { openSocket } from "../connection/open-socket.ts";
import type { ClientSocket } from "../options.ts";
import { ALL_PARTS } from "../parts.ts";
import { diagnostics } from "./diagnostics.ts";
import { runtimeEnvironment } from "./environment.ts";
import { lagMs, measureLag } from "./lag.ts";
import { listenForRefusal } from "./refusal.ts";
import type { Platform, Target } from "./platform.ts";

/** How long a gateway may take to answer the closing handshake. Until then the socket keeps the process alive. */
const CLOSE_TIMEOUT_MS = 2_000;

/** See the module's comment. */
export const nodePlatform: Platform = {
  parts: ALL_PARTS,
  environment: (log) => runtimeEnvironment(log, { ...diagnostics(), lagMs }),
  measureLag,
  share: async (session, turn, options) => {
    // Most processes share nothing: it is loaded by those that do.
    const { shareSession } = await import("@turnmux/share");
    return shareSession(session, turn, options);
  },
  implementMcp: async (session, server, options) => {
    const { implementMcp } = await loadMcp();
    return implementMcp(session, server, options);
  },
  open(target, listener) {
    const socket = target.webSocket?.(target.url, { headers: target.headers }) ?? webSocketOf(target);
    const carrier = (): Carrier => carrierOf(socket, { carriage: target.carriage, shared: false });
    return openSocket(socket, carrier, listener, listenForRefusal);
  },
  carrierOf,
};

/** MCP's SDK is for those who use it. Throws {@link UsageError} where it is not installed. */
async function loadMcp(): Promise<{ readonly implementMcp: NonNullable<Platform["implementMcp"]> }> {
  try {
    return await import("../mcp/implement.ts");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new UsageError("implementMcp() needs MCP's SDK: npm i @modelcontextprotocol/client");
  }
}

function webSocketOf({ url, headers, maxPayload }: Target): WebSocket {
  // The types of ws do not know closeTimeout yet.
  const options: ClientOptions & { readonly closeTimeout: number } = {
    headers,
    maxPayload,
    perMessageDeflate: false,
    closeTimeout: CLOSE_TIMEOUT_MS,
  };
  return new WebSocket(url, options);
}

function carrierOf(socket: ClientSocket, options: SocketCarrierOptions): Carrier {
  return "emit" in socket ? wsCarrier(socket, options) : webSocketCarrier(socket, options);
}
