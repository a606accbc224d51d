/**
 * A session's calls and the channel that carries them at present: what stays when a channel goes.
 *
 * @module
 */
import type { ChannelEnd } from "../channel/events.ts";
import type { Agreement, FrameSink } from "../channel/sink.ts";
import type { Role } from "../channel/states.ts";
import { Delivery, sessionSurvives, type DeliveryOwner } from "../delivery/delivery.ts";
import type { Code } from "../errors/codes.ts";
import type { ProtocolViolation } from "../errors/violation.ts";
import { DELIVERY, type Limits } from "../limits.ts";
import type { ChannelControl } from "../peer/channel-control.ts";
import { Peer } from "../peer/peer.ts";
import type { Pulse } from "../peer/port.ts";
import type { Environment } from "./environment.ts";
import { stallMessage } from "./gate.ts";

/** What a {@link Lifeline} is made from. */
export interface LifelineOptions extends Agreement {
  readonly role: Role;
  readonly environment: Environment;
  readonly limits: Limits;
  readonly owner: LifelineOwner;
}

/** Whose {@link Lifeline} it is. */
export interface LifelineOwner {
  /** The session may have events to take. Called only while there is no channel, whose link asks otherwise. */
  pump(): void;
  /** The session ended while it had no channel: an owner of a channel hears of it from there. */
  ended(end: ChannelEnd): void;
}

/** See the module's comment. */
export class Lifeline implements ChannelControl, DeliveryOwner {
  readonly peer: Peer;
  /** What a channel is bound to. */
  readonly sink: FrameSink;
  /** Undefined where `delivery` was not agreed on: then the session ends with its channel. */
  readonly delivery: Delivery | undefined;
  readonly #environment: Environment;
  readonly #limits: Limits;
  readonly #owner: LifelineOwner;
  #link: ChannelControl | undefined;
  #woken = false;
  #drained: { readonly message: string; readonly retryAfterMs: number | undefined } | undefined;
  #over = false;

  constructor(options: LifelineOptions) {
    this.#environment = options.environment;
    this.#limits = options.limits;
    this.#owner = options.owner;
    const { role, limits, peerLimits, peerContents, features } = options;
    const { utf8Length } = options.environment;
    this.peer = new Peer({ role, limits, control: this, peerLimits, peerContents, features, utf8Length });
    this.delivery = features.includes(DELIVERY)
      ? new Delivery({ source: this.peer, limits, peerReplay: peerLimits.replay ?? 0, owner: this })
      : undefined;
    this.sink = this.delivery ?? this.peer;
  }

  /** True while a channel carries the calls. */
  get bound(): boolean {
    return this.#link !== undefined;
  }

  get pulse(): Pulse | undefined {
    return this.#link?.pulse;
  }

  /** Octets that the session holds, without those of handlers and journals. */
  get heldOctets(): number {
    return this.peer.heldOctets + (this.delivery?.keptOctets ?? 0);
  }

  /** The calls go over this link's channel from now on. Once that is open {@link restate} follows. */
  bind(link: ChannelControl): void {
    this.#link = link;
  }

  /** Says again what is not counted, and may not have arrived on the channel before (RESUME-009, FLOW-007). */
  restate(): void {
    const { draining } = this.peer;
    if (draining !== undefined) this.#link?.drain(draining.message, draining.retryAfterMs);
    this.peer.restate();
    this.wake();
    // All that was left to say may have arrived before.
    this.delivered();
  }

  /**
   * The channel is gone, or is left (`end` is undefined then). True where the session lives on without one. What ends while
   * there is no channel, a further attempt to get one, say, is not the session's end.
   */
  unbind(end: ChannelEnd | undefined): boolean {
    const survives = this.#link === undefined || end === undefined || sessionSurvives(end);
    this.#link = undefined;
    this.delivery?.leave();
    return survives && !this.#over && this.delivery !== undefined;
  }

  /** Ends the session, which has no channel. Without effect the second time. */
  end(end: ChannelEnd): void {
    if (this.#over) return;
    this.#over = true;
    // Not through the sink, which a mere loss would leave alive.
    this.peer.channelEnded(end, this.#environment.now());
    this.#owner.ended(end);
  }

  drain(message: string, retryAfterMs?: number): void {
    // Without a channel it is said on the next one.
    this.#link?.drain(message, retryAfterMs);
  }

  /** A result that may not have arrived is waited for: the session ends when the peer has acknowledged it (CHAN-003). */
  drained(message: string, retryAfterMs?: number): void {
    this.#drained = { message, retryAfterMs };
    this.delivered();
  }

  /** For the delivery: the peer has acknowledged nothing for too long. */
  stalled(): void {
    this.close("resource_exhausted", stallMessage(this.#limits));
  }

  /** For the delivery: nothing that was written is left to be acknowledged. Closes where that was waited for. */
  delivered(): void {
    const { message, retryAfterMs } = this.#drained ?? {};
    if (message === undefined || (this.delivery?.keptFrames ?? 0) > 0) return;
    this.close("unavailable", message, retryAfterMs);
  }

  close(code: Code, message: string, retryAfterMs?: number): void {
    if (this.#link !== undefined) this.#link.close(code, message, retryAfterMs);
    else this.end({ cause: "closed", code, message, retryAfterMs, byPeer: false });
  }

  fail(violation: ProtocolViolation): void {
    const { code, message, requirement } = violation;
    if (this.#link !== undefined) this.#link.fail(violation);
    else this.end({ cause: "violation", code, message, requirement, byPeer: false });
  }

  ready(octets: number, company: number): void {
    if (this.#link !== undefined) this.#link.ready(octets, company);
    else this.wake();
  }

  wake(): void {
    if (this.#link !== undefined) {
      this.#link.wake();
      return;
    }
    if (this.#woken) return;
    this.#woken = true;
    this.#environment.defer(() => {
      this.#woken = false;
      // A link that came meanwhile has asked.
      if (this.#link === undefined) this.#owner.pump();
    });
  }
}
