/**
 * What has arrived of a body that takes several frames: octets that are put together at the end, or text that is decoded as
 * it comes.
 *
 * @module
 */
import { LongText, type Body } from "../content/body.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import { Utf8Pieces } from "../wire/utf8-pieces.ts";

/** What has arrived of a body. */
export interface Parts {
  /** About what it takes of memory, in octets. */
  readonly held: number;
  /**
   * Adds octets, which are a view of a message. False, and without effect, where a string would be longer than engines take.
   *
   * @throws ProtocolViolation CONT-003 where text is not well-formed.
   */
  add(octets: Uint8Array): boolean;
  /**
   * All of it: `octets` of them.
   *
   * @throws ProtocolViolation CONT-003 where text ends within a character.
   */
  body(content: number, octets: number): Body;
}

/** Fewer octets than this are copied to others before they become a piece: one piece each would take many times as much. */
const SMALL = 512;
/** Octets of a buffer for small ones: at first, and in the end. Of many streams each may have hardly begun. */
const GATHER: readonly [first: number, most: number] = [512, 4_096];
/** About what a piece takes of memory beside its octets. */
const PIECE = 128;
/** Octets of messages that a body may keep alive beyond twice its own. */
const SLACK = 65_536;

/** Gathers small pieces. */
class Gathered {
  #buffer: Uint8Array = NOTHING;
  #filled = 0;

  /** Octets of the buffer. */
  get held(): number {
    return this.#buffer.length;
  }

  /** Octets that wait in it. */
  get filled(): number {
    return this.#filled;
  }

  takes(octets: number): boolean {
    return this.#filled + octets <= GATHER[1];
  }

  /** Adds what it {@link takes}. */
  add(octets: Uint8Array): void {
    const filled = this.#filled + octets.length;
    if (filled > this.#buffer.length) {
      let length = Math.max(GATHER[0], this.#buffer.length);
      while (length < filled) length *= 2;
      const larger = new Uint8Array(length);
      larger.set(this.#buffer.subarray(0, this.#filled));
      this.#buffer = larger;
    }
    this.#buffer.set(octets, this.#filled);
    this.#filled = filled;
  }

  /** Takes what there is out of it: a view, good until something is added. */
  take(): Uint8Array {
    const { length } = this.#buffer;
    const octets = length === 0 ? this.#buffer : this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    return octets;
  }
}

const NOTHING = new Uint8Array(0);

/** Octets. */
export class OctetParts implements Parts {
  readonly #pieces: Uint8Array[] = [];
  readonly #small = new Gathered();
  #held = 0;
  #octets = 0;
  /** The message of which the last view is. */
  #message: ArrayBufferLike | undefined;

  get held(): number {
    return this.#held + this.#small.held;
  }

  add(octets: Uint8Array): boolean {
    const { length } = octets;
    this.#octets += length;
    if (length < SMALL) {
      if (!this.#small.takes(length)) this.#flush();
      this.#small.add(octets);
    } else {
      this.#flush();
      this.#keep(octets);
    }
    return true;
  }

  body(content: number, octets: number): Body {
    this.#flush();
    const [only] = this.#pieces;
    if (only !== undefined && this.#pieces.length === 1) return { content, octets: only };
    const whole = new Uint8Array(octets);
    let offset = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, offset);
      offset += piece.length;
    }
    return { content, octets: whole };
  }

  /** Keeps a view as long as that keeps no more alive than twice what has arrived: a message may hold much else. */
  #keep(octets: Uint8Array): void {
    const { buffer } = octets;
    const more = buffer === this.#message ? 0 : buffer.byteLength;
    if (this.#held + more <= this.#octets * 2 + SLACK) {
      this.#message = buffer;
      this.#push(octets, more);
    } else this.#push(new Uint8Array(octets), octets.length);
  }

  #push(piece: Uint8Array, more: number): void {
    this.#pieces.push(piece);
    this.#held += PIECE + more;
  }

  #flush(): void {
    if (this.#small.filled === 0) return;
    const octets = this.#small.take().slice();
    this.#push(octets, octets.length);
  }
}

/** Text, which may be cut anywhere, also within a character (CONT-006). */
export class TextParts implements Parts {
  readonly #pieces = new Utf8Pieces();
  readonly #small = new Gathered();
  #overhead = 0;

  get held(): number {
    return this.#pieces.held + this.#overhead + this.#small.held;
  }

  add(octets: Uint8Array): boolean {
    const { length } = octets;
    if (!this.#pieces.takes(this.#small.filled + length)) return false;
    if (length >= SMALL) {
      this.#flush();
      this.#decode(octets);
      return true;
    }
    if (!this.#small.takes(length)) this.#flush();
    this.#small.add(octets);
    return true;
  }

  body(content: number, octets: number): Body {
    this.#flush();
    if (!this.#pieces.complete) illFormed();
    return new LongText(content, this.#pieces.text, octets);
  }

  #flush(): void {
    if (this.#small.filled > 0) this.#decode(this.#small.take());
  }

  #decode(octets: Uint8Array): void {
    if (!this.#pieces.add(octets)) illFormed();
    this.#overhead += PIECE;
  }
}

function illFormed(): never {
  throw new ProtocolViolation("CONT-003", "text must be well-formed UTF-8");
}
