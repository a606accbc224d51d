/**
 * Turns what the streams of a session have to say into frames, within what the peer takes: by priority, and within one stream
 * after the other, frame by frame.
 *
 * @module
 */
import { OutgoingCredit } from "../flow/outgoing-credit.ts";
import type { Window } from "../flow/window.ts";
import { FRAME_OVERHEAD, ITEM_OCTETS } from "../limits.ts";
import type { PeerLimits, ResetFrame, StreamFrame } from "../wire/frame.ts";
import { headerLength } from "../wire/carriage.ts";
import { EMPTY_QUEUE, withThing, type Queue } from "./queue.ts";
import { Scheduler } from "./scheduler.ts";
import type { OutgoingBody, Stream } from "./stream.ts";

/** What the writer tells, and asks. */
export interface WriterOwner {
  /** A stream's OPEN is about to be written: gives it an identifier, or is false where it may not be opened. */
  admit(stream: Stream, now: number): boolean;
  /** An item of this many octets is written. */
  itemWritten(stream: Stream, octets: number): void;
}

/** What a {@link Writer} works with. */
export interface WriterOptions {
  readonly owner: WriterOwner;
  /** What the peer takes. */
  readonly limits: PeerLimits;
  /** What the peer takes of a stream, and of the items of all streams. */
  readonly windows: { readonly stream: Window; readonly channel: Window };
}

/** One for each session. */
export class Writer {
  readonly #owner: WriterOwner;
  readonly #limits: PeerLimits;
  /** Streams that have something to write. */
  readonly #ready = new Scheduler<Stream>();
  /** Streams whose next body has to wait until unfinished ones are complete. */
  #held: Queue<Stream> = EMPTY_QUEUE;
  /** Streams that have something to write which waits for acknowledgements. */
  #parked: Queue<Stream> = EMPTY_QUEUE;
  /** Streams that have part of a large body to write, of which too much is not acknowledged. */
  #bulky: Queue<Stream> = EMPTY_QUEUE;
  /** Own streams whose RESET is to be written: before all else, since it waits for nothing (CHAN-007). */
  #resets: Queue<Stream> = EMPTY_QUEUE;
  /** Streams whose next item waits for credit of the channel. */
  #unpaid: Queue<Stream> = EMPTY_QUEUE;
  /** What the peer takes of items, of all streams. One that has begun is counted whole. */
  readonly #channel: OutgoingCredit;
  /** The least of a body that a frame carries which is not its last. */
  readonly #fragment: number;
  /** Octets of bodies that have begun and are not complete: the peer assembles them (LIMIT-001). */
  #unfinished = 0;
  /** Octets of bodies that wait to be written: what this side answers, and the arguments of its own calls. */
  #unsent = 0;
  #unsentArguments = 0;

  constructor(options: WriterOptions) {
    this.#owner = options.owner;
    this.#limits = options.limits;
    const { stream, channel } = options.windows;
    this.#channel = new OutgoingCredit(channel);
    this.#fragment = Math.min(stream.fragment, channel.fragment, options.limits.framePayload);
  }

  /** Octets of results, items and progress that wait to be written: the peer has asked for them (FLOW-010). */
  get unsent(): number {
    return this.#unsent;
  }

  /** Octets of arguments that wait to be written: this side's own affair. */
  get unsentArguments(): number {
    return this.#unsentArguments;
  }

  /** A stream has a further body to write. {@link schedule} follows. */
  add(stream: Stream, body: OutgoingBody): void {
    this.#count(body, body.octets.length);
    // What is pushed into an empty array gets room for many more, which one body in most streams does not need.
    if (stream.bodies.length === 0) stream.bodies = [body];
    else stream.bodies.push(body);
  }

  /** The stream has something to write. */
  schedule(stream: Stream): void {
    this.#parked.remove(stream);
    this.#ready.add(stream, stream.priority);
  }

  /** An own stream is given up: what it had still to write is dropped, and its RESET is to be written. */
  reset(stream: Stream): void {
    this.dropBodies(stream);
    this.#ready.remove(stream);
    this.#parked.remove(stream);
    this.#bulky.remove(stream);
    this.#resets = withThing(this.#resets, stream);
  }

  /** The next RESET to write, and its stream; undefined when there is none. */
  nextReset(): { readonly stream: Stream; readonly frame: ResetFrame } | undefined {
    const stream = this.#resets.take();
    if (stream?.resetting === undefined) return undefined;
    this.#complete(stream);
    return { stream, frame: stream.resetting };
  }

  /** The peer takes more of a stream. False where its limit goes back. */
  credit(stream: Stream, limit: number): number {
    const more = stream.outgoing.raise(limit);
    if (more > 0 && stream.lacksCredit) this.schedule(stream);
    return more;
  }

  /** The peer takes more items. False where its limit goes back. */
  channelCredit(limit: number): number {
    const more = this.#channel.raise(limit);
    // Each looks anew whether it is enough for it: one that needs much does not stop one that needs little.
    if (more > 0) this.#makeReady(this.#unpaid);
    return more;
  }

  /**
   * The stream's next frame, and the stream; undefined when there is none at present. Without `room`: one that never waits for
   * an acknowledgement, since each stream has few of them (DELIV-004). Without `bulk`: none of a large body (FLOW-009).
   */
  next(
    now: number,
    room: boolean,
    bulk: boolean,
  ): { readonly stream: Stream; readonly frame: StreamFrame } | undefined {
    if (room) this.#makeReady(this.#parked);
    if (bulk) this.#makeReady(this.#bulky);
    for (let stream = this.#ready.take(); stream !== undefined; stream = this.#ready.take()) {
      if (!room && !neverWaits(stream)) {
        this.#parked = withThing(this.#parked, stream);
        continue;
      }
      if (!bulk && this.#isBulk(stream)) {
        this.#bulky = withThing(this.#bulky, stream);
        continue;
      }
      const frame = this.#frameOf(stream, now);
      if (frame === undefined) continue;
      this.#ready.served(stream.priority, FRAME_OVERHEAD + ("body" in frame ? frame.body.length : 0));
      if (stream.control.length > 0 || stream.bodies.length > 0) this.#ready.add(stream, stream.priority);
      return { stream, frame };
    }
    return undefined;
  }

  /**
   * Drops the bodies that a stream has still to write, also one that has begun. What the peer has of that it keeps until it hears
   * so: with RESET.
   */
  dropBodies(stream: Stream): void {
    if (stream.bodies.length > 0) this.keepBodies(stream, () => false);
    stream.lacksCredit = false;
    this.#held.remove(stream);
    this.#unpaid.remove(stream);
    // It may have been the one that the others wait behind.
    this.#wakeHeld();
  }

  /** Drops the items of a stream that have not begun. Gives how many there were. What is behind them is to be scheduled. */
  dropItems(stream: Stream): number {
    const items = stream.bodies.filter((body) => body.kind === "item" && !body.started);
    if (items.length === 0) return 0;
    this.keepBodies(stream, (body) => body.kind !== "item" || body.started);
    // One of them may have been what it waited for.
    stream.lacksCredit = false;
    this.#held.remove(stream);
    this.#unpaid.remove(stream);
    this.#bulky.remove(stream);
    this.#wakeHeld();
    for (const item of items) this.#owner.itemWritten(stream, item.octets.length);
    return items.length;
  }

  /** Drops those of a stream's bodies that are not to be kept. */
  keepBodies(stream: Stream, keep: (body: OutgoingBody) => boolean): void {
    if (stream.bodies.length === 0) return;
    stream.bodies = stream.bodies.filter((body) => {
      const kept = keep(body);
      if (!kept) this.#count(body, body.offset - body.octets.length);
      return kept;
    });
  }

  /** The stream is over, and writes nothing more. */
  forget(stream: Stream): void {
    stream.control.length = 0;
    this.#ready.remove(stream);
    this.#parked.remove(stream);
    this.#bulky.remove(stream);
    this.#resets.remove(stream);
    this.dropBodies(stream);
    this.#complete(stream);
  }

  #count(body: OutgoingBody, octets: number): void {
    if (body.kind === "arguments") this.#unsentArguments += octets;
    else this.#unsent += octets;
  }

  #makeReady(waiting: Queue<Stream>): void {
    if (waiting.size === 0) return;
    for (let stream = waiting.take(); stream !== undefined; stream = waiting.take()) {
      this.#ready.add(stream, stream.priority);
    }
  }

  #frameOf(stream: Stream, now: number): StreamFrame | undefined {
    // ACCEPT needs no credit.
    const control = stream.control.length === 0 ? undefined : stream.control.shift();
    if (control !== undefined) return control;
    const [body] = stream.bodies;
    if (body === undefined || (!body.started && !this.#mayBegin(stream, body, now))) return undefined;
    const room = body.started ? this.#nextRoom(stream, body) : this.#firstRoom(stream, body, now);
    if (room === undefined) return undefined;
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
    if (body.kind !== "item") stream.outgoing.use(chunk.length);
    this.#count(body, -chunk.length);
    body.started = true;
    body.offset += chunk.length;
    if (!more) {
      stream.bodies.shift();
      this.#complete(stream);
      if (body.kind === "item") this.#owner.itemWritten(stream, body.octets.length);
    }
    return frame;
  }

  #mayBegin(stream: Stream, body: OutgoingBody, now: number): boolean {
    const cost = body.octets.length + allowance(body);
    if (!this.#isPaid(stream, body, cost)) {
      // The others must not wait behind one that waits for the peer's application.
      this.#held.remove(stream);
      this.#wakeHeld();
      return false;
    }
    const octets = this.#isWhole(stream, body, cost) ? 0 : body.octets.length;
    if (octets > 0 && this.#mustWait(stream, octets)) {
      this.#held = withThing(this.#held, stream);
      return false;
    }
    if (stream.id === 0 && !this.#owner.admit(stream, now)) return false;
    this.#held.remove(stream);
    stream.unfinished = octets;
    this.#unfinished += octets;
    if (body.kind === "item") {
      // All of it: it goes on whatever is granted meanwhile (FLOW-002).
      stream.outgoing.use(cost);
      this.#channel.use(cost);
    }
    this.#wakeHeld();
    return true;
  }

  /** True where there is credit for a body: for all of it, or as much as lets it go on by itself (FLOW-008). */
  #isPaid(stream: Stream, body: OutgoingBody, cost: number): boolean {
    stream.lacksCredit = !stream.outgoing.covers(cost);
    if (stream.lacksCredit) return false;
    if (body.kind !== "item" || this.#channel.covers(cost)) return true;
    this.#unpaid = withThing(this.#unpaid, stream);
    return false;
  }

  #mustWait(stream: Stream, octets: number): boolean {
    const { first } = this.#held;
    if (first !== undefined && first !== stream) return true;
    return this.#unfinished > 0 && this.#unfinished + octets > this.#limits.assembling;
  }

  #complete(stream: Stream): void {
    if (stream.unfinished === 0) return;
    this.#unfinished -= stream.unfinished;
    stream.unfinished = 0;
    this.#wakeHeld();
  }

  #wakeHeld(): void {
    const { first } = this.#held;
    if (first !== undefined) this.#ready.add(first, first.priority);
  }

  /** True where a stream's next frame belongs to a body of more than one. */
  #isBulk(stream: Stream): boolean {
    const [body] = stream.bodies;
    if (stream.control.length > 0 || body === undefined) return false;
    return body.started || !this.#isWhole(stream, body, body.octets.length + allowance(body));
  }

  /** True when the body goes into one frame for certain. */
  #fits(body: OutgoingBody): boolean {
    return body.header + body.octets.length <= this.#limits.framePayload;
  }

  /** True when all of the body goes into its first frame, as far as credit goes as well. */
  #isWhole(stream: Stream, body: OutgoingBody, cost: number): boolean {
    if (!this.#fits(body) || cost > stream.outgoing.left) return false;
    return body.kind !== "item" || cost <= this.#channel.left;
  }

  /** Octets of a body for its first frame, beside the header. */
  #firstRoom(stream: Stream, body: OutgoingBody, now: number): number {
    const { length } = body.octets;
    const room = this.#fits(body)
      ? length
      : Math.max(0, this.#limits.framePayload - headerLength(body.first(NOTHING, true, now)));
    const { left } = stream.outgoing;
    // An item is counted already, whole.
    return body.kind === "item"
      ? Math.min(room, left + length, this.#channel.left + length)
      : Math.min(room, Math.max(0, left));
  }

  /** Octets of a body that has begun for its next frame. Undefined where it has to wait for credit. */
  #nextRoom(stream: Stream, body: OutgoingBody): number | undefined {
    const rest = body.octets.length - body.offset;
    const room = Math.min(rest, this.#limits.framePayload);
    const { left } = stream.outgoing;
    if (body.kind === "item" || room <= left) return room;
    stream.lacksCredit = left < Math.min(rest, this.#fragment);
    return stream.lacksCredit ? undefined : left;
  }
}

/**
 * True where a stream's next frame is its first ACCEPT, or an END. A state that is told again may wait, and so
 * no stream has more than three such frames.
 */
function neverWaits(stream: Stream): boolean {
  if (stream.control.length > 0) return !stream.accepted;
  const [body] = stream.bodies;
  return body?.kind === "result" && !body.started;
}

/** What a body counts for beside its octets. */
function allowance(body: OutgoingBody): number {
  return body.kind === "item" ? ITEM_OCTETS : 0;
}

const NOTHING: Uint8Array = new Uint8Array(0);
