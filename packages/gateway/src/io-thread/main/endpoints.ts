/**
 * All endpoints of the I/O thread, as the main thread has them.
 *
 * @module
 */

import type { CancelTimer, Environment } from "@turnmux/core";
import type { ListenOptions } from "../../endpoint/options.ts";
import type { ErrorData, ToMain, ToThread } from "../messages.ts";
import { ThreadEndpoint, type EndpointOwner } from "./endpoint.ts";

/** How long an endpoint that there was waits until it is tried again in a successor, in milliseconds: twice as long each time. */
export const FIRST_AGAIN_MS = 100;

/** The longest wait. */
export const LAST_AGAIN_MS = 5_000;

/** What {@link EndpointsOfThread} work with. */
export interface EndpointsOptions {
  readonly environment: Pick<Environment, "now" | "setTimer">;
  /** Sends a message at once. False where there is no thread. */
  readonly send: (message: ToThread) => boolean;
  /** The thread is to close one, and tells when it has. */
  readonly closes: () => void;
  /** There is none any more. */
  readonly empty: () => void;
}

/** What the thread tells of its endpoints. */
export type EndpointMessage = Extract<
  ToMain,
  { kind: "listening" | "listenFailed" | "endpointClosed" | "unauthenticated" }
>;

/** One that is to be tried again. */
interface Again {
  waitMs: number;
  cancel: CancelTimer | undefined;
}

/** See the module's comment. */
export class EndpointsOfThread implements EndpointOwner {
  readonly #options: EndpointsOptions;
  readonly #endpoints = new Map<number, ThreadEndpoint>();
  readonly #again = new Map<ThreadEndpoint, Again>();
  #last = 0;

  constructor(options: EndpointsOptions) {
    this.#options = options;
  }

  get(number: number): ThreadEndpoint | undefined {
    return this.#endpoints.get(number);
  }

  /** How many there are. */
  get size(): number {
    return this.#endpoints.size;
  }

  /** True while one is to be closed. */
  get closing(): boolean {
    return [...this.#endpoints.values()].some(({ closing }) => closing);
  }

  /** Connections without a session. */
  get unauthenticated(): number {
    let count = 0;
    for (const endpoint of this.#endpoints.values()) count += endpoint.unauthenticated;
    return count;
  }

  /** One more, which the thread is not told of yet. Throws `UsageError` for options that make no sense, or cannot cross to it. */
  add(options: ListenOptions): ThreadEndpoint {
    const endpoint = new ThreadEndpoint(this.#last + 1, options, this);
    this.#last += 1;
    this.#endpoints.set(endpoint.number, endpoint);
    return endpoint;
  }

  /** Has the thread open one. */
  open(endpoint: ThreadEndpoint): void {
    this.#again.get(endpoint)?.cancel?.();
    this.#options.send({ kind: "listen", endpoint: endpoint.number, options: endpoint.data });
  }

  /** Has a thread open all: it knows of none. */
  openAll(): void {
    for (const endpoint of this.#endpoints.values()) this.open(endpoint);
  }

  /** For an endpoint: it is to be closed. */
  closeEndpoint(endpoint: ThreadEndpoint, message: string | undefined): void {
    this.#forget(endpoint);
    if (this.#options.send({ kind: "closeEndpoint", endpoint: endpoint.number, message })) this.#options.closes();
    else this.gone(endpoint.number);
  }

  /** Closes all. */
  async close(message: string): Promise<void> {
    await Promise.all([...this.#endpoints.values()].map((endpoint) => endpoint.close(message)));
  }

  take(message: EndpointMessage): void {
    const endpoint = this.#endpoints.get(message.endpoint);
    if (endpoint === undefined) return;
    switch (message.kind) {
      case "listening":
        this.#forget(endpoint);
        endpoint.listening(message.address);
        return;
      case "listenFailed":
        this.#failed(endpoint, message.error);
        return;
      case "endpointClosed":
        this.gone(message.endpoint);
        return;
      case "unauthenticated":
        endpoint.unauthenticated = message.count;
    }
  }

  /** The thread is gone. Those that were open are left: they are to be opened by its successor. */
  orphaned(cause: unknown): void {
    for (const endpoint of this.#endpoints.values()) {
      endpoint.unauthenticated = 0;
      this.#again.get(endpoint)?.cancel?.();
      if (endpoint.wasReady && !endpoint.closing) continue;
      const because = cause instanceof Error ? `: ${cause.message}` : "";
      endpoint.failed(new Error(`the I/O thread has ended${because}`, { cause }));
      this.gone(endpoint.number);
    }
  }

  /** Nothing is left of one. */
  gone(number: number): void {
    const endpoint = this.#endpoints.get(number);
    if (endpoint === undefined) return;
    this.#forget(endpoint);
    this.#endpoints.delete(number);
    endpoint.gone();
    if (this.#endpoints.size === 0) this.#options.empty();
  }

  /** The thread's log has said why. */
  #failed(endpoint: ThreadEndpoint, { message, code }: ErrorData): void {
    if (!endpoint.wasReady) {
      endpoint.failed(Object.assign(new Error(message), code === undefined ? {} : { code }));
      this.gone(endpoint.number);
      return;
    }
    // It is told of as closed.
    if (endpoint.closing) return;
    // The system may still hold the port for the thread that is gone.
    const { environment } = this.#options;
    const again = this.#again.get(endpoint) ?? { waitMs: FIRST_AGAIN_MS, cancel: undefined };
    this.#again.set(endpoint, again);
    again.cancel?.();
    again.cancel = environment.setTimer(environment.now() + again.waitMs, () => this.open(endpoint), false, true);
    again.waitMs = Math.min(LAST_AGAIN_MS, 2 * again.waitMs);
  }

  /** It is not to be tried again. */
  #forget(endpoint: ThreadEndpoint): void {
    this.#again.get(endpoint)?.cancel?.();
    this.#again.delete(endpoint);
  }
}
