/**
 * The endpoints of an I/O thread.
 *
 * @module
 */

import { OwnEndpoint } from "../../endpoint/endpoint.ts";
import type { ListenData } from "../listen-data.ts";
import type { ErrorData, ToMain } from "../messages.ts";
import { methodsOf } from "./auth.ts";
import type { Outbox } from "./outbox.ts";
import type { ThreadHouse } from "./house.ts";

/** See the module's comment. */
export class ThreadEndpoints {
  readonly #house: ThreadHouse;
  readonly #box: Outbox<ToMain>;
  readonly #open = new Map<number, OwnEndpoint>();
  /** Those whose methods of proof are being loaded, and that are not to be closed. */
  readonly #loading = new Set<number>();

  constructor(house: ThreadHouse, box: Outbox<ToMain>) {
    this.#house = house;
    this.#box = box;
  }

  /** Opens one, and tells when it takes connections, or why it does not. */
  async listen(number: number, { auth, ...data }: ListenData): Promise<void> {
    const endpoint = await this.#make(number, auth, data);
    if (endpoint === undefined) return;
    this.#open.set(number, endpoint);
    try {
      await endpoint.ready;
      this.#box.now({ kind: "listening", endpoint: number, address: endpoint.address() });
    } catch (error) {
      // It has logged that itself.
      void endpoint.close();
      this.#failed(number, error);
    }
  }

  async close(number: number, message: string | undefined): Promise<void> {
    this.#loading.delete(number);
    await this.#open.get(number)?.close(message);
    this.#box.now({ kind: "endpointClosed", endpoint: number });
  }

  /** Undefined where there is none, or is to be none any more. */
  async #make(
    number: number,
    auth: ListenData["auth"],
    data: Omit<ListenData, "auth">,
  ): Promise<OwnEndpoint | undefined> {
    this.#loading.add(number);
    try {
      const methods = await methodsOf(auth);
      if (!this.#loading.has(number)) return undefined;
      const endpoint: OwnEndpoint = new OwnEndpoint(
        this.#house,
        { ...data, auth: methods, onSession: (session) => this.#house.announce(session, number) },
        () => this.#gone(number, endpoint),
        (count) =>
          this.#box.post({ kind: "unauthenticated", endpoint: number, count }, undefined, `unauthenticated ${number}`),
      );
      return endpoint;
    } catch (error) {
      if (!this.#loading.has(number)) return undefined;
      this.#house.log.error("turnmux: an endpoint of the I/O thread could not be opened", { error });
      this.#failed(number, error);
      return undefined;
    } finally {
      this.#loading.delete(number);
    }
  }

  #failed(number: number, error: unknown): void {
    this.#box.now({ kind: "listenFailed", endpoint: number, error: errorData(error) });
  }

  #gone(number: number, endpoint: OwnEndpoint): void {
    if (this.#open.get(number) === endpoint) this.#open.delete(number);
  }
}

/** What of an error crosses to the other thread. */
function errorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { message: String(error), code: undefined };
  const { cause } = error;
  const because = cause instanceof Error ? `: ${cause.message}` : "";
  const code: unknown = "code" in error ? error.code : undefined;
  return { message: error.message + because, code: typeof code === "string" ? code : undefined };
}
