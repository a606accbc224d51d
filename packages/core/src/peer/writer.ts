/**
 * Turns what the streams of a session have to say into frames: one stream after the other, frame by frame.
 *
 * @module
 */
import type { PeerLimits, StreamFrame } from "../wire/frame.ts";
import { headerLength } from "../wire/carriage.ts";
import { Queue } from "./queue.ts";
import type { OutgoingBody, Stream } from "./stream.ts";

/** What a {@link Writer} works with. */
export interface WriterOptions {
  /** What the peer takes. */
  readonly limits: PeerLimits;
  /** A stream's OPEN is about to be written: gives it an identifier, or is false where it may not be opened. */
  readonly admit: (stream: Stream, now: number) => boolean;
  /** An item of this many octets is written. */
  readonly itemWritten: (stream: Stream, octets: number) => void;
}

/** One for each session. */
export class Writer {
  readonly #options: WriterOptions;
  /** Streams that have something to write. */
  readonly #ready = new Queue<Stream>();
  /** Streams whose next body has to wait until unfinished ones are complete. */
  readonly #held = new Queue<Stream>();
  /** Streams that have something to write which waits for acknowledgements. */
  readonly #parked = new Queue<Stream>();
  /** Octets of bodies that have begun and are not complete: the peer assembles them (LIMIT-001). */
  #unfinished = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** The stream has something to write. */
  schedule(stream: Stream): void {
    this.#parked.remove(stream);
    this.#ready.add(stream);
  }

  /**
   * The stream's next frame, and the stream; undefined when there is none at present. Without `room`: one that never waits for
   * an acknowledgement, since each stream has few of them (DELIV-004).
   */
  next(now: number, room: boolean): { readonly stream: Stream; readonly frame: StreamFrame } | undefined {
    if (room) this.#unpark();
    for (let stream = this.#ready.take(); stream !== undefined; stream = this.#ready.take()) {
      if (!room && !neverWaits(stream)) {
        this.#parked.add(stream);
        continue;
      }
      const frame = this.#frameOf(stream, now);
      if (frame === undefined) continue;
      if (stream.control.length > 0 || stream.bodies.length > 0) this.#ready.add(stream);
      return { stream, frame };
    }
    return undefined;
  }

  /** Drops the bodies that a stream has still to write, also one that has begun. */
  dropBodies(stream: Stream): void {
    stream.bodies.length = 0;
    this.#complete(stream);
    this.#held.remove(stream);
    // It may have been the one that the others wait behind.
    this.#wakeHeld();
  }

  /** The stream is over, and writes nothing more. */
  forget(stream: Stream): void {
    stream.control.length = 0;
    this.#ready.remove(stream);
    this.#parked.remove(stream);
    this.dropBodies(stream);
  }

  #unpark(): void {
    for (let stream = this.#parked.take(); stream !== undefined; stream = this.#parked.take()) this.#ready.add(stream);
  }

  #frameOf(stream: Stream, now: number): StreamFrame | undefined {
    // RESET and ACCEPT need no room and wait for nothing, except that nothing precedes OPEN.
    const control = stream.control.shift();
    if (control !== undefined) return control;
    const [body] = stream.bodies;
    if (body === undefined || (!body.started && !this.#mayBegin(stream, body, now))) return undefined;
    const room = body.started ? this.#options.limits.framePayload : this.#firstRoom(body, now);
    const chunk = body.octets.subarray(body.offset, body.offset + room);
    const more = body.offset + chunk.length < body.octets.length;
    const frame: StreamFrame = body.started
      ? {
          type: "data",
          stream: stream.id,
          more,
          final: !more && (body.kind === "arguments" || body.kind === "result"),
          body: chunk,
        }
      : body.first(chunk, more, now);
    body.started = true;
    body.offset += chunk.length;
    if (!more) {
      stream.bodies.shift();
      this.#complete(stream);
      if (body.kind === "item") this.#options.itemWritten(stream, body.octets.length);
    }
    return frame;
  }

  #mayBegin(stream: Stream, body: OutgoingBody, now: number): boolean {
    const octets = this.#fits(body) ? 0 : body.octets.length;
    if (octets > 0 && this.#mustWait(stream, octets)) {
      this.#held.add(stream);
      return false;
    }
    if (stream.id === 0 && !this.#options.admit(stream, now)) return false;
    this.#held.remove(stream);
    stream.unfinished = octets;
    this.#unfinished += octets;
    this.#wakeHeld();
    return true;
  }

  #mustWait(stream: Stream, octets: number): boolean {
    const { first } = this.#held;
    if (first !== undefined && first !== stream) return true;
    return this.#unfinished > 0 && this.#unfinished + octets > this.#options.limits.assembling;
  }

  #complete(stream: Stream): void {
    if (stream.unfinished === 0) return;
    this.#unfinished -= stream.unfinished;
    stream.unfinished = 0;
    this.#wakeHeld();
  }

  #wakeHeld(): void {
    const { first } = this.#held;
    if (first !== undefined) this.#ready.add(first);
  }

  /** True when the body goes into one frame for certain. */
  #fits(body: OutgoingBody): boolean {
    return body.header + body.octets.length <= this.#options.limits.framePayload;
  }

  /** Octets of a body that fit into its first frame, beside the header. */
  #firstRoom(body: OutgoingBody, now: number): number {
    if (this.#fits(body)) return body.octets.length;
    return Math.max(0, this.#options.limits.framePayload - headerLength(body.first(NOTHING, true, now)));
  }
}

/**
 * True where a stream's next frame is its first ACCEPT, its RESET, or an END. A state that is told again may wait, and so
 * no stream has more than three such frames.
 */
function neverWaits(stream: Stream): boolean {
  const [control] = stream.control;
  if (control !== undefined) return control.type === "reset" || !stream.accepted;
  const [body] = stream.bodies;
  return body?.kind === "result" && !body.started;
}

const NOTHING: Uint8Array = new Uint8Array(0);
