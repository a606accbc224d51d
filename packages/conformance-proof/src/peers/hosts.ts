/**
 * The hosts of a gateway under test: protocols of their own on WebSockets that turnmux shares.
 *
 * @module
 */

import type { Gateway } from "@turnmux/gateway";
import type { RawData, WebSocket } from "ws";
import { HOST_GRANT } from "./keys.ts";
import { textOf, WrappedCarrier } from "./wrapped-carrier.ts";

/** What a host makes of the text `fragments`: one message in two parts. */
const FRAGMENTS = ["host-frag", "mented"] as const;

/** Milliseconds between them. */
const BETWEEN_MS = 50;

/** A host that vouches for its peer at once. */
export function sharedHost(gateway: Gateway, socket: WebSocket): void {
  gateway.attach(socket, HOST_GRANT);
  speakHost(socket);
}

/** A host that vouches for its peer once that has said `login`, and never where it has said `deny`. */
export function lateHost(gateway: Gateway, socket: WebSocket): void {
  const { promise, resolve, reject } = Promise.withResolvers<typeof HOST_GRANT>();
  gateway.attach(socket, promise);
  socket.on("message", (data, isBinary) => {
    const text = isBinary ? "" : textOf(data);
    if (text === "login") resolve(HOST_GRANT);
    else if (text === "deny") reject(new Error("the host does not know its peer"));
  });
  speakHost(socket);
}

/** A host that takes messages of its own shape alone. */
export function wrappedHost(gateway: Gateway, socket: WebSocket): void {
  gateway.attach(new WrappedCarrier(socket, (text) => socket.send(text)), HOST_GRANT);
}

/** Sends back whatever is not turnmux's. */
function speakHost(socket: WebSocket): void {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    if (!isBinary && textOf(data) === "fragments") sendFragments(socket);
    else socket.send(wholeOf(data), { binary: isBinary });
  });
}

/** Sends one message of the host's in two parts. */
export function sendFragments(socket: WebSocket): void {
  const [first, second] = FRAGMENTS;
  socket.send(first, { fin: false });
  setTimeout(() => socket.send(second, { fin: true }), BETWEEN_MS);
}

function wholeOf(data: RawData): Buffer | ArrayBuffer {
  return Array.isArray(data) ? Buffer.concat(data) : data;
}
