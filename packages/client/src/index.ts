/**
 * The session side of turnmux, for Node.
 *
 * @module
 */
import type { Carrier } from "@turnmux/core";
import { attachOn } from "./attach.ts";
import type { AttachedSession } from "./attached-session.ts";
import type { ClientSession } from "./client-session.ts";
import { connectOn } from "./connect.ts";
import type { AttachOptions, ClientSocket, ConnectOptions } from "./options.ts";
import { nodePlatform } from "./platform/node.ts";

export * from "./api.ts";

/**
 * Opens a session on a WebSocket of its own, and keeps it open: a connection that is lost is made anew. Resolves when the
 * gateway has granted the session and offered its tools.
 *
 * @throws {TurnmuxError} where no session came about, with what to do next; its code is `unavailable` where nobody was
 *   reached, `unauthenticated` or `permission_denied` where the gateway said no, and `cancelled` by `signal`
 * @throws {UsageError} where the URL or an option is not what it should be
 */
export function connect(url: string | URL, options: ConnectOptions = {}): Promise<ClientSession> {
  return connectOn(nodePlatform, url, options);
}

/**
 * Opens a session on a WebSocket that belongs to a host, beside the host's own messages. Returns at once: calls wait until
 * the session stands, which `ready` tells. The socket may still be connecting, and the gateway may attach later.
 *
 * Where the host is handed messages rather than a socket, pass a {@link Carrier}.
 *
 * @throws {UsageError} where the socket is attached already, or an option is not what it should be
 * @throws {TurnmuxError} `cancelled` where the signal is aborted already
 */
export function attach(socket: ClientSocket | Carrier, options: AttachOptions = {}): AttachedSession {
  return attachOn(nodePlatform, socket, options);
}
