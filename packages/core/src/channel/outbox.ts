/**
 * What a channel itself has to say, and the order in which frames leave: the handshake, PONGs, the rest of the channel's
 * frames, the session's.
 *
 * @module
 */
import { ProtocolViolation } from "../errors/violation.ts";
import { BATCH_FRAMES, BATCH_OCTETS, WAITING_PONGS } from "../limits.ts";
import { headerLength } from "../wire/carriage.ts";
import type { Frame, GoawayFrame, HandshakeFrame, PingFrame, PongFrame } from "../wire/frame.ts";
import type { FrameSink } from "./sink.ts";

/** Nothing waits, which is so most of the time: nobody puts anything into it. */
const NOTHING: never[] = [];

/** One for each channel. */
export class Outbox {
  #handshake: HandshakeFrame[] = NOTHING;
  #pongs: PongFrame[] = NOTHING;
  #control: (GoawayFrame | PingFrame)[] = NOTHING;

  /** True when the channel itself has nothing to say. */
  get empty(): boolean {
    return this.#handshake.length === 0 && this.#control.length === 0 && this.#pongs.length === 0;
  }

  sayHandshake(frame: HandshakeFrame): void {
    if (this.#handshake === NOTHING) this.#handshake = [];
    this.#handshake.push(frame);
  }

  say(frame: GoawayFrame | PingFrame): void {
    if (this.#control === NOTHING) this.#control = [];
    this.#control.push(frame);
  }

  /** Throws {@link ProtocolViolation} when the peer asks faster than it reads (LIMIT-004). */
  sayPong(frame: PongFrame): void {
    if (this.#pongs.length >= WAITING_PONGS) {
      throw new ProtocolViolation(
        "LIMIT-004",
        `more than ${WAITING_PONGS} PINGs came before their PONGs could be written`,
        "resource_exhausted",
      );
    }
    if (this.#pongs === NOTHING) this.#pongs = [];
    this.#pongs.push(frame);
  }

  /** Drops what waits, a handshake frame too where `handshake` says so, and says this last. */
  sayLast(frame: GoawayFrame | undefined, handshake: boolean): void {
    if (handshake) this.#handshake = NOTHING;
    this.#pongs = NOTHING;
    this.#control = frame === undefined ? NOTHING : [frame];
  }

  /** The next handshake frame. It has a message to itself. */
  nextHandshake(): HandshakeFrame | undefined {
    if (this.#handshake.length === 0) return undefined;
    const frame = this.#handshake.shift();
    if (this.#handshake.length === 0) this.#handshake = NOTHING;
    return frame;
  }

  /** The frames of the next message, the session's included (CHAN-006); with `controlOnly` those that wait for nothing. */
  nextFrames(sink: FrameSink | undefined, now: number, controlOnly: boolean): Frame[] {
    const frames: Frame[] = [];
    if (this.#pongs.length > 0) {
      frames.push(...this.#pongs.splice(0, BATCH_FRAMES));
      if (this.#pongs.length === 0) this.#pongs = NOTHING;
    }
    if (this.#control.length > 0) {
      frames.push(...this.#control.splice(0, BATCH_FRAMES - frames.length));
      if (this.#control.length === 0) this.#control = NOTHING;
    }
    if (sink === undefined) return frames;
    for (let octets = 0; frames.length < BATCH_FRAMES && octets < BATCH_OCTETS; ) {
      const frame = controlOnly ? sink.nextControl(now) : sink.nextFrame(now);
      if (frame === undefined) break;
      frames.push(frame);
      octets += octetsOf(frame);
    }
    return frames;
  }
}

/** What most frames take beside their body. */
const HEADER_OCTETS = 64;

/** About what a frame takes, and no less. */
function octetsOf(frame: Frame): number {
  switch (frame.type) {
    case "open":
      return frame.body.length + (frame.meta === undefined ? HEADER_OCTETS * 4 : headerLength(frame));
    case "offer":
      return headerLength(frame);
    case "end":
      return frame.body.length + HEADER_OCTETS + (frame.message?.length ?? 0) * 3;
    case "data":
      return frame.body.length + HEADER_OCTETS;
    default:
      return HEADER_OCTETS;
  }
}
