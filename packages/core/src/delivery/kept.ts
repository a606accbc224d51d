/**
 * Frames that were handed to the carrier and are not acknowledged: what is sent again after a reconnect.
 *
 * @module
 */
import { wholeMs } from "../channel/milliseconds.ts";
import { letGo } from "../spare-octets.ts";
import type { CountedFrame } from "../wire/frame.ts";
import { frameOctets } from "./octets.ts";

/** Of a frame without a deadline. */
const NEVER: number = Number.POSITIVE_INFINITY;

/** Acknowledged entries in front of the list that are not worth moving the rest for. */
const LEAST = 64;

/** What is kept where nothing is: nobody puts anything into it. */
const NOTHING: never[] = [];

/** First in, first out. The frames' bodies are views: keeping one keeps its message's octets, which are wanted anyway. */
export class Kept {
  #frames: (CountedFrame | undefined)[] = NOTHING;
  /** When the deadline that an OPEN carries is over, on the session's clock. In the same places: no object for each frame. */
  #deadlines: number[] = NOTHING;
  #head = 0;
  #octets = 0;
  #bulkOctets = 0;

  /** Frames that are kept. */
  get size(): number {
    return this.#frames.length - this.#head;
  }

  /** What they count for, in octets. */
  get octets(): number {
    return this.#octets;
  }

  /** The part of them that belongs to bodies of several frames. */
  get bulkOctets(): number {
    return this.#bulkOctets;
  }

  /** Keeps a frame that is being written at `now`. */
  add(frame: CountedFrame, now: number): void {
    const octets = frameOctets(frame);
    if (this.#frames === NOTHING) {
      this.#frames = [];
      this.#deadlines = [];
    }
    this.#frames.push(frame);
    this.#deadlines.push(frame.type === "open" && frame.deadlineMs !== undefined ? now + frame.deadlineMs : NEVER);
    this.#octets += octets;
    if (isBulk(frame)) this.#bulkOctets += octets;
  }

  /** Lets go of the `count` oldest. */
  drop(count: number): void {
    for (let left = count; left > 0; left--) {
      const frame = this.#frames[this.#head];
      if (frame !== undefined) {
        const octets = frameOctets(frame);
        this.#octets -= octets;
        if (isBulk(frame)) this.#bulkOctets -= octets;
        letGo(frame);
      }
      this.#frames[this.#head] = undefined;
      this.#head += 1;
    }
    if (this.#head === this.#frames.length) {
      this.#frames = NOTHING;
      this.#deadlines = NOTHING;
      this.#head = 0;
    } else if (this.#head > LEAST && this.#head * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#deadlines = this.#deadlines.slice(this.#head);
      this.#head = 0;
    }
  }

  /** A kept frame, counted from the oldest, as it is to be sent again at `now`: OPEN with the time that is left. */
  again(index: number, now: number): CountedFrame | undefined {
    const frame = this.#frames[this.#head + index];
    const deadline = this.#deadlines[this.#head + index] ?? NEVER;
    if (frame?.type !== "open" || deadline === NEVER) return frame;
    // One whose time is over is sent all the same: it is counted, and its END tells the truth (DELIV-007).
    return { ...frame, deadlineMs: wholeMs(Math.max(0, deadline - now)) };
  }

  /** Lets go of everything. */
  clear(): void {
    this.#frames = NOTHING;
    this.#deadlines = NOTHING;
    this.#head = 0;
    this.#octets = 0;
    this.#bulkOctets = 0;
  }
}

/** True for a part of a body of several frames. */
export function isBulk(frame: CountedFrame): boolean {
  return "more" in frame && (frame.more || (frame.type === "data" && frame.head === undefined));
}
