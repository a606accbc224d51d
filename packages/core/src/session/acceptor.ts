/**
 * The gateway's end of a carrier: conversations with clients, one after the other.
 *
 * @module
 */
import type { CarrierListener, CarrierLoss, CarrierMessage } from "../carrier/carrier.ts";
import { isHandshakeMessage, isHello } from "../channel/recognition.ts";
import type { AcceptorOptions } from "./admission.ts";
import { Conversation, type ConversationOwner } from "./conversation.ts";

/** Former conversations of one socket whose messages are kept from the host (CARR-005). */
const FORMERS = 8;

const NONE: readonly Conversation[] = Object.freeze([]);

/** See the module's comment. */
export class Acceptor implements CarrierListener, ConversationOwner {
  readonly #options: AcceptorOptions;
  #conversation: Conversation;
  /** The latest first. What the client still sends to them, before it has heard of their end, is kept from the host. */
  #formers: readonly Conversation[] = NONE;
  #over = false;

  /** Takes the carrier. Throws what {@link Carrier.start} throws. */
  constructor(options: AcceptorOptions) {
    this.#options = options;
    this.#conversation = this.#converse();
    options.carrier.start(this);
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

  /** For the carrier. */
  message(message: CarrierMessage): boolean {
    if (this.#conversation.receive(message)) {
      // The client speaks on the latest channel, and so is done with those before.
      if (!isHandshakeMessage(message)) this.#formers = NONE;
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

  /** For the carrier. */
  drained(): void {
    this.#conversation.link.carrierDrained();
  }

  /** For the carrier. */
  lost(loss: CarrierLoss): void {
    this.#conversation.link.lost(loss);
    this.#finish();
  }

  /** For the conversation: it is over. */
  conversationEnded(): void {
    if (!this.#options.carrier.shared) this.#finish();
  }

  #converse(): Conversation {
    return new Conversation(this.#options, this);
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.over();
  }
}
