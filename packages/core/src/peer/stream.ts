/**
 * One stream: what both of its sides have said, what is waiting to be said, and the body that is being put together.
 *
 * @module
 */
import { ProtocolViolation } from "../errors/violation.ts";
import { IncomingCredit } from "../flow/incoming-credit.ts";
import { OutgoingCredit } from "../flow/outgoing-credit.ts";
import type { Window } from "../flow/window.ts";
import type { OctetSource } from "../content/body.ts";
import type { AcceptFrame, ResetFrame, StreamFrame } from "../wire/frame.ts";
import type { Assembly } from "./assembly.ts";
import type { CallNumber } from "./port.ts";
import type { PriorityClass, Schedulable } from "./scheduler.ts";
import { OPENER_STATES, RECEIVER_STATES, streamInput, type OpenerState, type ReceiverState } from "./states.ts";

/** What a body belongs to. */
export type BodyKind = "arguments" | "progress" | "item" | "result";

/** A body on its way out: a frame that starts it, and octets of which `offset` are written. */
export interface OutgoingBody {
  readonly kind: BodyKind;
  readonly octets: OctetSource;
  offset: number;
  /** True once its first frame is written. */
  started: boolean;
  /** An upper bound for the octets of the header of its first frame. */
  readonly header: number;
  /** Builds the frame that starts the body; the clock is for what is left of a deadline. */
  readonly first: (chunk: Uint8Array, more: boolean, now: number) => StreamFrame;
}

/** The windows of a stream: what the peer takes of it, and what this side does. */
export interface StreamWindows {
  readonly outgoing: Window;
  readonly incoming: Window;
}

/** A stream of this side (`"opener"`) or of the peer (`"receiver"`). */
export class Stream implements Schedulable<Stream> {
  readonly side: "opener" | "receiver";
  readonly call: CallNumber;
  /** The identifier; 0 until the OPEN of an own stream is written. */
  id: number;
  /** The priority of its OPEN, for both directions. */
  readonly priority: PriorityClass;
  waitsIn: PriorityClass | undefined;
  waitsBehind: Stream | undefined;
  waitsBefore: Stream | undefined;
  /** What the peer takes of this stream. */
  readonly outgoing: OutgoingCredit;
  /** What this side takes of it. */
  readonly incoming: IncomingCredit;
  /** Octets of the item that is arriving, as credit counts them; 0 while none is. */
  itemOctets = 0;
  /** True while what it has to write waits for credit of the stream. */
  lacksCredit = false;
  /** ACCEPTs, written before any further body. */
  readonly control: StreamFrame[] = [];
  /** Bodies to write, in order. */
  bodies: OutgoingBody[] = [];
  /** When an own call is of no use any more, on the session's clock. */
  deadline: number | undefined;
  /** Octets of a body that has begun and is not complete; 0 where it fits into one frame. */
  unfinished = 0;
  /** Octets of the arguments of a call of the peer, which its handler has, and of its meta. */
  argumentOctets = 0;
  /** Octets of items that wait to be written. */
  unsentItems = 0;
  /** True when the session was told to wait for room. */
  wantsRoom = false;
  /** True when the stream counts against the peer's limit of streams. */
  counted = false;
  /** The ACCEPT that came last. */
  heardAccept: AcceptFrame | undefined;
  /** True once END is queued: nothing may be queued behind it. */
  ending = false;
  /** True where that END says that the call completed. */
  endsWell = false;
  /** The RESET of an own call, once it is queued. */
  resetting: ResetFrame | undefined;
  /** What the peer's RESET says, once it has come: no item is begun from then on. */
  givenUp: "cancelled" | "deadline_exceeded" | undefined;
  /** True once items were dropped for that. */
  cutShort = false;
  /** The body of the peer that is being put together. */
  assembly: Assembly | undefined;
  #opener: OpenerState = "idle";
  #receiver: ReceiverState = "pending";

  constructor(
    side: "opener" | "receiver",
    call: CallNumber,
    id: number,
    priority: PriorityClass,
    windows: StreamWindows,
  ) {
    this.side = side;
    this.call = call;
    this.id = id;
    this.priority = priority;
    this.outgoing = new OutgoingCredit(windows.outgoing);
    this.incoming = new IncomingCredit(windows.incoming);
  }

  /** True while bodies of the peer may still arrive. */
  get hears(): boolean {
    return this.side === "opener" ? this.#receiver !== "ended" : this.#opener === "arguments";
  }

  /** True when both sides have said all: the receiver's END is complete. */
  get ended(): boolean {
    return this.#receiver === "ended";
  }

  /** True when ACCEPT was written or received. */
  get accepted(): boolean {
    return this.#receiver !== "pending";
  }

  /** The peer's frame moves the state, or breaks STREAM-004 or STREAM-006. */
  received(frame: StreamFrame): void {
    const byOpener = this.side === "receiver";
    const before = byOpener ? this.#opener : this.#receiver;
    const type = frame.type.toUpperCase();
    if (!this.#step(frame, byOpener)) {
      throw new ProtocolViolation(
        "STREAM-004",
        `${type} came where the peer's side of the stream is "${before}"`,
        "failed_precondition",
      );
    }
    if ("final" in frame && frame.final !== isFinal(frame, before)) {
      throw new ProtocolViolation("STREAM-006", `${type} ${frame.final ? "must not carry" : "must carry"} FINAL here`);
    }
  }

  /** An own frame moves the state. A frame that the table forbids is a bug of this implementation. */
  sent(frame: StreamFrame): void {
    if (!this.#step(frame, this.side === "opener")) throw new Error(`turnmux: ${frame.type} must not be sent here`);
  }

  #step(frame: StreamFrame, byOpener: boolean): boolean {
    const input = streamInput(frame);
    if (byOpener) {
      const next = OPENER_STATES[this.#opener][input];
      if (next === undefined) return false;
      this.#opener = next;
    } else {
      const next = RECEIVER_STATES[this.#receiver][input];
      if (next === undefined) return false;
      this.#receiver = next;
    }
    return true;
  }
}

/** True for the last frame of a side's last body, which alone carries FINAL (STREAM-006). */
function isFinal(frame: StreamFrame, before: OpenerState | ReceiverState): boolean {
  switch (streamInput(frame)) {
    case "open":
    case "end":
      return true;
    case "cont":
      return before === "arguments" || before === "ending";
    default:
      return false;
  }
}
