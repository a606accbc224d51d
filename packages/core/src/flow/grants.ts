/**
 * What this side grants to its peer: counts what arrives, takes note of what the application has taken, and says CREDIT.
 * `docs/spec.md` section 12.
 *
 * @module
 */
import { ProtocolViolation } from "../errors/violation.ts";
import { ITEM_OCTETS } from "../limits.ts";
import { EMPTY_QUEUE, withThing, type Queue } from "../peer/queue.ts";
import type { CreditFrame } from "../wire/frame.ts";
import { IncomingCredit } from "./incoming-credit.ts";
import type { Window } from "./window.ts";

/** What a stream keeps here. */
export interface GrantedStream {
  readonly id: number;
  readonly incoming: IncomingCredit;
  /** Octets of the item that is arriving, as they are counted; 0 while none is. */
  itemOctets: number;
  /** True while the peer may still send octets on it. */
  readonly hears: boolean;
}

/** What moves the channel. */
interface Waking {
  wake(): void;
}

/** One for each session; it outlives channels. */
export class Grants {
  readonly #channel: IncomingCredit;
  #due: Queue<GrantedStream> = EMPTY_QUEUE;
  readonly #message: number;
  readonly #control: Waking;
  #unread = 0;

  /** `message` is the length of the longest item. `control` is woken when there is a CREDIT to write. */
  constructor(channel: Window, message: number, control: Waking) {
    this.#channel = new IncomingCredit(channel);
    this.#message = message;
    this.#control = control;
  }

  /** Octets of items that are complete, and that the application has not taken. */
  get heldOctets(): number {
    return this.#unread;
  }

  /**
   * Octets of a body have arrived that this side takes without its application's help, so that as many may follow; `last` says
   * that none do. Throws {@link ProtocolViolation}.
   */
  arrived(stream: GrantedStream, octets: number, last: boolean): void {
    // What has no octets needs no credit, also behind an item that was longer than it.
    if (octets === 0) return;
    if (!stream.incoming.take(octets)) throw beyondStream();
    if (!last && stream.incoming.worthwhile) this.#announce(stream);
  }

  /** An item begins. Throws {@link ProtocolViolation}. */
  itemBegins(stream: GrantedStream, octets: number): void {
    const counted = ITEM_OCTETS + octets;
    const covered = this.#channel.take(counted);
    if (!stream.incoming.take(counted)) throw beyondStream();
    if (!covered) {
      throw new ProtocolViolation("FLOW-003", "an item began beyond the credit of the channel", "resource_exhausted");
    }
    this.#hold(stream, counted);
  }

  /**
   * An item goes on. It is counted, but what has begun waits for no credit (FLOW-002). Throws {@link ProtocolViolation} where the
   * peer has begun others although this one takes up all there was: it counts them whole when they begin.
   */
  itemGoesOn(stream: GrantedStream, octets: number): void {
    this.#channel.take(octets);
    stream.incoming.take(octets);
    if (this.#channel.left < -this.#message) {
      const message = "items go on by more than the longest one beyond the credit of the channel";
      throw new ProtocolViolation("FLOW-003", message, "resource_exhausted");
    }
    this.#hold(stream, octets);
  }

  /** An item is complete, and waits for the application. Gives what it counts for: {@link consumed} wants it back. */
  itemComplete(stream: GrantedStream): number {
    const octets = stream.itemOctets;
    stream.itemOctets = 0;
    if (stream.incoming.keeps) this.#unread += octets;
    return octets;
  }

  /** The application has taken an item that counted for so many octets, or nobody wants it. */
  consumed(stream: GrantedStream, octets: number): void {
    const { incoming } = stream;
    if (!incoming.letGo(octets)) return;
    this.#unread -= octets;
    if (incoming.worthwhile) this.#announce(stream);
    this.#channelLetsGo(octets);
  }

  /** Nobody takes items of this stream any more: those that wait count for nothing, nor do those that follow. */
  release(stream: GrantedStream): void {
    this.#letAllGo(stream);
    if (stream.incoming.worthwhile) this.#announce(stream);
  }

  /** The stream is over. */
  forget(stream: GrantedStream): void {
    this.#letAllGo(stream);
    if (stream.incoming.due === "no") return;
    stream.incoming.due = "no";
    this.#due.remove(stream);
  }

  /** What was granted on a channel that is lost may not have arrived: it is said again (FLOW-007). */
  restate(streams: Iterable<GrantedStream>): void {
    if (this.#channel.raised) this.#channel.due = "again";
    for (const stream of streams) {
      if (!stream.hears || !stream.incoming.raised) continue;
      stream.incoming.due = "again";
      this.#due = withThing(this.#due, stream);
    }
  }

  /** The next CREDIT to write, or undefined. */
  next(): CreditFrame | undefined {
    if (this.#channel.due !== "no") {
      const limit = this.#channel.grant();
      if (limit !== undefined) return { type: "credit", stream: 0, limit };
    }
    while (this.#due.size > 0) {
      const stream = this.#due.take();
      const limit = stream?.incoming.grant();
      if (stream !== undefined && limit !== undefined) return { type: "credit", stream: stream.id, limit };
    }
    return undefined;
  }

  /** What has arrived of an item waits for the application, where that still takes any. */
  #hold(stream: GrantedStream, octets: number): void {
    stream.itemOctets += octets;
    if (stream.incoming.hold(octets)) {
      this.#channel.hold(octets);
      return;
    }
    if (stream.incoming.worthwhile) this.#announce(stream);
    this.#tellOfChannel();
  }

  #letAllGo(stream: GrantedStream): void {
    const { incoming } = stream;
    if (!incoming.keeps) return;
    const octets = incoming.release();
    this.#unread -= octets - stream.itemOctets;
    if (octets > 0) this.#channelLetsGo(octets);
  }

  #channelLetsGo(octets: number): void {
    this.#channel.letGo(octets);
    this.#tellOfChannel();
  }

  #tellOfChannel(): void {
    const channel = this.#channel;
    if (channel.due !== "no" || !channel.worthwhile) return;
    channel.due = "more";
    this.#control.wake();
  }

  #announce(stream: GrantedStream): void {
    if (stream.incoming.due !== "no") return;
    stream.incoming.due = "more";
    this.#due = withThing(this.#due, stream);
    this.#control.wake();
  }
}

function beyondStream(): ProtocolViolation {
  return new ProtocolViolation("FLOW-003", "a frame is beyond the credit of its stream", "resource_exhausted");
}
