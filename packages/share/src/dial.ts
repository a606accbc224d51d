/**
 * The child's end: from the address in its environment to a connection.
 *
 * @module
 */
import { createConnection, type Socket } from "node:net";
import type { Carrier } from "@turnmux/core";
import { codeOf, distrust, removeSocket } from "./place.ts";
import { StreamCarrier } from "./stream-carrier.ts";

/** Why there is no connection. */
export interface DialFailure {
  /** `failed_precondition`: the turn is over; `permission_denied`: another user's; `unavailable`: perhaps the next time. */
  readonly code: "failed_precondition" | "permission_denied" | "unavailable";
  readonly message: string;
  readonly cause?: unknown;
}

/** Hears one of the two, once, and never out of {@link dialShared}. */
export interface DialListener {
  opened(carrier: Carrier): void;
  failed(failure: DialFailure): void;
}

/** A connection, from the attempt to its end. */
export interface Dialled {
  /** Ends it at once. */
  abort(): void;
  /** Resolves when nothing is left of it. */
  readonly closed: Promise<void>;
}

const GONE: DialFailure = {
  code: "failed_precondition",
  message: "the turn that shared its session is over, or its process is gone",
};

const FOREIGN: DialFailure = {
  code: "permission_denied",
  message: "the shared session belongs to another user",
};

/** Connects to where a turn is shared, if that belongs to the user of this process. */
export function dialShared(path: string, listener: DialListener): Dialled {
  const doubt = distrust(path);
  if (doubt !== undefined) {
    queueMicrotask(() => listener.failed(doubt === "gone" ? GONE : FOREIGN));
    return { abort: () => {}, closed: Promise.resolve() };
  }
  const socket = createConnection(path);
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  let settled = false;
  const fail = (failure: DialFailure): void => {
    if (settled) return;
    settled = true;
    listener.failed(failure);
  };
  socket.on("error", (cause) => fail(failureOf(cause, path)));
  socket.on("close", () => {
    resolve();
    fail({ code: "unavailable", message: "the connection was closed before it was open" });
  });
  socket.once("connect", () => {
    if (settled) return;
    settled = true;
    listener.opened(new StreamCarrier(socket));
  });
  return { abort: () => abort(socket), closed };
}

function abort(socket: Socket): void {
  socket.destroy();
}

function failureOf(cause: Error, path: string): DialFailure {
  const code = codeOf(cause);
  // Its process was killed, and could not remove it.
  if (code === "ECONNREFUSED") removeSocket(path);
  if (code === "ECONNREFUSED" || code === "ENOENT") return { ...GONE, cause };
  if (code === "EACCES" || code === "EPERM") return { ...FOREIGN, cause };
  return { code: "unavailable", message: cause.message, cause };
}
