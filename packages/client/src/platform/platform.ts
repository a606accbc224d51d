/**
 * Where Node and browsers differ.
 *
 * @module
 */
import type {
  Carrier,
  Environment,
  Logger,
  Session,
  Share,
  ShareOptions,
  SocketCarrierOptions,
  Turn,
} from "@turnmux/core";
import type { Opening, OpeningListener } from "../connection/open-socket.ts";
import type { ImplementMcpOptions, McpProgram, McpTools, McpTransport } from "../mcp/offering.ts";
import type { ClientPart } from "../parts.ts";
import type { ClientSocket, ConnectOptions, WebSocketFactory } from "../options.ts";

/** What is to be dialled. */
export interface Target {
  readonly url: string;
  readonly carriage: "binary" | "text";
  readonly headers: Readonly<Record<string, string>>;
  /** The longest message that the gateway has reason to send, in octets. */
  readonly maxPayload: number;
  readonly webSocket: WebSocketFactory | undefined;
}

/** One for each runtime, and one for tests. */
export interface Platform {
  /** What is there without the application's help. */
  readonly parts: readonly ClientPart[];
  /** Throws {@link UsageError} for what `connect` cannot do here. */
  readonly check?: (options: ConnectOptions) => void;
  /** The runtime's clock, timers and randomness. */
  environment(log: Logger | undefined): Environment;
  /** Has the environments tell how late the event loop is, until what this gives is called. Absent where that is not known. */
  readonly measureLag?: () => () => void;
  /** Shares a turn of a session with child processes. Absent where there are none. */
  readonly share?: (session: Session, turn: Turn, options: ShareOptions) => Promise<Share>;
  /** Offers the tools of an MCP server. Absent where no programs can be started. */
  readonly implementMcp?: (
    session: Session,
    server: McpProgram | McpTransport,
    options: ImplementMcpOptions,
  ) => Promise<McpTools>;
  /** Opens a socket of turnmux's own. */
  open(target: Target, listener: OpeningListener): Opening;
  /** Makes a carrier of a socket, by what kind it is. Throws {@link UsageError} where that cannot be. */
  carrierOf(socket: ClientSocket, options: SocketCarrierOptions): Carrier;
}
