/**
 * Counts the frames of one session in both directions, acknowledges those that arrive, keeps those that leave until they
 * are acknowledged, and sends the rest again on the session's next channel. `docs/spec.md` section 11.
 *
 * @module
 */
import type { ChannelEnd } from "../channel/events.ts";
import type { Rates } from "../channel/rates.ts";
import type { FrameSink, SinkFrame } from "../channel/sink.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import {
  ACK_DELAY_MS,
  ACK_OCTETS,
  ACK_PATIENCE,
  FEW_OCTETS,
  ROUND_TRIP_MS,
  UNSEEN_MS,
  type Limits,
} from "../limits.ts";
import type { AckFrame, CountedFrame, CreditFrame, Frame } from "../wire/frame.ts";
import { frameOctets } from "./octets.ts";
import { isBulk, Kept } from "./kept.ts";

/** What delivery carries: the session's calls. */
export interface DeliverySource {
  /** A frame of the peer, in order and once. Throws `ProtocolViolation`. */
  frame(frame: SinkFrame, now: number): void;
  /** The next CREDIT to write. It is not counted, and waits for nothing (FLOW-006). */
  nextCredit(): CreditFrame | undefined;
  /** The next RESET to write. It is counted, and waits neither for bodies nor for credit (CHAN-007). */
  nextReset(): CountedFrame | undefined;
  /**
   * The next counted frame to write that is no RESET. Without `room`: one of those that never wait (DELIV-004). Without `bulk`: none
   * of a body of several frames (FLOW-009).
   */
  nextCounted(now: number, room: boolean, bulk: boolean): CountedFrame | undefined;
  readonly lastStream: number;
  readonly rates: Rates;
  /** The session is over. */
  channelEnded(end: ChannelEnd, now: number): void;
}

/** What a {@link Delivery} is made from. */
export interface DeliveryOptions {
  readonly source: DeliverySource;
  readonly limits: Limits;
  /** Octets that the peer keeps for replay, as it has stated. */
  readonly peerReplay: number;
  readonly owner?: DeliveryOwner | undefined;
}

/** Whose {@link Delivery} it is. */
export interface DeliveryOwner {
  /** The peer has acknowledged all that was written. */
  delivered(): void;
  /** The peer has acknowledged nothing for `stallMs`, though something was sent (CHAN-008). */
  stalled(): void;
}

/** The part of what the peer keeps for replay after which it is owed an ACK (DELIV-003). */
const QUARTER = 4;

/** The part of `stallMs` in which a peer must have been heard that is said to read nothing. */
const HEARD_PART = 1 / 2;

/** How many times the limit of what is kept at which nothing more is written (DELIV-004). */
const HARD_LIMIT = 2;

/** True where a channel's end leaves its session alive, so that it can be resumed (RESUME-005). */
export function sessionSurvives(end: ChannelEnd): boolean {
  return end.cause === "lost" || end.cause === "silent" || end.code === "data_loss";
}

/** One for each session that agreed on `delivery`; it outlives the session's channels. */
export class Delivery implements FrameSink {
  readonly #source: DeliverySource;
  readonly #limits: Limits;
  readonly #ackOctets: number;
  readonly #owner: DeliveryOwner | undefined;
  /** Since when the peer has acknowledged nothing of what was sent on this channel. */
  #unheardSince: number | undefined;
  /** When a peer that has said nothing is looked at again, and whether it had not been heard when it was looked at last. */
  #judgeAt = 0;
  #slept = false;
  readonly #kept = new Kept();
  /** Frames of the peer that arrived, in all. */
  #received = 0;
  /** Frames of this side that the peer has told to have received. The first kept one comes behind them. */
  #acknowledged = 0;
  /** Octets of frames that arrived since the peer was told. */
  #untold = 0;
  /** When the peer is told with whatever leaves, and when at the latest. */
  #ackAlongAt: number | undefined;
  #ackAt: number | undefined;
  /** True when that time has come: no timer is needed any more, but a carrier that takes the ACK. */
  #ackDue = false;
  /** True once the peer drains: it waits for what it has written to be acknowledged (CHAN-003). */
  #prompt = false;
  /** True while the source is asked for a frame. */
  #writing = false;
  /** The kept frame to be sent again next; undefined where all of them are on their way. */
  #again: number | undefined;

  constructor(options: DeliveryOptions) {
    this.#source = options.source;
    this.#limits = options.limits;
    this.#owner = options.owner;
    this.#ackOctets = Math.min(ACK_OCTETS, Math.max(1, Math.floor(options.peerReplay / QUARTER)));
  }

  get lastStream(): number {
    return this.#source.lastStream;
  }

  get rates(): Rates {
    return this.#source.rates;
  }

  /** The count of the peer's frames that arrived (RESUME-003). */
  get received(): number {
    return this.#received;
  }

  /** Octets that are kept for replay. */
  get keptOctets(): number {
    return this.#kept.octets;
  }

  /** Frames that are kept for replay. One that is being written is one of them: with it a draining session's last call is over. */
  get keptFrames(): number {
    return this.#kept.size + (this.#writing ? 1 : 0);
  }

  frame(frame: SinkFrame | AckFrame, now: number): void {
    if (frame.type === "ack") {
      const isNews = frame.received !== this.#acknowledged;
      if (!isNews) this.rates.idle(now);
      if (!this.#acknowledge(frame.received)) {
        throw new ProtocolViolation(
          "DELIV-005",
          "ACK.received is a count that goes back, or is above what was sent",
          "failed_precondition",
        );
      }
      if (isNews) {
        this.#unheardSince = this.#kept.size === 0 ? undefined : now;
        this.#slept = false;
      }
      if (this.#kept.size === 0) this.#owner?.delivered();
      return;
    }
    if (frame.type === "credit") {
      this.#source.frame(frame, now);
      return;
    }
    if (frame.type === "goaway") {
      this.#prompt = true;
      this.#ackDue = true;
    } else {
      this.#received += 1;
      this.#untold += frameOctets(frame);
      if (this.#prompt || this.#untold >= this.#ackOctets) this.#ackDue = true;
      else if (!this.#ackDue) this.#tellBy(now + this.#limits.ackDelayMs, isBulk(frame));
      this.#tellInTime(now);
    }
    this.#source.frame(frame, now);
  }

  get due(): boolean {
    return this.#ackDue;
  }

  nextControl(now: number): Frame | undefined {
    this.#tellInTime(now);
    if (this.#ackDue) return this.#ack();
    const credit = this.#source.nextCredit();
    if (credit !== undefined) {
      // Who waits for credit may wait for an acknowledgement as well.
      if (this.#untold > 0) this.#ackDue = true;
      return credit;
    }
    return this.#nextReset(now);
  }

  /** Behind what is sent again (DELIV-006), and while there is room for what never waits (DELIV-004). */
  #nextReset(now: number): CountedFrame | undefined {
    if (this.#again !== undefined || this.#full) return undefined;
    const reset = this.#source.nextReset();
    if (reset === undefined) return undefined;
    this.#kept.add(reset, now);
    this.#unheardSince ??= now;
    return reset;
  }

  /** Each stream has few frames that never wait, but a peer can open one stream after the other. */
  get #full(): boolean {
    return this.#kept.octets >= this.#limits.replay * HARD_LIMIT;
  }

  nextFrame(now: number): Frame | undefined {
    const control = this.nextControl(now);
    if (control !== undefined) return control;
    const counted = this.#nextCounted(now);
    if (counted === undefined) return undefined;
    this.#unheardSince ??= now;
    if (this.#ackAlongAt !== undefined && now >= this.#ackAlongAt) this.#ackDue = true;
    return counted;
  }

  #nextCounted(now: number): Frame | undefined {
    // DELIV-006
    const again = this.#nextAgain(now);
    if (again !== undefined) return again;
    const { replay, bulkInFlight } = this.#limits;
    if (this.#full) return undefined;
    this.#writing = true;
    const bulk = this.#kept.bulkOctets < bulkInFlight;
    const frame = this.#source.nextCounted(now, this.#kept.octets < replay, bulk);
    this.#writing = false;
    // The caller hands it over at once (DELIV-002).
    if (frame !== undefined) this.#kept.add(frame, now);
    else if (this.#kept.size === 0) this.#owner?.delivered();
    return frame;
  }

  nextTimeout(): number | undefined {
    const at = this.#stalledAt;
    return this.#ackAt === undefined || (at !== undefined && at < this.#ackAt) ? at : this.#ackAt;
  }

  handleTimeout(now: number, heardAt: number = now, tookAt: number = Number.NEGATIVE_INFINITY): void {
    this.#tellInTime(now);
    const at = this.#stalledAt;
    if (at === undefined || now < at) return;
    const { stallMs } = this.#limits;
    // Where this side was held up itself, nobody knows what the peer has said.
    if (now - at > UNSEEN_MS) this.#unheardSince = now;
    // Perhaps nothing has left until then.
    else if (tookAt + stallMs > now) this.#unheardSince = tookAt;
    else if (now - heardAt > stallMs * HEARD_PART) {
      // A peer that says nothing at all is the heartbeat's affair: perhaps it is this side that reads nothing.
      this.#judgeAt = now + stallMs * HEARD_PART;
      this.#slept = true;
    } else if (this.#slept) {
      // It has just woken, perhaps, and has still to read what it is to acknowledge.
      this.#judgeAt = now + ACK_DELAY_MS * ACK_PATIENCE + ROUND_TRIP_MS;
      this.#slept = false;
    } else this.#owner?.stalled();
  }

  get #stalledAt(): number | undefined {
    const { stallMs } = this.#limits;
    if (stallMs === 0 || this.#unheardSince === undefined) return undefined;
    return Math.max(this.#unheardSince + stallMs, this.#judgeAt);
  }

  /** It is soon where much has arrived, or a part of much: the peer may wait for it (FLOW-009). The rest only takes memory there. */
  #tellBy(soon: number, bulk: boolean): void {
    this.#ackAlongAt ??= soon;
    if (bulk || this.#untold >= FEW_OCTETS) this.#ackAt = this.#ackAlongAt;
    else this.#ackAt ??= soon + this.#limits.ackDelayMs * (ACK_PATIENCE - 1);
  }

  #tellInTime(now: number): void {
    if (this.#ackAt === undefined || now < this.#ackAt) return;
    this.#ackAt = undefined;
    this.#ackDue = true;
  }

  /** The channel is over. Where the session survives that, its frames wait for {@link resume}. */
  channelEnded(end: ChannelEnd, now: number): void {
    this.leave();
    if (sessionSurvives(end)) return;
    this.#kept.clear();
    this.#source.channelEnded(end, now);
  }

  /** The channel is of no use any more. What it had still to say is said on the next one. */
  leave(): void {
    this.#again = undefined;
    this.#unheardSince = undefined;
    this.#judgeAt = 0;
    this.#slept = false;
    this.#told();
  }

  /**
   * Goes on, on another channel, where the peer has received so many frames of this side. False, and without effect, where
   * that cannot be: the peer never had so many, or has told of more before (RESUME-004).
   */
  resume(peerReceived: number): boolean {
    if (!this.#acknowledge(peerReceived)) return false;
    this.#again = this.#kept.size === 0 ? undefined : 0;
    // The handshake tells the peer.
    this.#told();
    return true;
  }

  /** Tells the peer at once what was received: a resumed session's first word, which confirms its new token (RESUME-002). */
  acknowledgeNow(): void {
    this.#ackDue = true;
  }

  #nextAgain(now: number): CountedFrame | undefined {
    if (this.#again === undefined) return undefined;
    const frame = this.#kept.again(this.#again, now);
    this.#again = this.#again + 1 < this.#kept.size ? this.#again + 1 : undefined;
    return frame;
  }

  #told(): void {
    this.#untold = 0;
    this.#ackAlongAt = undefined;
    this.#ackAt = undefined;
    this.#ackDue = false;
  }

  #ack(): AckFrame {
    this.#told();
    return { type: "ack", received: this.#received };
  }

  #acknowledge(received: number): boolean {
    const count = received - this.#acknowledged;
    // Frames that are still to be sent again cannot have arrived on this channel, and those of former ones are known.
    if (count < 0 || count > (this.#again ?? this.#kept.size)) return false;
    this.#kept.drop(count);
    this.#acknowledged = received;
    if (this.#again !== undefined) this.#again -= count;
    return true;
  }
}
