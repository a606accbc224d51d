/**
 * The session of a client.
 *
 * @module
 */
import {
  Session,
  UsageError,
  type PeerHealth,
  type SessionControl,
  type SessionOptions,
  type Share,
  type ShareOptions,
  type Turn,
} from "@turnmux/core";
import type { ImplementMcpOptions, McpProgram, McpTools, McpTransport } from "./mcp/offering.ts";
import type { Platform } from "./platform/platform.ts";

/** Who gives a session its connections. */
export interface SessionOwner {
  /** Where it runs. */
  readonly platform: Platform;
  /** Hands over the control, once. */
  own(control: SessionControl): void;
  /** See {@link ClientSession.gateway}. */
  readonly gateway: PeerHealth | undefined;
  /** Set by the session: the gateway's state has changed. */
  gatewayChanged: () => void;
  /** Resolves when nothing is left of the session's last socket. Asked for when the session is closed. */
  released(): Promise<void>;
}

/**
 * The client's end of a session: {@link Session}, with its connections looked after. `connect` makes it.
 *
 * `state` tells where it is, the event `state` when that changes and why, and `closed` how it ended:
 *
 * - `"connecting"`: it does not stand yet; calls wait
 * - `"ready"`: calls go out
 * - `"reconnecting"`: the connection is gone, and another one is being made. Calls go on, or wait, within their deadlines
 * - `"closed"`: it is over; calls fail at once, as `not_started`
 */
export class ClientSession extends Session {
  readonly #owner: SessionOwner;

  /** For `connect` and `attach`. */
  constructor(options: SessionOptions, owner: SessionOwner) {
    super(options, (control) => owner.own(control));
    this.#owner = owner;
    owner.gatewayChanged = () => {
      const { gateway } = owner;
      if (gateway !== undefined) this.emit("gateway", gateway);
    };
  }

  /**
   * What is known of the gateway's process, so that one that is busy can be told from one that is gone. The event `gateway` tells when its
   * `state` changes. Undefined while there is no connection.
   */
  get gateway(): PeerHealth | undefined {
    return this.#owner.gateway;
  }

  /**
   * Shares a turn with child processes: their calls go over this session's WebSocket, as the turn's own. A child gets `share.env` in its
   * environment, and a session by `connect()` without a URL, or by the command `turnmux`. `docs/guide.md` section 13.
   *
   * @param turn the turn, or its id. The share ends with it: when it is cancelled, when a turn that was begun has ended, or by `close()`
   * @throws {UsageError} where an option is not what it should be, or in a browser
   * @throws {TurnmuxError} where the session or the turn is over already, or the gateway cannot be asked for its tools
   */
  async share(turn: Turn | string, options: ShareOptions = {}): Promise<Share> {
    const { share } = this.#owner.platform;
    if (share === undefined) throw new UsageError("share() needs child processes: there are none in a browser");
    return share(this, typeof turn === "string" ? this.turn(turn) : turn, options);
  }

  /**
   * Offers the tools of an MCP server that runs beside this process to the gateway, over this session's WebSocket. Needs
   * `npm i @modelcontextprotocol/client`. `docs/guide.md` section 15.
   *
   * @param server the program that is the server, or a transport of MCP's SDK. The session ends it
   * @throws {UsageError} where MCP's SDK is not installed, a tool's name is taken, or there is no journal for tools that count as `once`
   * @throws {Error} of MCP's SDK, where the server does not start
   */
  async implementMcp(server: McpProgram | McpTransport, options: ImplementMcpOptions = {}): Promise<McpTools> {
    const { implementMcp } = this.#owner.platform;
    if (implementMcp === undefined) throw new UsageError("implementMcp() starts a program: a browser cannot");
    return implementMcp(this, server, options);
  }

  /**
   * Ends the session, or the attempt to get one. Calls under way end as `cancelled`, with their outcome. Resolves when
   * the session's socket is closed as well, unless it is a host's.
   */
  override async close(message?: string): Promise<void> {
    await super.close(message);
    await this.#owner.released();
  }
}
