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
  readonly #box: Postbox<ToMain>;
  readonly #open = new Map<number, OwnEndpoint>();
  /** Those that are to be closed, also before they were made. */
  readonly #closing = new Set<number>();

  constructor(house: ThreadHouse, box: Postbox<ToMain>) {
    this.#house = house;
    this.#box = box;
  }

  /** Opens one, and tells when it takes connections, or why it does not. */
  async listen(number: number, { auth, ...data }: ListenData): Promise<void> {
    const box = this.#box;
    try {
      const methods = await methodsOf(auth);
      if (this.#closing.has(number)) return;
      const endpoint = new OwnEndpoint(
        this.#house,
        { ...data, auth: methods, onSession: (session) => this.#house.announce(session, number) },
        () => this.#open.delete(number),
        (count) => box.post({ kind: "unauthenticated", endpoint: number, count }),
      );
      this.#open.set(number, endpoint);
      await endpoint.ready;
      box.now({ kind: "listening", endpoint: number, address: endpoint.address() });
    } catch (error) {
      box.now({ kind: "listenFailed", endpoint: number, error: errorData(error) });
    }
  }

  async close(number: number, message: string | undefined): Promise<void> {
    this.#closing.add(number);
    await this.#open.get(number)?.close(message);
    this.#box.now({ kind: "endpointClosed", endpoint: number });
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
