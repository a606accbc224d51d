/**
 * The gateway's end of one host socket: challenge, proof, and then the host's methods and events.
 *
 * @module
 */

import { nanoid } from "nanoid";
import type { WebSocket } from "ws";
import { ConnectParams, HostError, proofOf, sameSecret } from "../host/message.ts";
import { type HostHandlers, HostPeer } from "../host/peer.ts";
import type { Calls } from "./calls.ts";
import { grantFor } from "./grant.ts";

/** Greets whoever opened the socket, and settles when they have proved who they are; rejects when they have not. */
export class HostSocket {
  readonly peer: HostPeer;
  /** What the connection is for, once it is authenticated. Rejects when the socket closes or time is up before that. */
  readonly connected: Promise<ConnectParams>;
  readonly #connected: PromiseWithResolvers<ConnectParams> = Promise.withResolvers();
  readonly #nonce = nanoid();
  readonly #token: string;
  readonly #calls: Calls;
  #grant: ConnectParams | undefined;

  constructor(
    ws: WebSocket,
    token: string,
    calls: Calls,
    limitMs: number,
    onEvent: NonNullable<HostHandlers["event"]>,
  ) {
    this.#token = token;
    this.#calls = calls;
    this.peer = new HostPeer(ws, {
      request: (method, params) => this.#request(method, params),
      event: (event, payload) => {
        if (this.#grant !== undefined) onEvent(event, payload);
      },
    });
    this.connected = this.#connected.promise;
    const limit = setTimeout(() => this.#connected.reject(new HostError("deadline_exceeded", "no proof")), limitMs);
    ws.once("close", () => this.#connected.reject(new HostError("unavailable", "the socket was closed")));
    this.connected.then(
      () => clearTimeout(limit),
      () => {
        clearTimeout(limit);
        ws.close(1008, "not authenticated");
      },
    );
    this.peer.event("connect.challenge", { nonce: this.#nonce });
  }

  async #request(method: string, params: unknown): Promise<unknown> {
    if (method === "connect") return this.#connect(params);
    if (this.#grant === undefined) throw new HostError("unauthenticated", "connect first");
    // The host protocol has no place for a turn: nobody can tell which one this call belongs to.
    return await this.#calls.call(method, params, { session: this.#grant.session });
  }

  #connect(params: unknown): unknown {
    const wanted = ConnectParams.safeParse(params);
    if (!wanted.success || !sameSecret(wanted.data.proof, proofOf(this.#token, this.#nonce))) {
      const refused = new HostError("unauthenticated", "not authenticated");
      // The refusal is written before the socket closes.
      setImmediate(() => this.#connected.reject(refused));
      throw refused;
    }
    this.#grant = wanted.data;
    this.#connected.resolve(wanted.data);
    return { principal: grantFor(wanted.data.session).principal };
  }
}
