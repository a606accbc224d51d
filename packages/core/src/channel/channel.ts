/**
 * One channel: the turnmux conversation on one carrier, without I/O and without a clock.
 *
 * The owner calls {@link Channel.receive} with each message, {@link Channel.poll} until it is empty after every input,
 * {@link Channel.handleTimeout} when {@link Channel.nextTimeout} is due, and takes events with {@link Channel.nextEvent}.
 * Times are milliseconds of one monotonic clock that the owner chooses.
 *
 * @module
 */
import type { CarrierLoss, CarrierMessage } from "../carrier/carrier.ts";
import { codeFromWire, codeToWire, type Code } from "../errors/codes.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import { BATCH_FRAMES, BATCH_OCTETS, type Limits } from "../limits.ts";
import {
  binaryCarriage,
  sameOctets,
  textCarriage,
  wrappedCarriage,
  ZERO_TAG,
  type Carriage,
  type Envelope,
} from "../wire/carriage.ts";
import type { Frame, GoawayFrame, HandshakeFrame, OfferFrame, PeerLimits, StreamFrame } from "../wire/frame.ts";
import type { ChannelEnd, ChannelEvent } from "./events.ts";
import { Heartbeat } from "./heartbeat.ts";
import { EXPECTED, nextChannelState, type ChannelInput, type ChannelState, type Role } from "./states.ts";

/** The session's side of a channel: takes its frames, and gives those to write. */
export interface FrameSink {
  /** A frame of the session arrived. Throws {@link ProtocolViolation}. */
  frame(frame: StreamFrame | OfferFrame | GoawayFrame, now: number): void;
  /** The next frame to write, or undefined when there is none at present. The caller hands it to the carrier at once. */
  nextFrame(now: number): Frame | undefined;
  /** The greatest stream identifier taken of those that the peer opened. */
  readonly lastStream: number;
  /** The channel is over. */
  channelEnded(end: ChannelEnd, now: number): void;
}

/** What both kinds of channel need. */
export interface ChannelOptions {
  /** True on a host's socket, where a message without the right tag is the host's (CARR-004). */
  readonly shared: boolean;
  /** This side's channel tag: 8 random octets, drawn for this channel (CARR-002). */
  readonly tag: Uint8Array;
  readonly limits: Limits;
  /** How late the owner's event loop is, in milliseconds; told in PONG. */
  readonly lagMs?: (() => number) | undefined;
}

/** A tag-zero message may hold one handshake frame; all else travels under the receiver's tag. */
const HANDSHAKE_TYPES: ReadonlySet<string> = new Set(["hello", "challenge", "proof", "welcome", "refuse"]);

/** True for HELLO, CHALLENGE, PROOF, WELCOME and REFUSE. */
export function isHandshake(frame: Frame): frame is HandshakeFrame {
  return HANDSHAKE_TYPES.has(frame.type);
}

/** The carriage of a message by its form. */
export function carriageOf(message: CarrierMessage): Carriage {
  if (typeof message === "string") return textCarriage;
  return message instanceof Uint8Array ? binaryCarriage : wrappedCarriage;
}

/** What {@link ClientChannel} and {@link GatewayChannel} share: everything but the handshake. */
export abstract class Channel {
  readonly role: Role;
  readonly shared: boolean;
  protected readonly limits: Limits;
  protected readonly tag: Uint8Array;
  protected peerTag: Uint8Array = ZERO_TAG;
  protected carriage: Carriage | undefined;
  #state: ChannelState = "start";
  #handshakeOctets = 0;
  #handshakeUntil: number | undefined;
  #handshakeOut: HandshakeFrame[] = [];
  #controlOut: Frame[] = [];
  #held: Frame[][] = [];
  #events: ChannelEvent[] = [];
  #sink: FrameSink | undefined;
  #heartbeat: Heartbeat | undefined;
  #sequenceIn = 0;
  #sequenceOut = 0;
  readonly #lagMs: (() => number) | undefined;

  protected constructor(role: Role, options: ChannelOptions) {
    this.role = role;
    this.shared = options.shared;
    this.limits = options.limits;
    this.tag = options.tag;
    this.#lagMs = options.lagMs;
  }

  /** Where the channel is. */
  get state(): ChannelState {
    return this.#state;
  }

  /** The last known lateness of the peer's event loop in milliseconds, from its PONG. */
  get peerLagMs(): number | undefined {
    return this.#heartbeat?.peerLagMs;
  }

  /** True when the channel is over and its last word has been polled: the owner may let go of the carrier. */
  get finished(): boolean {
    return this.#state === "ended" && this.#handshakeOut.length === 0 && this.#controlOut.length === 0;
  }

  /** A message arrived. True when it was turnmux's, which the host must not see (CARR-004, CARR-005). */
  receive(message: CarrierMessage, now: number): boolean {
    const carriage = carriageOf(message);
    if (this.carriage !== undefined && this.carriage !== carriage) return this.#foreign(carriage, now);
    const envelope = carriage.recognise(message);
    if (envelope === undefined) return this.#foreign(carriage, now);
    if (sameOctets(envelope.tag, this.tag)) {
      this.#receiveOwn(carriage, envelope, message, now);
      return true;
    }
    if (sameOctets(envelope.tag, ZERO_TAG) && this.acceptsHandshake(carriage, envelope, message)) {
      this.#receiveHandshake(carriage, envelope, message, now);
      return true;
    }
    return this.#foreign(carriage, now);
  }

  /** The next message to write, or undefined. */
  poll(now: number): CarrierMessage | undefined {
    const carriage = this.carriage;
    if (carriage === undefined) return undefined;
    const handshake = this.#handshakeOut.shift();
    if (handshake !== undefined) return this.#encode(carriage, ZERO_TAG, [handshake]);
    const frames = this.#collect(now);
    return frames.length === 0 ? undefined : this.#encode(carriage, this.peerTag, frames);
  }

  /** When {@link handleTimeout} is due, or undefined. */
  nextTimeout(): number | undefined {
    if (this.#state === "ended") return undefined;
    return earliest(this.#handshakeUntil, this.#heartbeat?.nextTimeout(), this.handshakeTimeout());
  }

  /** Acts on what is due at `now`. The owner reads what has already arrived first (CHAN-002). */
  handleTimeout(now: number): void {
    if (this.#state === "ended") return;
    if (this.#handshakeUntil !== undefined && now >= this.#handshakeUntil) {
      this.handshakeExpired(now);
      return;
    }
    this.handshakeTimedOut(now);
    const due = this.#heartbeat?.handleTimeout(now);
    if (due === "silent") {
      this.end(
        {
          cause: "silent",
          code: "unavailable",
          message: "nothing was heard from the peer for two and a half heartbeat intervals",
          byPeer: false,
        },
        now,
      );
    } else if (due !== undefined) {
      this.#controlOut.push(due);
    }
  }

  /** The next event, or undefined. */
  nextEvent(): ChannelEvent | undefined {
    return this.#events.shift();
  }

  /** The carrier is gone. */
  lost(loss: CarrierLoss, now: number): void {
    this.#handshakeOut = [];
    this.#controlOut = [];
    const code = loss.code === undefined ? "" : ` (close code ${loss.code})`;
    this.end(
      { cause: "lost", code: "unavailable", message: `the connection was lost: ${loss.reason}${code}`, byPeer: false },
      now,
    );
    this.#controlOut = [];
  }

  /** Says GOAWAY with code 0: calls under way finish, the peer opens no more (CHAN-003). Only in an open channel. */
  drain(message: string, retryAfterMs?: number): void {
    if (!this.tryStep("drain")) return;
    this.#controlOut.push(this.#goaway(0, message, retryAfterMs));
  }

  /** Ends the session with GOAWAY. */
  close(code: Code, message: string, now: number, retryAfterMs?: number): void {
    if (this.#state === "ended") return;
    this.sayLast(this.#goaway(codeToWire(code), message, retryAfterMs));
    this.end({ cause: "closed", code, message, retryAfterMs, byPeer: false }, now);
  }

  /** Ends the session because the peer broke the protocol (CHAN-004). */
  fail(violation: ProtocolViolation, now: number): void {
    if (this.#state === "ended") return;
    const goaway = this.#goaway(codeToWire(violation.code), violation.message);
    this.sayLast({ ...goaway, requirement: violation.requirement });
    this.end(
      {
        cause: "violation",
        code: violation.code,
        message: violation.message,
        requirement: violation.requirement,
        byPeer: false,
      },
      now,
    );
  }

  /** True when the tag-zero message may be acted on; false makes it host traffic (CARR-006). */
  protected abstract acceptsHandshake(carriage: Carriage, envelope: Envelope, message: CarrierMessage): boolean;
  /** A handshake frame that {@link acceptsHandshake} let in. */
  protected abstract handshake(frame: HandshakeFrame, now: number): void;
  /** The peer sent something that is not due, before the session stands. */
  protected abstract refuseEarly(violation: ProtocolViolation, now: number): void;
  /** The limit for the handshake is over. */
  protected abstract handshakeExpired(now: number): void;
  /** A further time that the handshake waits for. */
  protected handshakeTimeout(): number | undefined {
    return undefined;
  }
  /** {@link handshakeTimeout} may be due. */
  protected handshakeTimedOut(_now: number): void {}

  protected event(event: ChannelEvent): void {
    this.#events.push(event);
  }

  /** Moves the state, or throws HAND-005 where the table has no entry. */
  protected step(input: ChannelInput): void {
    if (this.tryStep(input)) return;
    throw new ProtocolViolation(
      "HAND-005",
      `${input.toUpperCase()} came in state "${this.#state}", where ${EXPECTED[this.#state]} was expected`,
      "failed_precondition",
    );
  }

  protected tryStep(input: ChannelInput): boolean {
    const next = nextChannelState(this.role, this.#state, input);
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }

  protected limitHandshake(until: number | undefined): void {
    this.#handshakeUntil ??= until;
  }

  protected sayHandshake(frame: HandshakeFrame): void {
    this.#handshakeOut.push(frame);
  }

  /** A last word: whatever else was to be written is dropped. */
  protected sayLast(frame: GoawayFrame): void {
    if (this.#state === "open" || this.#state === "draining") this.#controlOut = [frame];
  }

  /** Binds the session to this channel and lets frames flow. */
  protected opened(sink: FrameSink, heartbeatMs: number, now: number): void {
    this.#handshakeUntil = undefined;
    this.#sink = sink;
    this.#heartbeat = new Heartbeat(heartbeatMs, now);
    const held = this.#held;
    this.#held = [];
    for (const frames of held) this.#act(frames, now);
  }

  /** The one way into the state "ended". */
  protected end(end: ChannelEnd, now: number): void {
    if (!this.tryStep("end")) return;
    this.finish(end, now);
  }

  /** Tells owner and session of an end whose state is reached already. */
  protected finish(end: ChannelEnd, now: number): void {
    this.#held = [];
    this.#handshakeUntil = undefined;
    this.#sink?.channelEnded(end, now);
    this.#events.push({ type: "ended", end });
  }

  /** Host traffic on a shared socket; on an endpoint of turnmux's own a fault of the peer. */
  #foreign(carriage: Carriage, now: number): boolean {
    if (this.shared) return false;
    this.carriage ??= carriage;
    if (this.#state !== "ended") {
      const violation = new ProtocolViolation(
        this.#state === "open" ? "CARR-003" : "HAND-005",
        `a message that is not turnmux's, or carries another tag, came in state "${this.#state}", where ${EXPECTED[this.#state]} was expected`,
        "failed_precondition",
      );
      this.#violated(violation, now);
    }
    return true;
  }

  #receiveHandshake(carriage: Carriage, envelope: Envelope, message: CarrierMessage, now: number): void {
    this.#guard(now, () => {
      this.carriage ??= carriage;
      this.#countHandshake(message);
      const frames = this.#decode(carriage, envelope);
      for (const frame of frames) {
        if (!isHandshake(frame) || frames.length !== 1) throw this.#tooEarly(frame);
        this.handshake(frame, now);
      }
    });
  }

  #receiveOwn(carriage: Carriage, envelope: Envelope, message: CarrierMessage, now: number): void {
    if (this.#state === "ended") return;
    this.#guard(now, () => {
      if (this.#sink === undefined) this.#countHandshake(message);
      const frames = this.#decode(carriage, envelope);
      if (this.#sink !== undefined) {
        this.#act(frames, now);
      } else if (this.#state === "verifying") {
        this.#held.push(frames);
      } else {
        const first = frames[0];
        if (first !== undefined) throw this.#tooEarly(first);
      }
    });
  }

  #act(frames: readonly Frame[], now: number): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    this.#heartbeat?.heard(now);
    for (const frame of frames) {
      if (this.#state === "ended") return;
      switch (frame.type) {
        case "ping":
          this.#controlOut.push({ type: "pong", id: frame.id, lagMs: this.#lagMs?.() });
          break;
        case "pong":
          this.#heartbeat?.pong(frame);
          break;
        case "goaway":
          this.#receiveGoaway(frame, sink, now);
          break;
        case "ack":
        case "credit":
          throw new ProtocolViolation(
            "FRAME-011",
            `${frame.type.toUpperCase()} belongs to a feature that was not agreed on`,
            "failed_precondition",
          );
        case "offer":
        case "open":
        case "accept":
        case "data":
        case "end":
        case "reset":
          sink.frame(frame, now);
          break;
        default:
          throw this.#tooEarly(frame);
      }
    }
  }

  #receiveGoaway(frame: GoawayFrame, sink: FrameSink, now: number): void {
    if (frame.code === 0) {
      this.step("drain");
      sink.frame(frame, now);
      return;
    }
    const { message, requirement, retryAfterMs } = frame;
    sink.frame(frame, now);
    this.#controlOut = [];
    this.end(
      { cause: "goaway", code: codeFromWire(frame.code), message, requirement, retryAfterMs, byPeer: true },
      now,
    );
  }

  #collect(now: number): Frame[] {
    const frames = this.#controlOut.length > BATCH_FRAMES ? this.#controlOut.splice(0, BATCH_FRAMES) : this.#controlOut;
    if (frames === this.#controlOut) this.#controlOut = [];
    const sink = this.#sink;
    if (sink === undefined || this.#state === "ended") return frames;
    let octets = 0;
    while (frames.length < BATCH_FRAMES && octets < BATCH_OCTETS) {
      const frame = sink.nextFrame(now);
      if (frame === undefined) break;
      frames.push(frame);
      octets += "body" in frame ? frame.body.length + 64 : 64;
    }
    return frames;
  }

  #encode(carriage: Carriage, tag: Uint8Array, frames: readonly Frame[]): CarrierMessage {
    return carriage.name === "wrapped"
      ? carriage.encode(tag, frames, this.#sequenceOut++)
      : carriage.encode(tag, frames);
  }

  #decode(carriage: Carriage, envelope: Envelope): Frame[] {
    if (carriage.name === "wrapped" && envelope.sequence !== this.#sequenceIn++) {
      throw new ProtocolViolation(
        "CARR-021",
        "a wrapped message was lost, doubled or reordered",
        "failed_precondition",
      );
    }
    return carriage.decode(envelope, this.limits);
  }

  #countHandshake(message: CarrierMessage): void {
    this.#handshakeOctets += octetsOf(message);
    if (this.#handshakeOctets > this.limits.handshakeOctets) {
      throw new ProtocolViolation(
        "HAND-007",
        `more than ${this.limits.handshakeOctets} octets came before WELCOME`,
        "resource_exhausted",
      );
    }
  }

  #tooEarly(frame: Frame): ProtocolViolation {
    return new ProtocolViolation(
      "HAND-005",
      `${frame.type.toUpperCase()} came in state "${this.#state}", where ${EXPECTED[this.#state]} was expected`,
      "failed_precondition",
    );
  }

  #guard(now: number, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      this.#violated(error, now);
    }
  }

  #violated(violation: ProtocolViolation, now: number): void {
    if (this.#sink === undefined) this.refuseEarly(violation, now);
    else this.fail(violation, now);
  }

  #goaway(code: number, message: string, retryAfterMs?: number): GoawayFrame {
    return { type: "goaway", code, lastStream: this.#sink?.lastStream ?? 0, message, retryAfterMs };
  }
}

/** The lesser of the times that are set. */
export function earliest(...times: readonly (number | undefined)[]): number | undefined {
  let least: number | undefined;
  for (const time of times) {
    if (time !== undefined && (least === undefined || time < least)) least = time;
  }
  return least;
}

function octetsOf(message: CarrierMessage): number {
  // A wrapped message was parsed by the host already, and arrives whole: its size is the host's limit to keep.
  if (typeof message === "string" || message instanceof Uint8Array) return message.length;
  return 0;
}

/** What a peer stated, for the session. */
export interface Agreement {
  readonly peerLimits: PeerLimits;
  readonly peerContents: readonly number[];
  readonly features: readonly string[];
}
