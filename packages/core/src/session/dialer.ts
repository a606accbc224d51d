/**
 * The client's end of one carrier: the handshake, and the session while it stands.
 *
 * @module
 */
import type { Carrier } from "../carrier/carrier.ts";
import type { ChannelEnd, ChannelEvent } from "../channel/events.ts";
import { ClientChannel } from "../channel/client-channel.ts";
import type { Limits } from "../limits.ts";
import { Peer } from "../peer/peer.ts";
import type { ChallengeFrame, WelcomeFrame } from "../wire/frame.ts";
import { ALL_CONTENTS, tagFrom } from "./acceptor.ts";
import type { Environment } from "./environment.ts";
import { closeCodeOf, Link } from "./link.ts";
import type { SessionControl } from "./session.ts";

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
  readonly environment: Environment;
  readonly limits: Limits;
  /** The session that is attached when the gateway welcomes. */
  readonly control: SessionControl;
  /** Absent where the host vouches for the socket. */
  readonly prover?: Prover | undefined;
  /** True for an audience that was dialled or configured (AUTH-005). */
  readonly acceptsAudience: (audience: string) => boolean;
  readonly agent?: string | undefined;
  readonly agentVersion?: string | undefined;
  /** The channel is over, once. The owner decides whether to dial again. */
  readonly ended: (end: ChannelEnd) => void;
}

/** See the module's comment. */
export class Dialer {
  readonly #options: DialerOptions;
  readonly #channel: ClientChannel;
  readonly #link: Link;
  #welcomed = false;
  #over = false;

  /** Takes the carrier, and says HELLO. Throws what {@link Carrier.start} throws. */
  constructor(options: DialerOptions) {
    const { carrier, environment, limits } = options;
    this.#options = options;
    this.#channel = new ClientChannel({
      shared: carrier.shared,
      carriage: carrier.carriage,
      tag: tagFrom(environment),
      nonce: environment.randomOctets(16),
      contents: ALL_CONTENTS,
      limits,
      agent: options.agent,
      agentVersion: options.agentVersion,
      lagMs: environment.lagMs === undefined ? undefined : () => environment.lagMs?.() ?? 0,
    });
    this.#link = new Link({
      carrier,
      channel: this.#channel,
      environment,
      limits,
      listener: {
        channelEvent: (event) => this.#event(event),
        pump: () => {
          if (this.#welcomed && !this.#over) options.control.pump();
        },
        ended: (end) => this.#finish(end),
      },
    });
    carrier.start({
      message: (message) => this.#link.receive(message),
      drained: () => this.#link.flush(),
      lost: (loss) => this.#link.lost(loss),
    });
    this.#channel.start(environment.now());
    this.#link.flush();
  }

  /** How late the gateway's event loop was when it last said so, in milliseconds. */
  get peerLagMs(): number | undefined {
    return this.#channel.peerLagMs;
  }

  /** Ends the session, or the handshake that is under way. */
  close(message: string): void {
    if (this.#welcomed) this.#link.close("cancelled", message);
    else this.#channel.giveUp("cancelled", message, this.#options.environment.now());
    this.#link.flush();
  }

  /**
   * Ends the session where it stands, and gives the carrier back. Until then a host's carrier keeps from the host what
   * the gateway sends before it hears of an end (CARR-005).
   */
  detach(message: string): void {
    if (!this.#over) this.close(message);
    this.#options.carrier.detach();
    // A last word that the carrier did not take will not be taken any more.
    this.#link.lost({ reason: message });
  }

  #event(event: Exclude<ChannelEvent, { type: "ended" }>): void {
    if (event.type === "challenge") void this.#prove(event.challenge);
    else if (event.type === "welcome") this.#welcome(event.welcome);
  }

  async #prove(challenge: ChallengeFrame): Promise<void> {
    const { prover, acceptsAudience } = this.#options;
    if (prover === undefined) {
      this.#giveUp("unauthenticated", `the gateway asks for a proof (${challenge.methods.join(", ")}): pass \`auth\``);
      return;
    }
    if (!acceptsAudience(challenge.audience)) {
      this.#giveUp(
        "unauthenticated",
        `the gateway says that it is ${challenge.audience}, which was neither dialled nor configured [AUTH-005]: pass \`audience\`, or mend the gateway's`,
      );
      return;
    }
    if (!challenge.methods.includes(prover.method)) {
      this.#giveUp("unauthenticated", `the gateway takes ${challenge.methods.join(", ")}, not ${prover.method}`);
      return;
    }
    const octets = this.#channel.proofOctets(prover.method, prover.keyId);
    if (octets === undefined) return;
    try {
      this.#channel.prove(prover.method, prover.keyId, await prover.prove(octets));
      this.#link.wake();
    } catch (error) {
      this.#options.environment.log.error("turnmux: the proof could not be made", { error });
      this.#giveUp("unauthenticated", "the proof could not be made");
    }
  }

  #giveUp(code: "unauthenticated", message: string): void {
    this.#channel.giveUp(code, message, this.#options.environment.now());
    this.#link.wake();
  }

  #welcome(welcome: WelcomeFrame): void {
    const { control, environment, limits } = this.#options;
    const peer = new Peer({
      role: "client",
      limits,
      control: this.#link,
      peerLimits: welcome.limits,
      peerContents: welcome.contents,
      features: [],
    });
    this.#channel.bind(peer, welcome.heartbeatMs, environment.now());
    this.#welcomed = true;
    const { sessionId: id, principal, scopes } = welcome;
    control.attach(peer, { id, principal, scopes });
    this.#link.wake();
  }

  #finish(end: ChannelEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.carrier.close(closeCodeOf(end), end.message);
    this.#options.ended(end);
  }
}
