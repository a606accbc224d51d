/**
 * Sockets in browsers: the browser's own, unless a factory makes others.
 *
 * @module
 */
import { UsageError, webSocketCarrier, type Carrier, type SocketCarrierOptions } from "@turnmux/core";
import { openSocket } from "../connection/open-socket.ts";
import type { ClientSocket } from "../options.ts";
import { runtimeEnvironment } from "./environment.ts";
import type { Platform } from "./platform.ts";

/** See the module's comment. */
export const browserPlatform: Platform = {
  parts: [],
  environment: (log) => runtimeEnvironment(log),
  check({ headers = {}, webSocket }) {
    if (webSocket === undefined && Object.keys(headers).length > 0) {
      throw new UsageError(
        "A browser's WebSocket takes no headers: put what the server needs into the URL or a cookie",
      );
    }
  },
  open({ url, headers, carriage, webSocket }, listener) {
    const socket = webSocket?.(url, { headers }) ?? new WebSocket(url);
    return openSocket(socket, () => carrierOf(socket, { carriage, shared: false }), listener);
  },
  carrierOf,
};

function carrierOf(socket: ClientSocket, options: SocketCarrierOptions): Carrier {
  if ("dispatchEvent" in socket) return webSocketCarrier(socket, options);
  throw new UsageError("This is no standard WebSocket: in a browser there is no other kind");
}
