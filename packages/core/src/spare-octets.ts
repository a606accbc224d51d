/**
 * Buffers that are used again for large messages, items, and parts of texts. What is made anew for each is zeroed, paged in, and soon
 * collected, which takes several times as long as to fill it.
 *
 * @module
 */
import { BATCH_OCTETS } from "./limits.ts";
import type { Frame } from "./wire/frame.ts";

/** Octets of a buffer: of a message as long as they become (CHAN-006), unless its last frame is a large one behind others. */
const SPARE = BATCH_OCTETS + 4_096;

/** Octets from which on a buffer is worth its size. */
const LEAST = SPARE / 4;

/** How many of one kind are kept at most while nobody has them. */
const MOST = 16;

/** Tells those that were lent out here: of others nobody knows who else has them. */
class Spare extends ArrayBuffer {
  lender: SpareOctets | undefined;
}

/** Buffers of one kind. Whoever does not give one back leaves it to the collector. */
export class SpareOctets {
  readonly #spare: Spare[] = [];

  /** A buffer of that length at least. Its octets are those of whoever had it before. */
  take(octets: number): Uint8Array {
    if (octets < LEAST || octets > SPARE) return new Uint8Array(octets);
    const spare = this.#spare.pop() ?? new Spare(SPARE);
    spare.lender = this;
    return new Uint8Array(spare);
  }

  /** A copy. */
  copyOf(octets: Uint8Array): Uint8Array {
    const { length } = octets;
    const copy = this.take(length).subarray(0, length);
    copy.set(octets);
    return copy;
  }

  /** Nobody looks at these octets any more. Without effect where they are not of a buffer that was lent out here. */
  giveBack(octets: Uint8Array): void {
    const { buffer } = octets;
    if (!(buffer instanceof Spare) || buffer.lender !== this) return;
    buffer.lender = undefined;
    if (this.#spare.length < MOST) this.#spare.push(buffer);
  }

  /** Several have these octets: {@link giveBack} has no effect on them any more. */
  share(octets: unknown): void {
    if (octets instanceof Uint8Array && octets.buffer instanceof Spare) octets.buffer.lender = undefined;
  }
}

/** Of messages: a carrier gives them back that knows when a message has left. */
export const spareMessages: SpareOctets = new SpareOctets();

/** Of items. No application ever sees one of these. */
export const spareItems: SpareOctets = new SpareOctets();

/** Of parts of long texts, each the body of one frame. */
export const spareParts: SpareOctets = new SpareOctets();

/** A frame that was sent will not be sent again: the memory of its body is given back. */
export function letGo(frame: Frame): void {
  if (!("body" in frame)) return;
  spareParts.giveBack(frame.body);
  // With the last frame of an item all of it has been sent.
  if (frame.type === "data" && !frame.more) spareItems.giveBack(frame.body);
}
