/**
 * Ties a carrier, a channel and the world's timers together. Holds no protocol rule.
 *
 * @module
 */
import type { Carrier, CarrierLoss, CarrierMessage } from "../carrier/carrier.ts";
import type { Channel } from "../channel/channel.ts";
import type { ChannelEnd, ChannelEvent } from "../channel/events.ts";
import type { Lateness } from "../channel/heartbeat.ts";
import { BATCH_FRAMES, BATCH_OCTETS, FIRST_FRAMES, type Limits } from "../limits.ts";
import type { ChannelControl } from "../peer/channel-control.ts";
import type { Pulse } from "../peer/port.ts";
import type { Environment } from "./environment.ts";
import { Gate, stallMessage } from "./gate.ts";

/** What the owner of a link hears. */
export interface LinkListener {
  /** The channel's events, except its end. */
  channelEvent(event: Exclude<ChannelEvent, { type: "ended" }>): void;
  /** The session may have events to take. */
  pump(): void;
  /** The channel is over, and the carrier has its last word. Once. {@link closeCodeOf} tells the code to close with. */
  ended(end: ChannelEnd): void;
}

/** What a stream writes in its turn, about. */
const TURN_OCTETS = BATCH_OCTETS / 4;

/** See the module's comment. */
export class Link implements ChannelControl, Pulse {
  readonly #carrier: Carrier;
  readonly #channel: Channel;
  readonly #environment: Environment;
  readonly #limits: Limits;
  readonly #listener: LinkListener;
  readonly #gate: Gate;
  /** Frames that became ready since the last one was written, about, and the octets of their bodies. */
  #frames = 0;
  #octets = 0;
  /** The most frames that could share a message since all was written: answers end calls, and are no fewer for it. */
  #company = 0;
  /** True while somebody wants what there is to be written at the end of the event-loop turn, and whether that is awaited. */
  #wanted = false;
  #awaitsTurn = false;
  /** True while the end of the code that runs is awaited, and whether there is something to write then. */
  #awaitsCode = false;
  #writesThen = false;
  /** True while the channel or its session are at work: they are asked for frames only when they are done. */
  #inside = false;
  /** True while events are handed out: what is done about one of them must not hand out the next. */
  #handing = false;
  /** True where the carrier did not take all there was. */
  #held = false;
  /** When the channel is looked at again, and what takes that back. */
  #timerAt: number | undefined;
  #cancelTimer: (() => void) | undefined;
  #look: (() => void) | undefined;
  #end: ChannelEnd | undefined;
  #over = false;

  constructor(options: {
    readonly carrier: Carrier;
    readonly channel: Channel;
    readonly environment: Environment;
    readonly limits: Limits;
    readonly listener: LinkListener;
  }) {
    this.#carrier = options.carrier;
    this.#channel = options.channel;
    this.#environment = options.environment;
    this.#limits = options.limits;
    this.#listener = options.listener;
    this.#gate = new Gate(options.carrier, options.limits);
  }

  /** A message arrived. True when it was turnmux's. */
  receive(message: CarrierMessage): boolean {
    this.#environment.arrived?.();
    const taken = this.#take(message);
    if (taken && !this.#over) {
      this.#takeEvents();
      // What the session does about it speaks for itself.
      if (this.#channel.hasToSpeak()) this.wake();
      else this.#rearm();
    }
    return taken;
  }

  #take(message: CarrierMessage): boolean {
    this.#inside = true;
    try {
      return this.#channel.receive(message, this.#environment.now());
    } catch (error) {
      // It was looked into, so it was turnmux's.
      this.#failed("a message could not be read", error);
      return true;
    } finally {
      this.#inside = false;
    }
  }

  /** The carrier can take more, perhaps. */
  carrierDrained(): void {
    if (this.#held) this.flush();
  }

  /** The carrier is gone. */
  lost(loss: CarrierLoss): void {
    this.#channel.lost(loss, this.#environment.now());
    this.flush();
  }

  get pulse(): Pulse {
    return this;
  }

  get lateness(): Lateness | undefined {
    return this.#channel.lateness;
  }

  ask(): void {
    if (this.#channel.ask(this.#environment.now())) this.wake();
  }

  drain(message: string, retryAfterMs?: number): void {
    this.#channel.drain(message, retryAfterMs);
    this.wake();
  }

  drained(message: string, retryAfterMs?: number): void {
    this.close("unavailable", message, retryAfterMs);
  }

  close(code: ChannelEnd["code"], message: string, retryAfterMs?: number): void {
    this.#channel.close(code, message, this.#environment.now(), retryAfterMs);
    this.wake();
  }

  /** Ends the channel alone, and says `lastWord` where there is one: its session goes on elsewhere. */
  release(message: string, lastWord?: ChannelEnd["code"]): void {
    this.#channel.release(message, this.#environment.now(), lastWord);
    this.flush();
  }

  fail(violation: Parameters<ChannelControl["fail"]>[0]): void {
    this.#channel.fail(violation, this.#environment.now());
    this.wake();
  }

  wake(): void {
    if (this.#wanted || this.#over) return;
    this.#wanted = true;
    if (this.#awaitsTurn) return;
    this.#awaitsTurn = true;
    try {
      this.#environment.defer(this.#turnEnds);
    } catch (error) {
      // Whoever has queued something is not told that it was not: what comes next takes it along.
      this.#wanted = false;
      this.#awaitsTurn = false;
      this.#environment.log.error("turnmux: defer of the environment threw", { error });
    }
  }

  readonly #turnEnds = (): void => {
    this.#awaitsTurn = false;
    if (!this.#wanted) return;
    this.#takeEvents();
    this.flush();
  };

  ready(octets: number, company: number): void {
    if (this.#over) return;
    this.#frames += 1;
    this.#company = Math.max(this.#company, company);
    // Of a large body one frame is the next to be written.
    this.#octets += Math.min(octets, TURN_OCTETS);
    const full = this.#frames >= partOf(this.#company) || this.#octets >= BATCH_OCTETS;
    if (full && !this.#inside) {
      this.#frames = 0;
      this.#octets = 0;
      this.#writeNext(this.#environment.now());
      // Nobody hears of it in the middle of what is being done.
      this.#soon(false);
    } else if (full || company === 1) this.#soon(true);
    else this.wake();
  }

  /** Hands out events behind the code that runs now, and writes where that is wanted. */
  #soon(writes: boolean): void {
    if (writes) this.#writesThen = true;
    if (this.#awaitsCode) return;
    this.#awaitsCode = true;
    try {
      if (this.#environment.soon === undefined) this.#environment.defer(this.#codeEnds);
      else this.#environment.soon(this.#codeEnds);
    } catch (error) {
      this.#awaitsCode = false;
      this.#environment.log.error("turnmux: soon of the environment threw", { error });
      this.wake();
    }
  }

  readonly #codeEnds = (): void => {
    this.#awaitsCode = false;
    this.#takeEvents();
    if (this.#writesThen) this.flush();
  };

  /** Writes what the carrier takes, and the last word in any case: a carrier that is blocked keeps it. */
  flush(): void {
    if (this.#over) return;
    this.#wanted = false;
    this.#writesThen = false;
    const now = this.#environment.now();
    this.#write(now);
    if (this.#gate.stalled(now)) this.#stalled();
    // Writing makes events, too: what was handed to the carrier is no longer certain not to have started.
    this.#takeEvents();
    if (this.#over) return;
    // Whoever hands out events at present has still to look at what became of them.
    if (this.#handing) this.wake();
    else if (this.#end !== undefined && this.#channel.finished) this.#finish(this.#end);
    else this.#rearm();
  }

  #write(now: number): void {
    this.#frames = 0;
    this.#octets = 0;
    this.#company = 0;
    this.#look?.();
    this.#look = undefined;
    while (this.#writeNext(now));
  }

  /** Writes one message. False where there is none, or the carrier takes none. */
  #writeNext(now: number): boolean {
    try {
      return this.#writeOne(now);
    } catch (error) {
      this.#threw(error, now);
      return false;
    }
  }

  /** It may have taken a message or not, which a session that is resumed finds out. */
  #threw(error: unknown, now: number): void {
    this.#environment.log.error("turnmux: the carrier threw, and counts as lost", { error });
    this.#channel.lost({ reason: "The carrier threw" }, now);
    this.wake();
  }

  #writeOne(now: number): boolean {
    const room = this.#channel.state === "ended" ? "all" : this.#gate.look(now);
    this.#held = room !== "all";
    if (room === "none" || room === "control") this.#lookAgain(now);
    if (room === "none" || room === "blocked") return false;
    const message = this.#poll(now, room === "control");
    if (message === undefined) return false;
    this.#carrier.send(message);
    return true;
  }

  #lookAgain(now: number): void {
    if (this.#look !== undefined) return;
    const look = (): void => {
      this.#look = undefined;
      this.flush();
    };
    this.#look = this.#environment.setTimer(this.#gate.lookAgainAt(now), look, false, true);
  }

  /** The peer reads nothing: it is let go, and told why when it comes back, unless it is silent as well. */
  #stalled(): void {
    if (this.#channel.state === "ended") return;
    const now = this.#environment.now();
    this.#channel.stalled(stallMessage(this.#limits), now);
    this.#write(now);
  }

  #poll(now: number, controlOnly: boolean): CarrierMessage | undefined {
    this.#inside = true;
    try {
      return this.#channel.poll(now, controlOnly);
    } catch (error) {
      this.#failed("a frame could not be written", error);
      return undefined;
    } finally {
      this.#inside = false;
    }
  }

  #takeEvents(): void {
    if (this.#handing || this.#over) return;
    this.#handing = true;
    try {
      for (let event = this.#channel.nextEvent(); event !== undefined; event = this.#channel.nextEvent()) {
        if (event.type === "ended") this.#end = event.end;
        else this.#listener.channelEvent(event);
      }
      this.#listener.pump();
    } catch (error) {
      this.#failed("an event could not be handled", error);
    } finally {
      this.#handing = false;
    }
  }

  /** This implementation, or code of its owner's, has a fault: it costs the session, and nothing else. */
  #failed(what: string, error: unknown): void {
    this.#environment.log.error(`turnmux: ${what}; the session ends`, { error });
    this.close("internal", "this side has a fault, which its log tells of");
  }

  /** A timer that is early does no harm, so a later time takes no new one. */
  #rearm(): void {
    const at = this.#channel.nextTimeout();
    if (at !== undefined && this.#timerAt !== undefined && this.#timerAt <= at) return;
    this.#disarm();
    if (at === undefined) return;
    this.#timerAt = at;
    this.#cancelTimer = this.#environment.setTimer(at, this.#timeIsUp);
  }

  readonly #timeIsUp = (): void => {
    this.#timerAt = undefined;
    this.#cancelTimer = undefined;
    const now = this.#environment.now();
    this.#channel.handleTimeout(now, this.#tookAt(now));
    this.flush();
  };

  #disarm(): void {
    this.#cancelTimer?.();
    this.#timerAt = undefined;
    this.#cancelTimer = undefined;
  }

  /** See {@link Gate.tookAt}, as it is now. */
  #tookAt(now: number): number | undefined {
    try {
      this.#gate.look(now);
    } catch (error) {
      this.#threw(error, now);
    }
    return this.#gate.tookAt;
  }

  #finish(end: ChannelEnd): void {
    this.#over = true;
    this.#disarm();
    this.#listener.ended(end);
  }
}

/** How many of so many frames are written ahead of the rest (CHAN-006). */
function partOf(company: number): number {
  return Math.min(BATCH_FRAMES, Math.max(FIRST_FRAMES, Math.floor(company / 2)));
}

/** The WebSocket close code for the end of a channel, on a socket of turnmux's own (CARR-008). */
export function closeCodeOf(end: ChannelEnd): number {
  switch (end.cause) {
    case "violation":
      return end.code === "resource_exhausted" ? 1009 : 1002;
    case "refused":
    case "timeout":
      return 1008;
    case "silent":
      return 4408;
    case "closed":
      if (end.code === "internal") return 1011;
      if (end.code === "resource_exhausted") return 1008;
      return end.code === "unavailable" ? 1001 : 1000;
    case "goaway":
    case "lost":
      return 1000;
  }
}
