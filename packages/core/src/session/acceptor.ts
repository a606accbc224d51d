/**
 * The gateway's end of a carrier: conversations with clients, one after the other.
 *
 * @module
 */
import type { CarrierMessage } from "../carrier/carrier.ts";
import { isHandshakeMessage } from "../channel/messages.ts";
import type { AcceptorOptions } from "./admission.ts";
import { Conversation } from "./conversation.ts";

/** See the module's comment. */
export class Acceptor {
  readonly #options: AcceptorOptions;
  #conversation: Conversation;
  #over = false;

  /** Takes the carrier. Throws what {@link Carrier.start} throws. */
  constructor(options: AcceptorOptions) {
    this.#options = options;
    this.#conversation = this.#converse();
    options.carrier.start({
      message: (message) => this.#message(message),
      drained: () => this.#conversation.link.flush(),
      lost: (loss) => {
        this.#conversation.link.lost(loss);
        this.#finish();
      },
    });
    if (!options.carrier.shared) this.#conversation.start();
  }

  /** Ends the session and gives the carrier back. */
  detach(message: string): void {
    if (this.#over) return;
    this.#conversation.close(message);
    this.#options.carrier.detach();
    // Whatever the carrier did not take will not be taken any more.
    this.#conversation.link.lost({ reason: message });
    this.#finish();
  }

  /** Refuses a handshake that is under way, and takes no further calls in a session that stands (CHAN-003). */
  drain(message: string, retryAfterMs: number | undefined): void {
    this.#conversation.drain(message, retryAfterMs);
  }

  /** Ends the session, or the handshake that is under way. */
  close(message: string): void {
    this.#conversation.close(message);
  }

  #message(message: CarrierMessage): boolean {
    if (this.#conversation.link.receive(message)) return true;
    if (!this.#conversation.channelEnded || this.#over || !isHandshakeMessage(message)) return false;
    // After a GOAWAY a new HELLO starts a new channel (CARR-032).
    this.#conversation = this.#converse();
    return this.#conversation.link.receive(message);
  }

  #converse(): Conversation {
    return new Conversation(this.#options, () => {
      if (!this.#options.carrier.shared) this.#finish();
    });
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.over();
  }
}
