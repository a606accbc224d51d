/**
 * One connection to an endpoint of the gateway's own.
 *
 * @module
 */

import type { Duplex } from "node:stream";
import {
  Acceptor,
  wsCarrier,
  type AcceptorOptions,
  type Admission,
  type Carrier,
  type ChannelEnd,
  type Environment,
  type Limits,
  type ResumableSessions,
  type SessionControl,
} from "@turnmux/core";
import type { WebSocket } from "ws";
import type { GatewaySession } from "../session/gateway-session.ts";
import type { House } from "../session/house.ts";

/** What a {@link Connection} works with. */
export interface ConnectionOptions {
  readonly ws: WebSocket;
  /** The connection under the WebSocket. */
  readonly socket: Duplex;
  readonly admission: () => Admission;
  readonly onSession: ((session: GatewaySession) => void) | undefined;
  /** The client has proved who it is. */
  readonly authenticated: () => void;
}

function nothing(): void {}

/** How many times the octets of a handshake may come before WELCOME, all in all, until the connection is cut off. */
const FLOOD = 2;

/** See the module's comment. */
export class Connection implements AcceptorOptions {
  readonly carrier: Carrier;
  readonly #house: House;
  readonly #options: ConnectionOptions;
  readonly #acceptor: Acceptor;
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  #unguard: () => void;

  constructor(house: House, options: ConnectionOptions) {
    const { ws, socket } = options;
    this.#house = house;
    this.#options = options;
    this.#ws = ws;
    this.#socket = socket;
    this.#unguard = this.#guardOctets(house.limits.handshakeOctets * FLOOD);
    this.carrier = wsCarrier(ws, { shared: false });
    this.#acceptor = new Acceptor(this);
    house.entries.add(this.#acceptor);
  }

  get environment(): Environment {
    return this.#house.environment;
  }

  get limits(): Limits {
    return this.#house.limits;
  }

  get sessions(): ResumableSessions {
    return this.#house.resumable;
  }

  admission(): Admission {
    return this.#options.admission();
  }

  closed(): Extract<Admission, { kind: "closed" }> | undefined {
    return this.#house.closed;
  }

  makeSession(): SessionControl {
    const { control } = this.#house.makeSession((session) => {
      this.resumed();
      this.#options.onSession?.(session);
    });
    return control;
  }

  /** A session is here, a new one or one that goes on. */
  resumed(): void {
    this.#unguard();
    this.#options.authenticated();
  }

  refused(end: ChannelEnd): void {
    this.#house.handshakeRefused(end.code, end.message, end.requirement);
  }

  over(): void {
    this.#unguard();
    this.#house.entries.delete(this.#acceptor);
  }

  /** Ends the session or the handshake, and closes the socket. */
  close(message: string): void {
    this.#acceptor.close(message);
    // One whose channel is over already only waits for its peer to close.
    this.#ws.close(1001);
  }

  /**
   * A message is looked at when it is complete, and one that never is could be as long as the socket takes. So octets are counted
   * as they come in until there is a session.
   */
  #guardOctets(most: number): () => void {
    const socket = this.#socket;
    let octets = 0;
    const count = (chunk: Buffer): void => {
      octets += chunk.length;
      if (octets <= most) return;
      this.#unguard();
      this.#ws.close(1009, "too many octets came before WELCOME [HAND-007]");
      // Nothing is read any more, so that nothing is kept; the peer has until the closing handshake's limit to hear why.
      this.#ws.pause();
    };
    socket.on("data", count);
    return () => {
      socket.off("data", count);
      this.#unguard = nothing;
    };
  }
}
