/**
 * Ties a carrier, a channel and the world's timers together. Holds no protocol rule.
 *
 * @module
 */
import type { Carrier, CarrierLoss, CarrierMessage } from "../carrier/carrier.ts";
import type { Channel } from "../channel/channel.ts";
import type { ChannelEnd, ChannelEvent } from "../channel/events.ts";
import type { Limits } from "../limits.ts";
import type { ChannelControl } from "../peer/peer.ts";
import type { Environment } from "./environment.ts";

/** What the owner of a link hears. */
export interface LinkListener {
  /** The channel's events, except its end. */
  channelEvent(event: Exclude<ChannelEvent, { type: "ended" }>): void;
  /** The session may have events to take. */
  pump(): void;
  /** The channel is over, and the carrier has its last word. Once. {@link closeCodeOf} tells the code to close with. */
  ended(end: ChannelEnd): void;
}

/**
 * Milliseconds until a carrier that has too much is looked at again: not every socket says when it has sent what it held
 * (see `Carrier.buffered`).
 */
const LOOK_AGAIN_MS = 20;

/** See the module's comment. */
export class Link implements ChannelControl {
  readonly #carrier: Carrier;
  readonly #channel: Channel;
  readonly #environment: Environment;
  readonly #limits: Limits;
  readonly #listener: LinkListener;
  #woken = false;
  /** True while events are handed out: what is done about one of them must not hand out the next. */
  #handing = false;
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;
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
  }

  /** A message arrived. True when it was turnmux's. */
  receive(message: CarrierMessage): boolean {
    this.#environment.arrived?.();
    const taken = this.#take(message);
    if (taken && !this.#over) {
      this.#takeEvents();
      this.wake();
    }
    return taken;
  }

  #take(message: CarrierMessage): boolean {
    try {
      return this.#channel.receive(message, this.#environment.now());
    } catch (error) {
      // It was looked into, so it was turnmux's.
      this.#failed("a message could not be read", error);
      return true;
    }
  }

  /** The carrier is gone. */
  lost(loss: CarrierLoss): void {
    this.#channel.lost(loss, this.#environment.now());
    this.flush();
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
    if (this.#woken || this.#over) return;
    this.#woken = true;
    this.#environment.defer(() => {
      this.#woken = false;
      this.#takeEvents();
      this.flush();
    });
  }

  /** Writes what the carrier takes, and the last word in any case: a carrier that is blocked keeps it. */
  flush(): void {
    if (this.#over) return;
    this.#look?.();
    this.#look = undefined;
    while (this.#mayWrite()) {
      const message = this.#poll();
      if (message === undefined) break;
      this.#carrier.send(message);
    }
    // Writing makes events, too: what was handed to the carrier is no longer certain not to have started.
    this.#takeEvents();
    // Whoever hands out events at present comes here again.
    if (this.#over || this.#handing) return;
    if (this.#end !== undefined && this.#channel.finished) this.#finish(this.#end);
    else this.#rearm();
  }

  #mayWrite(): boolean {
    if (this.#channel.state === "ended") return true;
    if (this.#carrier.blocked) return false;
    if (this.#carrier.buffered < this.#limits.handOver) return true;
    const look = (): void => {
      this.#look = undefined;
      this.flush();
    };
    this.#look = this.#environment.setTimer(this.#environment.now() + LOOK_AGAIN_MS, look, false, true);
    return false;
  }

  #poll(): CarrierMessage | undefined {
    try {
      return this.#channel.poll(this.#environment.now());
    } catch (error) {
      this.#failed("a frame could not be written", error);
      return undefined;
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
    if (at !== undefined && this.#timer !== undefined && this.#timer.at <= at) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (at === undefined) return;
    const cancel = this.#environment.setTimer(at, () => {
      this.#timer = undefined;
      this.#channel.handleTimeout(this.#environment.now());
      this.flush();
    });
    this.#timer = { at, cancel };
  }

  #finish(end: ChannelEnd): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#listener.ended(end);
  }
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
      return end.code === "unavailable" ? 1001 : 1000;
    case "goaway":
    case "lost":
      return 1000;
  }
}
