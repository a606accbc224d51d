/**
 * A session's port in the I/O thread: the peer's calls stay here, and those of the gateway to the peer belong to the main thread.
 *
 * @module
 */

import {
  bodyLength,
  NO_BODY,
  ProtocolViolation,
  UsageError,
  ValueError,
  type AcceptInfo,
  type CallNumber,
  type CallPort,
  type Code,
  type Ending,
  type Lateness,
  type OfferEntry,
  type OpenRequest,
  type PortBody,
  type PortEvent,
  type Value,
} from "@turnmux/core";
import type { OpenData } from "../messages.ts";
import { crossing, type Movable } from "../postbox.ts";
import { ownTime } from "../shared.ts";

/** Who hears of it. */
export interface TapListener {
  /** An event for the main thread. Its bodies are values, of which these octets change hands. */
  tapped(event: PortEvent, moved?: readonly Movable[]): void;
  /** What the peer has said of its event loop, where the main thread wants to know. */
  late(lateness: Lateness): void;
  /** The number of calls of the peer may have changed. */
  counted(): void;
}

/** An event about one call of the gateway's. */
type OwnEvent = Extract<PortEvent, { type: "sent" | "accept" | "progress" | "item" | "end" }>;

/** See the module's comment. To its session here it is the port that it stands before. */
export class TapPort implements CallPort {
  readonly #port: CallPort;
  readonly #listener: TapListener;
  /** Numbers of the main thread, by those of the port, and the other way round. */
  readonly #outer = new Map<CallNumber, CallNumber>();
  readonly #inner = new Map<CallNumber, CallNumber>();
  /** What the main thread has heard last of the peer's event loop. */
  #told: Lateness | undefined;
  /** True once the main thread has asked, until no call of its own is left. */
  #watched = false;

  constructor(port: CallPort, listener: TapListener) {
    this.#port = port;
    this.#listener = listener;
  }

  get messageLimit(): number {
    return this.#port.messageLimit;
  }

  get pulse(): CallPort["pulse"] {
    return this.#port.pulse;
  }

  /** The main thread calls, under a number of its own. */
  openFor(outer: CallNumber, { deadlineAt, input, ...request }: OpenData): void {
    const refuse = (code: Code, message: string, retryable?: boolean): void => {
      const ending: Ending = { ok: false, code, message, outcome: "not_started", retryable, body: NO_BODY };
      this.#listener.tapped({ type: "end", call: outer, ending });
    };
    try {
      const body = this.#port.encode(input);
      if (body.content !== "local" && bodyLength(body) > this.#port.messageLimit) {
        const most = this.#port.messageLimit;
        refuse("resource_exhausted", `the arguments are larger than the ${most} octets that the peer takes`, false);
        return;
      }
      const deadline = deadlineAt === undefined ? undefined : ownTime(deadlineAt);
      const inner = this.#port.open({ ...request, deadline, body });
      this.#outer.set(inner, outer);
      this.#inner.set(outer, inner);
    } catch (error) {
      if (error instanceof ValueError || error instanceof UsageError) refuse("invalid_argument", error.message);
      else throw error;
    }
  }

  resetFor(outer: CallNumber, code: "cancelled" | "deadline_exceeded"): void {
    const inner = this.#inner.get(outer);
    if (inner !== undefined) this.#port.reset(inner, code);
  }

  consumedFor(outer: CallNumber, octets: number): void {
    const inner = this.#inner.get(outer);
    if (inner !== undefined) this.#port.consumed(inner, octets);
  }

  /** A call of the main thread waits (CALL-019): what is known is told, and what the peer says to this. */
  ask(): void {
    this.#watched = this.#inner.size > 0;
    this.#port.pulse?.ask();
    this.#tellLateness();
  }

  nextEvent(): PortEvent | undefined {
    // Whoever has received something asks for events, also where there are none: PONG is one of the channel's own affairs.
    if (this.#watched) this.#tellLateness();
    for (;;) {
      const event = this.#port.nextEvent();
      switch (event?.type) {
        case "sent":
        case "accept":
        case "progress":
        case "item":
        case "end":
          this.#own(event);
          continue;
        case "offer":
        case "drain":
          this.#listener.tapped(event);
          return event;
        case "open":
        case "void":
          this.#listener.counted();
          return event;
        default:
          return event;
      }
    }
  }

  encode(value: unknown): PortBody {
    return this.#port.encode(value);
  }

  decode(body: PortBody): Value | undefined {
    return this.#port.decode(body);
  }

  open(request: OpenRequest): CallNumber {
    return this.#port.open(request);
  }

  accept(call: CallNumber, accept: AcceptInfo): void {
    this.#port.accept(call, accept);
  }

  progress(call: CallNumber, body: PortBody): void {
    this.#port.progress(call, body);
  }

  item(call: CallNumber, body: PortBody): boolean {
    return this.#port.item(call, body);
  }

  consumed(call: CallNumber, octets: number): void {
    this.#port.consumed(call, octets);
  }

  end(call: CallNumber, ending: Ending): void {
    this.#port.end(call, ending);
    this.#listener.counted();
  }

  reset(call: CallNumber, code: "cancelled" | "deadline_exceeded"): void {
    this.#port.reset(call, code);
  }

  offer(tools: readonly OfferEntry[]): void {
    this.#port.offer(tools);
  }

  drain(message: string, retryAfterMs?: number): void {
    this.#port.drain(message, retryAfterMs);
  }

  close(code: Code, message: string): void {
    this.#port.close(code, message);
  }

  fail(violation: ProtocolViolation): void {
    this.#port.fail(violation);
  }

  #tellLateness(): void {
    const lateness = this.#port.pulse?.lateness;
    if (!this.#watched || lateness === undefined || lateness === this.#told) return;
    this.#told = lateness;
    this.#listener.late(lateness);
  }

  #own(event: OwnEvent): void {
    const call = this.#outer.get(event.call);
    if (call === undefined) return;
    switch (event.type) {
      case "sent":
        // The main thread has taken it for sent since it opened the call.
        return;
      case "accept":
        this.#listener.tapped({ ...event, call });
        return;
      case "progress":
      case "item": {
        const local = this.#local(event.body);
        if (local !== undefined) this.#listener.tapped({ ...event, call, body: local.body }, local.moved);
        return;
      }
      case "end": {
        this.#outer.delete(event.call);
        this.#inner.delete(call);
        if (this.#inner.size === 0) this.#watched = false;
        const local = this.#local(event.ending.body);
        const ending = local === undefined ? MALFORMED : { ...event.ending, body: local.body };
        this.#listener.tapped({ ...event, call, ending }, local?.moved);
      }
    }
  }

  /** The value of a body; undefined where the peer broke the protocol with it. */
  #local(given: PortBody): { readonly body: PortBody; readonly moved: readonly Movable[] } | undefined {
    try {
      const { value, transfer } = crossing(this.#port.decode(given), false);
      // A copy of what was a value.
      return { body: { content: "local", value: value as Value | undefined }, moved: transfer };
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      this.#port.fail(error);
      return undefined;
    }
  }
}

const MALFORMED: Ending = {
  ok: false,
  code: "internal",
  message: "the peer's answer was not well-formed",
  outcome: "unknown",
  body: NO_BODY,
};
