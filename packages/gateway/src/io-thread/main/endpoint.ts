/**
 * An endpoint of the I/O thread, as the main thread has it.
 *
 * @module
 */

import type { AddressInfo } from "node:net";
import { urlOf } from "../../endpoint/url.ts";
import type { Endpoint, ListenOptions } from "../../endpoint/options.ts";
import { resolveListenOptions } from "../../endpoint/options.ts";
import type { GatewaySession } from "../../session/gateway-session.ts";
import { listenData, type ListenData } from "../listen-data.ts";

/** Who asks the thread. */
export interface EndpointOwner {
  closeEndpoint(endpoint: ThreadEndpoint, message: string | undefined): void;
}

/** See the module's comment. */
export class ThreadEndpoint implements Endpoint {
  readonly number: number;
  readonly ready: Promise<void>;
  readonly onSession: ((session: GatewaySession) => void) | undefined;
  /** Connections without a session. */
  unauthenticated = 0;
  readonly #owner: EndpointOwner;
  readonly #data: ListenData;
  readonly #path: string;
  readonly #ready = Promise.withResolvers<undefined>();
  readonly #closed = Promise.withResolvers<undefined>();
  #address: AddressInfo | string | null = null;
  #closing = false;

  /** Throws `UsageError` for options that make no sense, or cannot cross to another thread. */
  constructor(number: number, options: ListenOptions, owner: EndpointOwner) {
    this.number = number;
    this.#owner = owner;
    this.onSession = options.onSession;
    this.#path = resolveListenOptions(options).path;
    this.#data = listenData(options);
    this.ready = this.#ready.promise.then(() => {});
    this.ready.catch(() => {});
  }

  /** What the thread is told: of a successor, the port that its predecessor had. */
  get data(): ListenData {
    const address = this.#address;
    return typeof address === "object" && address !== null ? { ...this.#data, port: address.port } : this.#data;
  }

  /** True once it has taken connections: then it is to be opened again where the thread dies. */
  get wasReady(): boolean {
    return this.#address !== null;
  }

  /** True once it is to be closed. */
  get closing(): boolean {
    return this.#closing;
  }

  /** The thread takes connections. */
  listening(address: AddressInfo | string | null): void {
    if (this.#closing) return;
    this.#address = address;
    this.#ready.resolve(undefined);
  }

  /** The thread cannot take any. */
  failed(error: Error): void {
    this.#ready.reject(error);
  }

  /** Nothing of it is left. */
  gone(): void {
    this.#closing = true;
    this.#address = null;
    this.unauthenticated = 0;
    // One that is closed before it listens is closed all the same.
    this.#ready.resolve(undefined);
    this.#closed.resolve(undefined);
  }

  address(): AddressInfo | string | null {
    return this.#address;
  }

  get url(): string {
    return urlOf(this.#address, this.#data.tls !== undefined, this.#path);
  }

  async close(message = "the endpoint was closed"): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#owner.closeEndpoint(this, message);
    }
    await this.#closed.promise;
    this.#address = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
