/**
 * Which upgrade requests of an HTTP server are turnmux's. One listener for each server, whatever the number of endpoints.
 *
 * @module
 */

import type { IncomingMessage, Server } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Duplex } from "node:stream";
import { UsageError } from "@turnmux/core";
import { answer } from "./http-answer.ts";

/** An HTTP server that WebSockets come from. */
export type UpgradeServer = Server | SecureServer;

/** Takes an upgrade request of its path. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

interface Routes {
  readonly handlers: Map<string, UpgradeHandler>;
  readonly listener: UpgradeHandler;
}

const routesOf = new WeakMap<UpgradeServer, Routes>();

/**
 * Takes the upgrade requests for `path`, and gives back what lets go of them.
 *
 * Requests for other paths are left to the server's other upgrade listeners. Where there are none nobody would ever answer: they
 * get 404.
 *
 * @throws {UsageError} when turnmux takes this path of this server already
 */
export function takePath(server: UpgradeServer, path: string, handler: UpgradeHandler): () => void {
  const routes = routesOf.get(server) ?? makeRoutes(server);
  if (routes.handlers.has(path)) throw new UsageError(`listen(): this server's ${path} is taken by another endpoint`);
  routes.handlers.set(path, handler);
  return () => {
    if (routes.handlers.get(path) !== handler) return;
    routes.handlers.delete(path);
    if (routes.handlers.size > 0) return;
    server.off("upgrade", routes.listener);
    routesOf.delete(server);
  };
}

function makeRoutes(server: UpgradeServer): Routes {
  const handlers = new Map<string, UpgradeHandler>();
  const listener: UpgradeHandler = (request, socket, head) => {
    const handler = handlers.get(pathOf(request));
    if (handler !== undefined) handler(request, socket, head);
    else if (server.listenerCount("upgrade") === 1) answer(socket, 404, "There is no WebSocket at this path.");
  };
  const routes = { handlers, listener };
  server.on("upgrade", listener);
  routesOf.set(server, routes);
  return routes;
}

/** The path that a request asks for, without its query. */
export function pathOf(request: IncomingMessage): string {
  return request.url?.split("?", 1)[0] ?? "";
}
