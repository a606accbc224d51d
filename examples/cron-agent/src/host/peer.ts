/**
 * One end of a host socket: requests in both directions, and events. Gateway, runner and the old way all use it.
 *
 * @module
 */

import type { RawData, WebSocket } from "ws";
import { HostError, HostMessage } from "./message.ts";

/** What the owner of a {@link HostPeer} answers with. */
export interface HostHandlers {
  /** Answers a request; what it throws is sent as an error, in full only when it is a {@link HostError}. */
  request?(method: string, params: unknown): unknown;
  event?(event: string, payload: unknown): void;
}

interface Waiter {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Speaks the host protocol on a socket that it does not own: it never closes it, and listens until it is closed. */
export class HostPeer {
  readonly #ws: WebSocket;
  readonly #handlers: HostHandlers;
  readonly #waiting = new Map<string, Waiter>();
  readonly #expected = new Map<string, Waiter>();
  #lastId = 0;

  constructor(ws: WebSocket, handlers: HostHandlers = {}) {
    this.#ws = ws;
    this.#handlers = handlers;
    ws.on("message", (data, isBinary) => this.#receive(data, isBinary));
    ws.on("close", () => this.#fail(new HostError("unavailable", "the socket was closed")));
    ws.on("error", (error) => this.#fail(new HostError("unavailable", error.message)));
  }

  /** Sends an event, unless the socket is no longer open. */
  event(event: string, payload: unknown): void {
    this.#send({ type: "event", event, payload });
  }

  /** Sends a request and waits for its answer, until the signal is aborted: the other side is not told about that. */
  request(method: string, params: unknown, signal?: AbortSignal): Promise<unknown> {
    const id = String(++this.#lastId);
    const answer = this.#wait(this.#waiting, id, signal);
    this.#send({ type: "req", id, method, params });
    return answer;
  }

  /** Waits for the next event of that name, and gives its payload. */
  next(event: string, signal?: AbortSignal): Promise<unknown> {
    return this.#wait(this.#expected, event, signal);
  }

  #wait(table: Map<string, Waiter>, name: string, signal: AbortSignal | undefined): Promise<unknown> {
    if (this.#ws.readyState > this.#ws.OPEN) {
      return Promise.reject(new HostError("unavailable", "the socket was closed"));
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const aborted = () => reject(signal?.reason as Error);
    if (signal?.aborted) aborted();
    signal?.addEventListener("abort", aborted, { once: true });
    table.set(name, { resolve, reject });
    return promise.finally(() => {
      table.delete(name);
      signal?.removeEventListener("abort", aborted);
    });
  }

  #receive(data: RawData, isBinary: boolean): void {
    const message = isBinary ? undefined : parse(data);
    switch (message?.type) {
      case "event":
        this.#expected.get(message.event)?.resolve(message.payload);
        this.#handlers.event?.(message.event, message.payload);
        return;
      case "req":
        void this.#answer(message.id, message.method, message.params);
        return;
      case "res":
        if (message.ok) this.#waiting.get(message.id)?.resolve(message.payload);
        else this.#waiting.get(message.id)?.reject(new HostError(message.error.code, message.error.message));
        return;
      case undefined:
        // The host says nothing to what it cannot read, as the original gateway did.
        return;
    }
  }

  async #answer(id: string, method: string, params: unknown): Promise<void> {
    try {
      if (this.#handlers.request === undefined) throw new HostError("unimplemented", `no method ${method} here`);
      this.#send({ type: "res", id, ok: true, payload: await this.#handlers.request(method, params) });
    } catch (error) {
      const { code, message } = asHostError(error);
      this.#send({ type: "res", id, ok: false, error: { code, message } });
    }
  }

  #send(message: HostMessage): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.send(JSON.stringify(message));
  }

  #fail(error: Error): void {
    for (const waiter of [...this.#waiting.values(), ...this.#expected.values()]) waiter.reject(error);
  }
}

/** What may be told about a failure: everything when it is a {@link HostError}, nothing otherwise. */
export function asHostError(error: unknown): HostError {
  return error instanceof HostError ? error : new HostError("internal", "the gateway failed");
}

function parse(data: RawData): HostMessage | undefined {
  try {
    return HostMessage.parse(JSON.parse((data as Buffer).toString("utf8")));
  } catch {
    return undefined;
  }
}
