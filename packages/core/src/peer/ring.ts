/**
 * Streams that have something to write take turns, frame by frame.
 *
 * @module
 */
import type { Stream } from "./stream.ts";

/** A queue in which each stream stands at most once. */
export class Ring {
  #queue: (Stream | undefined)[] = [];
  #head = 0;

  /** Puts a stream at the end, unless it waits already. */
  add(stream: Stream): void {
    if (stream.scheduled) return;
    stream.scheduled = true;
    this.#queue.push(stream);
  }

  /** Takes the stream whose turn it is. */
  take(): Stream | undefined {
    while (this.#head < this.#queue.length) {
      const stream = this.#queue[this.#head];
      this.#queue[this.#head] = undefined;
      this.#head += 1;
      if (this.#head > 1_024 && this.#head * 2 > this.#queue.length) {
        this.#queue = this.#queue.slice(this.#head);
        this.#head = 0;
      }
      if (stream?.scheduled === true) {
        stream.scheduled = false;
        return stream;
      }
    }
    this.#queue = [];
    this.#head = 0;
    return undefined;
  }

  /** Takes a stream out, wherever it stands. */
  remove(stream: Stream): void {
    stream.scheduled = false;
  }
}
