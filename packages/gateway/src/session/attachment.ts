/**
 * turnmux on a socket of the host's.
 *
 * @module
 */

import {
  Acceptor,
  TurnmuxError,
  UsageError,
  webSocketCarrier,
  wsCarrier,
  type Admission,
  type Carrier,
  type ChannelEnd,
  type Grant,
  type WebSocketLike,
  type WsLike,
} from "@turnmux/core";
import { checkGrant } from "../auth/grant.ts";
import type { GatewaySession } from "./gateway-session.ts";
import type { House } from "./house.ts";

/**
 * What the host says of its peer: a grant; a promise of one, where the host has still to authenticate it; or a function that is asked
 * for each HELLO.
 */
export type HostGrant = Grant | PromiseLike<Grant> | (() => Grant | PromiseLike<Grant>);

/** Options of `Gateway.attach`. */
export interface AttachOptions {
  /** Called with every session on this socket, once it stands. What it throws is logged. */
  readonly onSession?: ((session: GatewaySession) => void) | undefined;
}

/** turnmux on one socket of the host's. */
export interface Attachment {
  /**
   * The first session on this socket, also one that was on another socket before. Rejects with a `TurnmuxError` when the socket closes, or is detached, before there was one; nobody
   * has to look.
   */
  readonly session: Promise<GatewaySession>;
  /** The session that stands on this socket now. There is at most one at a time, and after it ends the client may say HELLO again. */
  readonly current: GatewaySession | undefined;
  /** Settles when turnmux has left the socket: it closed, or was detached. Never rejects. */
  readonly closed: Promise<void>;
  /** Ends the session and gives the socket back as it was. What the peer still sends of turnmux then reaches the host. */
  detach(message?: string): void;
}

/** See {@link Attachment}. Throws {@link UsageError} for a socket that has turnmux on it already, and for what is no socket. */
export function attach(
  house: House,
  socket: WsLike | WebSocketLike | Carrier,
  grant: HostGrant,
  options: AttachOptions = {},
): Attachment {
  return new HostAttachment(house, carrierOf(socket), admissionOf(house, grant), options);
}

class HostAttachment implements Attachment {
  readonly session: Promise<GatewaySession>;
  readonly closed: Promise<void>;
  readonly #acceptor: Acceptor;
  #current: GatewaySession | undefined;

  constructor(house: House, carrier: Carrier, admission: () => Admission, options: AttachOptions) {
    const first = Promise.withResolvers<GatewaySession>();
    first.promise.catch(() => {});
    this.session = first.promise;
    const closed = Promise.withResolvers<undefined>();
    this.closed = closed.promise;
    let lastEnd: ChannelEnd | undefined;
    this.#acceptor = new Acceptor({
      carrier,
      environment: house.environment,
      limits: house.limits,
      admission,
      closed: () => house.closed,
      sessions: house.resumable,
      makeSession: () => {
        const { control } = house.makeSession((opened) => {
          this.#current = opened;
          first.resolve(opened);
          options.onSession?.(opened);
        });
        return control;
      },
      resumed: (control) => {
        this.#current = house.sessionOf(control);
        if (this.#current !== undefined) first.resolve(this.#current);
      },
      left: (control) => {
        // The next one may be here already.
        if (this.#current === house.sessionOf(control)) this.#current = undefined;
      },
      refused: (end) => {
        lastEnd = end;
        if (end.cause !== "lost") house.handshakeRefused(end.code, end.message, end.requirement);
      },
      over: () => {
        house.entries.delete(this.#acceptor);
        const why = lastEnd === undefined ? "" : `: ${lastEnd.message}`;
        first.reject(
          new TurnmuxError(lastEnd?.code ?? "unavailable", `no session came about on this socket${why}`, {
            outcome: "not_started",
          }),
        );
        closed.resolve(undefined);
      },
    });
    house.entries.add(this.#acceptor);
  }

  get current(): GatewaySession | undefined {
    return this.#current;
  }

  detach(message = "the host took its socket back"): void {
    this.#acceptor.detach(message);
  }
}

function carrierOf(socket: WsLike | WebSocketLike | Carrier): Carrier {
  if (typeof socket !== "object" || socket === null) throw new UsageError(NO_SOCKET);
  if ("emit" in socket && typeof socket.emit === "function") return wsCarrier(socket);
  if ("dispatchEvent" in socket && typeof socket.dispatchEvent === "function") return webSocketCarrier(socket);
  if ("start" in socket && typeof socket.start === "function") return socket;
  throw new UsageError(NO_SOCKET);
}

const NO_GRANT =
  "attach() takes a grant behind the socket, such as { principal: user, scopes: [] }, a promise of one, or a function that gives one";

const NO_SOCKET = "attach() takes a WebSocket of the ws package, a standard WebSocket, or a Carrier";

function admissionOf(house: House, grant: HostGrant): () => Admission {
  if (typeof grant === "function") {
    // Whatever it throws refuses the handshake as a rejection does.
    return () => vouched(house, (async () => grant())());
  }
  const admission = vouched(house, grant);
  return () => admission;
}

function vouched(house: House, given: Grant | PromiseLike<Grant>): Admission {
  if (typeof given !== "object" || given === null) throw new UsageError(NO_GRANT);
  if (!("then" in given)) {
    checkGrant(given);
    return { kind: "vouched", grant: copyOf(given) };
  }
  const grant = Promise.resolve(given).then((granted) => {
    try {
      checkGrant(granted);
    } catch (error) {
      house.log.error("turnmux: the host's grant is none", { error });
      throw error;
    }
    return copyOf(granted);
  });
  // Whoever says HELLO hears of it. Until then nobody does, and that is no reason to end the process.
  grant.catch(() => {});
  return { kind: "vouched", grant };
}

/** The host may go on with its own. */
function copyOf({ principal, scopes, expiresAt }: Grant): Grant {
  return { principal, scopes: [...scopes], expiresAt };
}
