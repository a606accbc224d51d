/**
 * The session side of turnmux, for Node.
 *
 * @module
 */
import type { Carrier } from "@turnmux/core";
import { attachOn } from "./attach.ts";
import type { AttachedSession } from "./attached-session.ts";
import type { ClientSession } from "./client-session.ts";
import { connectShared, type ConnectSharedOptions } from "./connect-shared.ts";
import { connectOn } from "./connect.ts";
import type { AttachOptions, ClientSocket, ConnectOptions } from "./options.ts";
import { nodePlatform } from "./platform/node.ts";

export * from "./api.ts";
export type { ImplementMcpOptions, McpProgram, McpTools, McpTransport } from "./mcp/offering.ts";
export type { ConnectSharedOptions } from "./connect-shared.ts";

/**
 * Opens a session on a WebSocket of its own, and keeps it open: a connection that is lost is made anew. Resolves when the
 * gateway has granted the session and offered its tools.
 *
 * @throws {TurnmuxError} where no session came about, with what to do next; its code is `unavailable` where nobody was
 *   reached, `unauthenticated` or `permission_denied` where the gateway said no, and `cancelled` by `signal`
 * @throws {UsageError} where the URL or an option is not what it should be
 */
export function connect(url: string | URL, options?: ConnectOptions): Promise<ClientSession>;
/**
 * Opens a session over the one of the turn that this process belongs to: `TURNMUX_SESSION` in its environment names it, as `session.share(turn)` of the
 * process that has the session has put it there. It makes no connection to the gateway, and has the turn's rights, or fewer.
 *
 * @throws {TurnmuxError} `failed_precondition` where the turn is over, `permission_denied` where it is another user's, `unauthenticated` where
 *   the ticket is not the turn's
 * @throws {UsageError} where nothing is shared with this process, or an option is not what it should be
 */
export function connect(options?: ConnectSharedOptions): Promise<ClientSession>;
export function connect(
  first: string | URL | ConnectSharedOptions = {},
  options: ConnectOptions = {},
): Promise<ClientSession> {
  return typeof first === "string" || first instanceof URL
    ? connectOn(nodePlatform, first, options)
    : connectShared(first);
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
