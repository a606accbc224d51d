/**
 * The gateway's end of a carrier: conversations with clients, one after the other.
 *
 * @module
 */
import type { CarrierMessage } from "../carrier/carrier.ts";
import { isHandshakeMessage, isHello } from "../channel/recognition.ts";
import type { AcceptorOptions } from "./admission.ts";
import { Conversation } from "./conversation.ts";

/** Former conversations of one socket whose messages are kept from the host (CARR-005). */
const FORMERS = 8;

/** See the module's comment. */
export class Acceptor {
  readonly #options: AcceptorOptions;
  #conversation: Conversation;
  /** The latest first. What the client still sends to them, before it has heard of their end, is kept from the host. */
  #formers: readonly Conversation[] = [];
  #over = false;

  /** Takes the carrier. Throws what {@link Carrier.start} throws. */
  constructor(options: AcceptorOptions) {
    this.#options = options;
    this.#conversation = this.#converse();
    options.carrier.start({
      message: (message) => this.#message(message),
      drained: () => this.#conversation.link.carrierDrained(),
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
    if (this.#conversation.receive(message)) {
      // The client speaks on the latest channel, and so is done with those before.
      if (!isHandshakeMessage(message)) this.#formers = [];
      return true;
    }
    // What was still on its way to a former one came before the HELLO of the latest: it is no HELLO.
    if (!isHello(message, this.#options.limits)) return this.#formers.some((former) => former.receive(message));
    if (!this.#conversation.channelEnded || this.#over) return false;
    // After a GOAWAY a new HELLO starts a new channel (CARR-032).
    this.#formers = [this.#conversation, ...this.#formers].slice(0, FORMERS);
    this.#conversation = this.#converse();
    return this.#conversation.receive(message);
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
