/**
 * The client's end of one carrier: the handshake, and the session while it stands.
 *
 * @module
 */
import type { Carrier, CarrierMessage } from "../carrier/carrier.ts";
import type { ChannelEnd, ChannelEvent } from "../channel/events.ts";
import type { PeerHealth } from "../channel/heartbeat.ts";
import { ClientChannel } from "../channel/client-channel.ts";
import { ALL_CONTENTS } from "../content/body.ts";
import { UsageError } from "../errors/usage.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import type { Limits } from "../limits.ts";
import type { ChallengeFrame, WelcomeFrame } from "../wire/frame.ts";
import { carriageNamed, type Carriage } from "../wire/carriage.ts";
import { OCTETS_LIMIT } from "../wire/limits.ts";
import { tagFrom, type Environment } from "./environment.ts";
import { closeCodeOf, Link } from "./link.ts";
import type { Resumption } from "./resumption.ts";

/** Proves who the client is. */
export interface Prover {
  /** `token`, `ed25519`, or a method that both sides know. */
  readonly method: string;
  readonly keyId: string;
  /** The proof over these octets (section 4). */
  prove(octets: Uint8Array): Promise<Uint8Array>;
}

/** What a dialer works with. */
export interface DialerOptions {
  readonly carrier: Carrier;
  /** Those that the carrier may have beside binary carriage. Default: none. */
  readonly carriages?: readonly Carriage[] | undefined;
  readonly environment: Environment;
  readonly limits: Limits;
  /** The session that is attached, or goes on, when the gateway welcomes. One object over all its dialers. */
  readonly resumption: Resumption;
  /** Absent where the host vouches for the socket. */
  readonly prover?: Prover | undefined;
  /** True for an audience that was dialled or configured (AUTH-005). */
  readonly acceptsAudience: (audience: string) => boolean;
  readonly agent?: string | undefined;
  readonly agentVersion?: string | undefined;
  /** Who had the same host's socket before. What the gateway still sends to it is kept from the host (CARR-005). */
  readonly previous?: Dialer | undefined;
  /**
   * Called when the carrier was taken, and before HELLO states what was received of the channel before (RESUME-003). Where it
   * gives false the session goes on elsewhere already: the carrier is given back, and nobody hears of this dialer.
   */
  readonly started?: (() => boolean) | undefined;
  /** The gateway was found to be busy, quiet, or neither any more. */
  readonly peerChanged?: (() => void) | undefined;
  /** The channel is over, once. The owner decides whether to dial again. */
  readonly ended: (end: ChannelEnd) => void;
}

/** Former dialers of one socket whose messages are kept from the host, while the gateway has not answered the latest. */
const FORMERS = 8;

/** See the module's comment. */
export class Dialer {
  readonly #options: DialerOptions;
  /** The latest first. */
  #formers: readonly Dialer[];
  readonly #channel: ClientChannel;
  readonly #link: Link;
  #welcomed = false;
  #over = false;

  /** Takes the carrier, and says HELLO. Throws what {@link Carrier.start} throws, and {@link UsageError} for a carriage that it lacks. */
  constructor(options: DialerOptions) {
    const { carrier, environment, limits, previous, resumption } = options;
    this.#options = options;
    this.#formers = previous === undefined ? [] : [previous, ...previous.#formers].slice(0, FORMERS);
    this.#channel = new ClientChannel({
      shared: carrier.shared,
      carriage: carriageNamed(carrier.carriage, options.carriages ?? []),
      tag: tagFrom(environment),
      nonce: environment.randomOctets(16), // HAND-015
      contents: ALL_CONTENTS,
      limits,
      features: resumption.features,
      agent: options.agent,
      agentVersion: options.agentVersion,
      eventLoop: environment,
    });
    this.#link = new Link({
      carrier,
      channel: this.#channel,
      environment,
      limits,
      listener: {
        channelEvent: (event) => this.#event(event),
        pump: () => {
          if (this.#welcomed && !this.#over) resumption.pump();
        },
        ended: (end) => this.#finish(end),
      },
    });
    carrier.start({
      message: (message) => this.#message(message),
      drained: () => this.#link.carrierDrained(),
      lost: (loss) => this.#link.lost(loss),
    });
    if (options.started?.() === false) {
      this.#over = true;
      carrier.detach();
      return;
    }
    const { request, lastStream } = resumption;
    this.#channel.start(environment.now(), request, lastStream);
    this.#link.flush();
  }

  /** True once the gateway has answered with WELCOME. */
  get welcomed(): boolean {
    return this.#welcomed;
  }

  /** What is known of the gateway's process; undefined before WELCOME, and where the channel is over. */
  get peer(): PeerHealth | undefined {
    const { peer, lateness } = this.#channel;
    if (peer === undefined || this.#over) return undefined;
    const silentMs = Math.max(0, this.#options.environment.now() - peer.heardAt);
    return { state: peer.state, lagMs: lateness?.lagMs, silentMs };
  }

  /** Ends the session, or the handshake that is under way. */
  close(message: string): void {
    if (this.#welcomed) this.#link.close("cancelled", message);
    else this.#channel.giveUp("cancelled", message, this.#options.environment.now());
    this.#link.flush();
  }

  /** Leaves the channel, and tells the gateway so: the session goes on with another dialer (RESUME-005). */
  release(message: string): void {
    this.#link.release(message, "data_loss");
  }

  /**
   * Ends the session where it stands, and gives the carrier back. Until then a host's carrier keeps from the host what
   * the gateway sends before it hears of an end (CARR-005).
   */
  detach(message: string): void {
    if (!this.#over) this.close(message);
    this.#options.carrier.detach();
    // Whatever the carrier did not take will not be taken any more.
    this.#link.lost({ reason: message });
  }

  #message(message: CarrierMessage): boolean {
    if (!this.#link.receive(message)) return this.#formers.some((former) => former.#link.receive(message));
    // The gateway has answered, and so has heard how the channels before ended.
    this.#formers = [];
    return true;
  }

  #event(event: Exclude<ChannelEvent, { type: "ended" }>): void {
    if (event.type === "challenge") void this.#prove(event.challenge);
    else if (event.type === "welcome") this.#welcome(event.welcome);
    else if (event.type === "peer") this.#options.peerChanged?.();
  }

  async #prove(challenge: ChallengeFrame): Promise<void> {
    try {
      const prover = this.#proverFor(challenge);
      if (typeof prover === "string") {
        this.#giveUp(prover);
        return;
      }
      const { method, keyId } = prover;
      const octets = this.#channel.proofOctets(method, keyId);
      if (octets === undefined) return;
      const proof = await prover.prove(octets);
      if (!(proof instanceof Uint8Array) || proof.length > OCTETS_LIMIT) {
        throw new UsageError(`a proof must be a Uint8Array of at most ${OCTETS_LIMIT} octets`);
      }
      this.#channel.prove(method, keyId, proof);
      this.#link.wake();
    } catch (error) {
      this.#options.environment.log.error("turnmux: the proof could not be made", { error });
      this.#giveUp("the proof could not be made");
    }
  }

  /** Who answers the gateway, or why nobody does. */
  #proverFor({ methods, audience }: ChallengeFrame): Prover | string {
    const { prover, acceptsAudience } = this.#options;
    if (prover === undefined) return `the gateway asks for a proof (${methods.join(", ")}): pass \`auth\``;
    if (!acceptsAudience(audience)) {
      return `the gateway says that it is ${audience}, which was neither dialled nor configured [AUTH-005]: pass \`audience\`, or mend the gateway's`;
    }
    if (!methods.includes(prover.method)) return `the gateway takes ${methods.join(", ")}, not ${prover.method}`;
    return prover;
  }

  #giveUp(message: string): void {
    this.#channel.giveUp("unauthenticated", message, this.#options.environment.now());
    this.#link.wake();
  }

  #welcome(welcome: WelcomeFrame): void {
    const { resumption, environment } = this.#options;
    try {
      const lifeline = resumption.welcome(welcome, this.#channel.features);
      lifeline.bind(this.#link);
      this.#channel.bind(lifeline.sink, welcome.heartbeatMs, environment.now());
      this.#welcomed = true;
      resumption.attach(lifeline);
      lifeline.restate();
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      this.#link.fail(error);
    }
  }

  #finish(end: ChannelEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.carrier.close(closeCodeOf(end), end.message);
    this.#options.ended(end);
  }
}
