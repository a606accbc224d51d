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
import { CREDIT, DELIVERY, SENTENCE_OCTETS, type Limits } from "../limits.ts";
import { sameOctets, ZERO_TAG, type Carriage, type Envelope } from "../wire/carriage.ts";
import type { Frame, GoawayFrame, HandshakeFrame } from "../wire/frame.ts";
import { clip } from "../wire/limits.ts";
import { Antechamber } from "./antechamber.ts";
import type { ChannelEnd, ChannelEvent } from "./events.ts";
import { Heartbeat, type Lateness, type PeerState } from "./heartbeat.ts";
import { isCounted, isHandshake } from "./messages.ts";
import { earliest, wholeMs } from "./milliseconds.ts";
import { Outbox } from "./outbox.ts";
import type { FrameSink } from "./sink.ts";
import { EXPECTED, nextChannelState, type ChannelInput, type ChannelState, type Role } from "./states.ts";

/** What both kinds of channel need. */
export interface ChannelOptions {
  /** True on a host's socket, where a message without the right tag is the host's (CARR-004). */
  readonly shared: boolean;
  /** This side's channel tag: 8 random octets, drawn for this channel (CARR-002). */
  readonly tag: Uint8Array;
  readonly limits: Limits;
  /** Features that this side has. Those that both sides have are agreed on. Default: none. */
  readonly features?: readonly string[] | undefined;
  /** Tells how late the owner's event loop is, in milliseconds, for PONG. */
  readonly eventLoop?: EventLoop | undefined;
}

/** What runs the owner of a channel. */
export interface EventLoop {
  lagMs?(): number;
}

/** No event waits, which is so most of the time: nobody puts anything into it. */
const NO_EVENTS: never[] = [];

/** What to do with a handshake message: act on it, keep it from the host and drop it, or hand it to the host. */
export type Judgement = "act" | "drop" | "foreign";

/** What {@link ClientChannel} and {@link GatewayChannel} share: everything but the handshake. */
export abstract class Channel {
  readonly role: Role;
  readonly shared: boolean;
  protected readonly limits: Limits;
  protected readonly tag: Uint8Array;
  protected peerTag: Uint8Array = ZERO_TAG;
  protected carriage: Carriage | undefined;
  /** What both sides have agreed on. */
  protected agreed: readonly string[] = [];
  /** True where the client wants to go on with a session: then no counted frame may precede WELCOME (HAND-006). */
  protected resumes = false;
  /** The greatest stream taken of the peer in the session that is to be resumed, while this channel has none. */
  protected formerLastStream = 0;
  /** Until the session stands. */
  #antechamber: Antechamber | undefined;
  readonly #outbox = new Outbox();
  #state: ChannelState = "start";
  #handshakeUntil: number | undefined;
  #events: ChannelEvent[] = NO_EVENTS;
  #sink: FrameSink | undefined;
  #heartbeat: Heartbeat | undefined;
  /** What the owner was told last of the peer. */
  #told: PeerState = "alive";
  /** True once a message came behind WELCOME. */
  #heard = false;
  /** True where something came that may let go of what waits: an acknowledgement, credit. */
  #moved = false;
  /** True once the peer has said that it drains. */
  #peerDrains = false;
  /** Frames of the message that is acted on which were skipped (FRAME-004). */
  #skipped = 0;
  readonly #skip = (): void => {
    this.#skipped += 1;
  };
  #sequenceIn = 0;
  #sequenceOut = 0;
  readonly #eventLoop: EventLoop | undefined;

  protected constructor(role: Role, options: ChannelOptions) {
    this.role = role;
    this.shared = options.shared;
    this.limits = options.limits;
    this.tag = options.tag;
    this.#antechamber = new Antechamber(options.limits.handshakeOctets);
    this.#eventLoop = options.eventLoop;
  }

  /** Where the channel is. */
  get state(): ChannelState {
    return this.#state;
  }

  /** The features that both sides have agreed on, once the session stands. */
  get features(): readonly string[] {
    return this.agreed;
  }

  /** What the peer has said of its event loop last, in PONG or ACCEPT. */
  get lateness(): Lateness | undefined {
    return this.#heartbeat?.lateness;
  }

  /** What is known of the peer, once the session stands. */
  get peer(): { readonly state: PeerState; readonly heardAt: number } | undefined {
    return this.#heartbeat;
  }

  /** Asks the peer for a word now (CALL-019). True where there is a PING to write. */
  ask(now: number): boolean {
    const question = this.#state === "ended" ? undefined : this.#heartbeat?.ask(now);
    if (question !== undefined) this.#outbox.say(question);
    return question !== undefined;
  }

  /** True when the channel is over and its last word has been polled: the owner may let go of the carrier. */
  get finished(): boolean {
    return this.#state === "ended" && this.#outbox.empty;
  }

  /** A message arrived. True when it was turnmux's, which the host must not see (CARR-004, CARR-005, CARR-014). */
  receive(message: CarrierMessage, now: number): boolean {
    // A message in another carriage is none that this one recognises (CARR-014).
    const carriage = this.carriage ?? this.carriageOf(message);
    const envelope = carriage.recognise(message);
    if (envelope === undefined) return this.#foreign(carriage, now);
    if (sameOctets(envelope.tag, this.tag)) {
      if (this.#state !== "ended") this.#guard(carriage, now, () => this.#receiveOwn(carriage, envelope, message, now));
      return true;
    }
    if (!sameOctets(envelope.tag, ZERO_TAG)) return this.#foreign(carriage, now);
    const judgement = this.judge(carriage, envelope);
    if (judgement === "foreign") return this.#foreign(carriage, now);
    if (judgement === "act") {
      this.#guard(carriage, now, () => this.#receiveHandshake(carriage, envelope, message, now));
    } else if (this.#state !== "ended") {
      // What is dropped had a number all the same.
      this.#guard(carriage, now, () => this.#checkNumber(carriage, envelope));
    }
    return true;
  }

  /** True, once, where what was received asks for something to be written that nobody was woken for. */
  hasToSpeak(): boolean {
    const moved = this.#moved;
    this.#moved = false;
    return moved || !this.#outbox.empty || this.#state === "ended" || this.#sink?.due === true;
  }

  /**
   * The next message to write, or undefined. With `controlOnly` it has only frames that wait for nothing (CHAN-007). Throws
   * `UsageError` where local code has put into a frame what does not fit.
   */
  poll(now: number, controlOnly: boolean = false): CarrierMessage | undefined {
    const carriage = this.carriage;
    if (carriage === undefined) return undefined;
    const handshake = this.#outbox.nextHandshake();
    if (handshake !== undefined) return this.#encode(carriage, ZERO_TAG, [handshake]);
    const frames = this.#outbox.nextFrames(this.#state === "ended" ? undefined : this.#sink, now, controlOnly);
    if (frames.length === 0) return undefined;
    const message = this.#encode(carriage, this.peerTag, frames);
    if (this.role === "client" && frames.some(isOpen)) this.#heartbeat?.called(now);
    this.#sink?.encoded?.(frames);
    return message;
  }

  /** When {@link handleTimeout} is due, or undefined. */
  nextTimeout(): number | undefined {
    if (this.#state === "ended") return undefined;
    return earliest(
      this.#handshakeUntil,
      this.#heartbeat?.nextTimeout(),
      this.handshakeTimeout(),
      this.#sink?.nextTimeout(),
    );
  }

  /**
   * Acts on what is due at `now`. The owner reads what has already arrived first (CHAN-002). Until `tookAt` what was written may have
   * waited in the socket behind much else.
   */
  handleTimeout(now: number, tookAt?: number): void {
    if (this.#state === "ended") return;
    if (this.#handshakeUntil !== undefined && now >= this.#handshakeUntil) {
      this.handshakeExpired(now);
      return;
    }
    this.handshakeTimedOut(now);
    this.#sink?.handleTimeout(now, this.#heartbeat?.heardAt ?? now, tookAt);
    // The session may have ended for it.
    if (this.#hasEnded) return;
    const due = this.#heartbeat?.handleTimeout(now);
    if (due === "silent") {
      this.#silent("nothing was heard from the peer for two and a half heartbeat intervals", now);
    } else if (due !== undefined) {
      this.#outbox.say(due);
    }
    this.#tellState();
  }

  /** As it is now: what the session does may change it. */
  get #hasEnded(): boolean {
    return this.#state === "ended";
  }

  /** The next event, or undefined. */
  nextEvent(): ChannelEvent | undefined {
    if (this.#events.length === 0) return undefined;
    const event = this.#events.shift();
    if (this.#events.length === 0) this.#events = NO_EVENTS;
    return event;
  }

  /** The carrier is gone. */
  lost(loss: CarrierLoss, now: number): void {
    const code = loss.code === undefined ? "" : ` (close code ${loss.code})`;
    this.end(
      { cause: "lost", code: "unavailable", message: `the connection was lost: ${loss.reason}${code}`, byPeer: false },
      now,
    );
    // A last word of an end before this one has nobody to go to any more.
    this.#outbox.sayLast(undefined, true);
  }

  /** Says GOAWAY with code 0: calls under way finish, the peer opens no more (CHAN-003). Only in an open channel. */
  drain(message: string, retryAfterMs?: number): void {
    if (!this.tryStep("drain")) return;
    this.#outbox.say(this.#goaway(0, message, retryAfterMs));
  }

  /** Ends the session with GOAWAY. */
  close(code: Code, message: string, now: number, retryAfterMs?: number): void {
    const goaway = this.#goaway(codeToWire(code), message, retryAfterMs);
    this.end({ cause: "closed", code, message, retryAfterMs, byPeer: false }, now, goaway);
  }

  /**
   * Ends the channel alone: its session goes on elsewhere, and hears nothing of this end. The peer is told `lastWord`, where
   * there is one (RESUME-006).
   */
  release(message: string, now: number, lastWord?: Code): void {
    const goaway = lastWord === undefined ? undefined : this.goaway(lastWord, message);
    this.#sink = undefined;
    this.end({ cause: "closed", code: lastWord ?? "cancelled", message, byPeer: false }, now, goaway);
  }

  /**
   * The carrier takes nothing any more (CHAN-008). Ends the session, or the channel alone where the peer was asked for a word and has
   * said none: it may be asleep.
   */
  stalled(message: string, now: number): void {
    if (this.#heartbeat?.waits === true) this.#silent(message, now);
    else this.close("resource_exhausted", message, now);
  }

  /** Ends the session because the peer broke the protocol (CHAN-004). */
  fail(violation: ProtocolViolation, now: number): void {
    const { code, message, requirement } = violation;
    const goaway = { ...this.#goaway(codeToWire(code), message), requirement };
    this.end({ cause: "violation", code, message, requirement, byPeer: false }, now, goaway);
  }

  /** The carriage that a message would have, where nobody has said anything in one yet. */
  protected abstract carriageOf(message: CarrierMessage): Carriage;
  /** Whose a message with the tag zero is (CARR-006). */
  protected abstract judge(carriage: Carriage, envelope: Envelope): Judgement;
  /** A handshake frame in a message that {@link judge} let in. */
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
    if (this.#events === NO_EVENTS) this.#events = [];
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
    this.#outbox.sayHandshake(frame);
  }

  /** Binds the session to this channel and lets frames flow. */
  protected opened(sink: FrameSink, heartbeatMs: number, now: number): void {
    this.#handshakeUntil = undefined;
    this.#sink = sink;
    this.#heartbeat = new Heartbeat(heartbeatMs, now, this.role === "client");
    sink.rates.heartbeat(heartbeatMs);
    const antechamber = this.#antechamber;
    this.#antechamber = undefined;
    for (const frames of antechamber?.leave() ?? []) this.#act(frames, now);
  }

  /** The one way into the state "ended", except by REFUSE. `lastWord` is written where the peer's tag is known. */
  protected end(end: ChannelEnd, now: number, lastWord?: GoawayFrame): void {
    if (this.tryStep("end")) this.finish(end, now, lastWord);
  }

  /** Tells owner and session of an end whose state is reached already. What was still to be written is dropped. */
  protected finish(end: ChannelEnd, now: number, lastWord?: GoawayFrame): void {
    this.#antechamber?.leave();
    this.#handshakeUntil = undefined;
    // A gateway's last word is REFUSE. What a client has still to say, say on a socket that is connecting, nobody awaits.
    this.#outbox.sayLast(sameOctets(this.peerTag, ZERO_TAG) ? undefined : lastWord, this.role === "client");
    this.#sink?.channelEnded(end, now);
    this.event({ type: "ended", end });
  }

  /** GOAWAY as this side says it now. A `code` of 0 drains. */
  protected goaway(code: Code, message: string): GoawayFrame {
    return this.#goaway(codeToWire(code), message);
  }

  /** Host traffic on a shared socket; on an endpoint of turnmux's own a fault of the peer. */
  #foreign(carriage: Carriage, now: number): boolean {
    if (this.shared) return false;
    if (this.#state === "ended") return true;
    this.#guard(carriage, now, () => {
      throw new ProtocolViolation(
        this.#sink === undefined ? "HAND-005" : "CARR-003",
        `a message that is not turnmux's, or carries another tag, came in state "${this.#state}", where ${EXPECTED[this.#state]} was expected`,
        "failed_precondition",
      );
    });
    return true;
  }

  #receiveHandshake(carriage: Carriage, envelope: Envelope, message: CarrierMessage, now: number): void {
    if (this.#sink === undefined) this.#antechamber?.count(message);
    const frames = this.#decode(carriage, envelope);
    if (frames.length > 0) this.carriage ??= carriage;
    for (const frame of frames) {
      if (!isHandshake(frame) || frames.length !== 1) throw this.#tooEarly(frame);
      this.handshake(frame, now);
    }
  }

  #receiveOwn(carriage: Carriage, envelope: Envelope, message: CarrierMessage, now: number): void {
    if (this.#sink === undefined) this.#antechamber?.count(message);
    const frames = this.#decode(carriage, envelope);
    const [first] = frames;
    if (this.#sink !== undefined) {
      if (!this.#heard) {
        this.#heard = true;
        this.event({ type: "heard", read: first?.type !== "goaway" || first.code === 0 });
      }
      this.#act(frames, now);
      return;
    }
    if (first?.type === "goaway" && first.code !== 0 && this.role === "gateway") {
      // The client has given up, and awaits no answer (HAND-012).
      this.end(endOf(first), now);
    } else if (this.#state === "verifying") {
      if (this.resumes) this.#checkUncounted(frames);
      this.#antechamber?.hold(frames);
    } else if (first !== undefined) {
      throw this.#tooEarly(first);
    }
  }

  #act(frames: readonly Frame[], now: number): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    this.#heartbeat?.heard(now);
    // Extensions may go along with what is understood.
    for (let more = this.#skipped - frames.length; more > 0; more--) sink.rates.idle(now);
    for (const frame of frames) {
      if (this.#state === "ended") return;
      switch (frame.type) {
        case "ping":
          sink.rates.ping(now);
          this.#outbox.sayPong({ type: "pong", id: frame.id, lagMs: wholeMs(this.#eventLoop?.lagMs?.()) });
          break;
        case "pong":
          if (this.#heartbeat?.pong(frame, now) !== true) sink.rates.idle(now);
          break;
        case "goaway":
          this.#moved = true;
          this.#receiveGoaway(frame, sink, now);
          break;
        case "credit":
          if (!this.agreed.includes(CREDIT)) throw notAgreed(frame);
          this.#moved = true;
          sink.frame(frame, now);
          break;
        case "ack":
          if (!this.agreed.includes(DELIVERY)) throw notAgreed(frame);
          this.#moved = true;
          sink.frame(frame, now);
          break;
        case "data":
          sink.rates.fragment(frame, now);
          sink.frame(frame, now);
          break;
        case "reset":
          sink.rates.reset(now);
          sink.frame(frame, now);
          break;
        case "accept":
          if (frame.lagMs !== undefined) this.#heartbeat?.late(frame.lagMs, now);
          this.#heartbeat?.answered();
          sink.frame(frame, now);
          break;
        case "end":
          this.#heartbeat?.answered();
          sink.frame(frame, now);
          break;
        case "offer":
        case "open":
          sink.frame(frame, now);
          break;
        default:
          throw this.#tooEarly(frame);
      }
    }
    this.#tellState();
  }

  /** A client shows how its gateway is. */
  #tellState(): void {
    const state = this.#heartbeat?.state;
    if (this.role !== "client" || state === undefined || state === this.#told) return;
    this.#told = state;
    this.event({ type: "peer", state });
  }

  #receiveGoaway(frame: GoawayFrame, sink: FrameSink, now: number): void {
    if (frame.code === 0) {
      if (this.#peerDrains) sink.rates.idle(now);
      this.#peerDrains = true;
      this.step("drain");
      sink.frame(frame, now);
      return;
    }
    // Over first: what the session does about it has nobody to go to any more.
    if (!this.tryStep("end")) return;
    const end = endOf(frame);
    // A channel that lost something ends alone, and its session goes on (RESUME-005).
    if (end.code !== "data_loss") sink.frame(frame, now);
    this.finish(end, now);
  }

  #silent(message: string, now: number): void {
    this.end({ cause: "silent", code: "unavailable", message, byPeer: false }, now);
  }

  #encode(carriage: Carriage, tag: Uint8Array, frames: readonly Frame[]): CarrierMessage {
    return carriage.name === "wrapped"
      ? carriage.encode(tag, frames, this.#sequenceOut++)
      : carriage.encode(tag, frames);
  }

  #checkNumber(carriage: Carriage, envelope: Envelope): void {
    if (carriage.name === "wrapped" && envelope.sequence !== this.#sequenceIn++) {
      throw new ProtocolViolation("CARR-021", "a wrapped message was lost, doubled or reordered", "data_loss");
    }
  }

  #decode(carriage: Carriage, envelope: Envelope): Frame[] {
    this.#checkNumber(carriage, envelope);
    this.#skipped = 0;
    return carriage.decode(envelope, this.limits, this.#skip);
  }

  #tooEarly(frame: Frame): ProtocolViolation {
    return new ProtocolViolation(
      "HAND-005",
      `${frame.type.toUpperCase()} came in state "${this.#state}", where ${EXPECTED[this.#state]} was expected`,
      "failed_precondition",
    );
  }

  #checkUncounted(frames: readonly Frame[]): void {
    const counted = frames.find(isCounted);
    if (counted === undefined) return;
    throw new ProtocolViolation(
      "HAND-006",
      `${counted.type.toUpperCase()} came before WELCOME, although HELLO asked to resume a session`,
      "failed_precondition",
    );
  }

  #guard(carriage: Carriage, now: number, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      // The answer goes out in the form in which the fault came in.
      this.carriage ??= carriage;
      if (this.#sink === undefined) this.refuseEarly(error, now);
      else this.fail(error, now);
    }
  }

  #goaway(code: number, message: string, retryAfterMs?: number): GoawayFrame {
    return {
      type: "goaway",
      code,
      lastStream: this.#sink?.lastStream ?? this.formerLastStream,
      message: clip(message, SENTENCE_OCTETS),
      retryAfterMs: wholeMs(retryAfterMs),
    };
  }
}

const isOpen = ({ type }: Frame): boolean => type === "open";

function notAgreed(frame: Frame): ProtocolViolation {
  return new ProtocolViolation(
    "FRAME-011",
    `${frame.type.toUpperCase()} belongs to a feature that was not agreed on`,
    "failed_precondition",
  );
}

/** How a GOAWAY with a code ends the channel, at the side that hears it. */
function endOf({ code, message, requirement, retryAfterMs }: GoawayFrame): ChannelEnd {
  return { cause: "goaway", code: codeFromWire(code), message, requirement, retryAfterMs, byPeer: true };
}
