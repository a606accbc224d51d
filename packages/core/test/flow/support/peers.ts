/**
 * Two sessions' calls that are connected directly, frame by frame, and whose applications do what a test says: no channel, no
 * handlers, no clock.
 */
import { CREDIT, resolveLimits, type Limits } from "../../../src/limits.ts";
import type { Body } from "../../../src/content/body.ts";
import { Peer } from "../../../src/peer/peer.ts";
import type { CallNumber, Ending } from "../../../src/peer/port.ts";
import type { CountedFrame, CreditFrame } from "../../../src/wire/frame.ts";

export type Side = "client" | "gateway";

export const SIDES: readonly Side[] = ["client", "gateway"];

const OTHER = { client: "gateway", gateway: "client" } as const;

/** A body of so many octets. */
export function bodyOf(length: number): Body {
  return { content: length === 0 ? 0 : 4, octets: new Uint8Array(length) };
}

/** A call, as its opener knows it. */
export interface OwnCall {
  readonly number: CallNumber;
  /** What its items counted for that were not consumed, in order. */
  readonly unread: number[];
  /** Octets of what it got, and how many items. */
  received: number;
  items: number;
  ending: Ending | undefined;
}

/** A call, as the side that runs it knows it. */
export interface ServedCall {
  readonly number: CallNumber;
  readonly callId: string;
  /** False while its application waits for room. */
  room: boolean;
  reset: boolean;
  ended: boolean;
}

/** One end: its calls and what its application has seen. */
export class PairedPeer {
  readonly peer: Peer;
  readonly own = new Map<string, OwnCall>();
  readonly served = new Map<string, ServedCall>();
  /** Frames on the way to this end. */
  readonly incoming: (CountedFrame | CreditFrame)[] = [];
  /** CREDITs that this end has written. */
  credits = 0;
  readonly #byNumber = new Map<CallNumber, OwnCall | ServedCall>();

  constructor(role: Side, limits: Limits, peerLimits: Limits) {
    this.peer = new Peer({
      role,
      limits,
      peerLimits,
      peerContents: [1, 2, 3, 4],
      features: [CREDIT],
      control: { drain() {}, drained() {}, close() {}, fail() {}, wake() {}, ready() {} },
    });
  }

  open(callId: string, length: number, priority?: number): OwnCall {
    const number = this.peer.open({ tool: "t", callId, priority, body: bodyOf(length) });
    const call: OwnCall = { number, unread: [], received: 0, items: 0, ending: undefined };
    this.own.set(callId, call);
    this.#byNumber.set(number, call);
    return call;
  }

  /** Its application takes the oldest item of a call. */
  consume(call: OwnCall): void {
    const octets = call.unread.shift();
    if (octets !== undefined) this.peer.consumed(call.number, octets);
  }

  item(call: ServedCall, length: number): void {
    if (!this.peer.item(call.number, bodyOf(length))) call.room = false;
  }

  end(call: ServedCall, length: number): void {
    call.ended = true;
    this.peer.end(call.number, { ok: true, body: bodyOf(length) });
  }

  /** Octets that wait here to be read. */
  get unread(): number {
    let octets = 0;
    for (const call of this.own.values()) for (const one of call.unread) octets += one;
    return octets;
  }

  /** Takes the events that there are. */
  takeEvents(): void {
    for (let event = this.peer.nextEvent(); event !== undefined; event = this.peer.nextEvent()) {
      switch (event.type) {
        case "open": {
          const { call: number, callId } = event;
          const call: ServedCall = { number, callId, room: true, reset: false, ended: false };
          this.served.set(callId, call);
          this.#byNumber.set(number, call);
          this.peer.accept(number, { state: "running" });
          break;
        }
        case "item": {
          const call = this.#own(event.call);
          call.unread.push(event.octets);
          call.items += 1;
          break;
        }
        case "end": {
          const call = this.#own(event.call);
          if (call.ending !== undefined) throw new Error("a call ended twice");
          call.ending = event.ending;
          const { body } = event.ending;
          call.received = body.content === "local" ? 0 : body.octets.length;
          break;
        }
        case "reset":
        case "room": {
          const call = this.#byNumber.get(event.call);
          if (call === undefined || !("room" in call)) throw new Error("nobody serves this call");
          if (event.type === "room") call.room = true;
          else call.reset = true;
          break;
        }
        default:
      }
    }
  }

  #own(number: CallNumber): OwnCall {
    const call = this.#byNumber.get(number);
    if (call === undefined || !("unread" in call)) throw new Error("nobody made this call");
    return call;
  }
}

/** See the module's comment. */
export class PeerPair {
  readonly client: PairedPeer;
  readonly gateway: PairedPeer;
  readonly limits: Limits;

  constructor(limits: Partial<Limits>) {
    this.limits = resolveLimits(limits);
    this.client = new PairedPeer("client", this.limits, this.limits);
    this.gateway = new PairedPeer("gateway", this.limits, this.limits);
  }

  /** An end writes a frame, if it has one. */
  write(side: Side): boolean {
    const frame = this[side].peer.nextFrame(0);
    if (frame === undefined) return false;
    if (frame.type === "credit") this[side].credits += 1;
    this[OTHER[side]].incoming.push(frame);
    return true;
  }

  /** A frame arrives at an end, if one is under way. */
  arrive(side: Side): boolean {
    const frame = this[side].incoming.shift();
    if (frame === undefined) return false;
    this[side].peer.frame(frame, 0);
    this[side].takeEvents();
    return true;
  }

  /** Lets everything happen that needs no application. */
  run(): void {
    for (let busy = true; busy; ) {
      busy = false;
      for (const side of SIDES) {
        this[side].takeEvents();
        while (this.write(side)) busy = true;
        while (this.arrive(side)) busy = true;
      }
    }
  }
}
