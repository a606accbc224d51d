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
  /** The channel is over, and its last word is written. `close` tells the code for a socket of turnmux's own. */
  ended(end: ChannelEnd): void;
}

/** See the module's comment. */
export class Link implements ChannelControl {
  readonly #carrier: Carrier;
  readonly #channel: Channel;
  readonly #environment: Environment;
  readonly #limits: Limits;
  readonly #listener: LinkListener;
  #woken = false;
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;
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
    const taken = this.#channel.receive(message, this.#environment.now());
    if (taken) this.#afterInput();
    return taken;
  }

  /** The carrier is gone. */
  lost(loss: CarrierLoss): void {
    this.#channel.lost(loss, this.#environment.now());
    this.#afterInput();
    this.flush();
  }

  drain(message: string, retryAfterMs?: number): void {
    this.#channel.drain(message, retryAfterMs);
    this.wake();
  }

  close(code: ChannelEnd["code"], message: string, retryAfterMs?: number): void {
    this.#channel.close(code, message, this.#environment.now(), retryAfterMs);
    this.wake();
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

  /** Writes what the carrier takes. */
  flush(): void {
    if (this.#over) return;
    const now = this.#environment.now();
    while (!this.#carrier.blocked && this.#carrier.buffered < this.#limits.handOver) {
      const message = this.#channel.poll(now);
      if (message === undefined) break;
      this.#carrier.send(message);
    }
    // Writing makes events, too: what was handed to the carrier is no longer certain not to have started.
    this.#takeEvents();
    this.#rearm();
    if (this.#end !== undefined && this.#channel.finished) this.#finish(this.#end);
  }

  #afterInput(): void {
    this.#takeEvents();
    this.wake();
  }

  #takeEvents(): void {
    for (let event = this.#channel.nextEvent(); event !== undefined; event = this.#channel.nextEvent()) {
      if (event.type === "ended") this.#end = event.end;
      else this.#listener.channelEvent(event);
    }
    this.#listener.pump();
  }

  #rearm(): void {
    const at = this.#channel.nextTimeout();
    if (this.#timer !== undefined && this.#timer.at === at) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (at === undefined) return;
    const cancel = this.#environment.setTimer(at, () => {
      this.#timer = undefined;
      this.#channel.handleTimeout(this.#environment.now());
      this.#takeEvents();
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
      return end.code === "unavailable" ? 1001 : 1000;
    case "goaway":
    case "lost":
      return 1000;
  }
}
