/**
 * The gateway's end of a carrier: handshakes, and the sessions that come of them, one after the other.
 *
 * @module
 */
import { Content } from "../content/body.ts";
import type { Carrier, CarrierMessage } from "../carrier/carrier.ts";
import type { ChannelEnd, ChannelEvent } from "../channel/events.ts";
import { GatewayChannel } from "../channel/gateway-channel.ts";
import { isHandshakeMessage } from "../channel/messages.ts";
import type { Limits } from "../limits.ts";
import { Peer } from "../peer/peer.ts";
import type { HelloFrame, ProofFrame } from "../wire/frame.ts";
import type { Deadline } from "./deadlines.ts";
import type { Environment } from "./environment.ts";
import { closeCodeOf, Link } from "./link.ts";
import type { SessionControl, SessionIdentity } from "./session.ts";

/** What every implementation can decode. */
export const ALL_CONTENTS: readonly number[] = [Content.json, Content.msgpack, Content.text, Content.bytes];

/** What a client is granted. */
export interface Grant {
  /** Who it is. Keys of `once` calls belong to the principal. */
  readonly principal: string;
  /** What it may do. */
  readonly scopes: readonly string[];
  /** When the grant ends, in milliseconds since 1970. Default: with the session. */
  readonly expiresAt?: number | undefined;
}

/** A proof to be verified. `octets` are what it must cover (section 4). */
export interface ProofRequest {
  readonly method: string;
  readonly keyId: string;
  readonly proof: Uint8Array;
  readonly octets: Uint8Array;
}

/** How a client gets its grant. */
export type Admission =
  /** The host vouches for the socket, now or later. */
  | { readonly kind: "vouched"; readonly grant: Grant | Promise<Grant> }
  /** The client proves who it is. Nothing is what `verify` gives for every kind of wrong proof (AUTH-003). */
  | {
      readonly kind: "proof";
      readonly audience: string;
      readonly methods: readonly string[];
      readonly verify: (request: ProofRequest) => Promise<Grant | undefined>;
    }
  /** Nobody is let in, and this is why. */
  | { readonly kind: "closed"; readonly message: string; readonly retryAfterMs?: number | undefined };

/** What an acceptor works with. */
export interface AcceptorOptions {
  readonly carrier: Carrier;
  readonly environment: Environment;
  readonly limits: Limits;
  /** Asked for each HELLO. */
  readonly admission: () => Admission;
  /** Makes a session for a grant. It is attached by the acceptor. */
  readonly makeSession: (identity: SessionIdentity) => SessionControl;
  /** A handshake came to nothing, and `end` says why. Also told of a carrier that went before anybody said HELLO. */
  readonly refused?: ((end: ChannelEnd) => void) | undefined;
  /** The carrier is gone, or given back. */
  readonly over: () => void;
}

/** See the module's comment. */
export class Acceptor {
  readonly #options: AcceptorOptions;
  #conversation: Conversation;
  #over = false;

  /** Takes the carrier. Throws what {@link Carrier.start} throws. */
  constructor(options: AcceptorOptions) {
    this.#options = options;
    this.#conversation = this.#converse();
    options.carrier.start({
      message: (message) => this.#message(message),
      drained: () => this.#conversation.link.flush(),
      lost: (loss) => {
        this.#conversation.link.lost(loss);
        this.#finish();
      },
    });
    if (!options.carrier.shared) this.#conversation.start();
  }

  /** Ends the session and gives the carrier back. */
  detach(message: string): void {
    if (this.#over) return;
    this.#conversation.close(message);
    this.#options.carrier.detach();
    // Whatever the carrier did not take will not be taken any more.
    this.#conversation.link.lost({ reason: message });
    this.#finish();
  }

  /** Refuses a handshake that is under way, and takes no further calls in a session that stands (CHAN-003). */
  drain(message: string, retryAfterMs: number | undefined): void {
    this.#conversation.drain(message, retryAfterMs);
  }

  /** Ends the session, or the handshake that is under way. */
  close(message: string): void {
    this.#conversation.close(message);
  }

  #message(message: CarrierMessage): boolean {
    if (this.#conversation.link.receive(message)) return true;
    if (!this.#conversation.channelEnded || this.#over || !isHandshakeMessage(message)) return false;
    // After a GOAWAY a new HELLO starts a new channel (CARR-032).
    this.#conversation = this.#converse();
    return this.#conversation.link.receive(message);
  }

  #converse(): Conversation {
    return new Conversation(this.#options, () => {
      if (!this.#options.carrier.shared) this.#finish();
    });
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.over();
  }
}

/** One channel, from HELLO to its end. */
class Conversation {
  readonly link: Link;
  readonly #options: AcceptorOptions;
  readonly #channel: GatewayChannel;
  readonly #ended: () => void;
  #session: SessionControl | undefined;
  #peer: Peer | undefined;
  #expiry: Deadline | undefined;
  #proof: Extract<Admission, { kind: "proof" }> | undefined;

  constructor(options: AcceptorOptions, ended: () => void) {
    const { carrier, environment, limits } = options;
    this.#options = options;
    this.#ended = ended;
    this.#channel = new GatewayChannel({
      shared: carrier.shared,
      tag: tagFrom(environment),
      limits,
      lagMs: environment.lagMs === undefined ? undefined : () => environment.lagMs?.() ?? 0,
    });
    this.link = new Link({
      carrier,
      channel: this.#channel,
      environment,
      limits,
      listener: {
        channelEvent: (event) => this.#event(event),
        pump: () => this.#session?.pump(),
        ended: (end) => this.#finish(end),
      },
    });
  }

  /** True when its channel takes nothing more. The last word may still have to be written. */
  get channelEnded(): boolean {
    return this.#channel.state === "ended";
  }

  start(): void {
    this.#channel.start(this.#options.environment.now());
    this.link.flush();
  }

  drain(message: string, retryAfterMs: number | undefined): void {
    if (this.#peer !== undefined) this.#peer.drain(message, retryAfterMs);
    else this.#refuse("unavailable", message, retryAfterMs);
  }

  close(message: string): void {
    if (this.#peer === undefined) this.#refuse("unavailable", message);
    else this.link.close("unavailable", message);
    this.link.flush();
  }

  #event(event: Exclude<ChannelEvent, { type: "ended" }>): void {
    if (event.type === "hello") {
      this.#attempt("nobody could be admitted", () => this.#admit(this.#options.admission(), event.hello));
    }
    if (event.type === "proof") void this.#verify(event.proof, event.octets);
  }

  /** Answers HELLO (HAND-003). */
  #admit(admission: Admission, hello: HelloFrame): void {
    switch (admission.kind) {
      case "closed":
        this.#refuse("unavailable", admission.message, admission.retryAfterMs);
        return;
      case "proof":
        this.#proof = admission;
        this.#channel.challenge({
          nonce: this.#options.environment.randomOctets(16),
          audience: admission.audience,
          methods: admission.methods,
        });
        this.link.wake();
        return;
      case "vouched":
        if ("then" in admission.grant) void this.#await(admission.grant, hello);
        else this.#welcome(admission.grant, hello);
    }
  }

  /** The host has still to say who is there; until then the handshake is held (CARR-031). */
  async #await(promised: Promise<Grant>, hello: HelloFrame): Promise<void> {
    let grant: Grant;
    try {
      grant = await promised;
    } catch (error) {
      this.#options.environment.log.info("turnmux: the host granted no session", { error });
      this.#refuse("unauthenticated", "the host granted no session");
      return;
    }
    this.#welcome(grant, hello);
  }

  async #verify(proof: ProofFrame, octets: Uint8Array): Promise<void> {
    const { hello } = this.#channel;
    let grant: Grant | undefined;
    try {
      const { method, keyId } = proof;
      grant = await this.#proof?.verify({ method, keyId, proof: proof.proof, octets });
    } catch (error) {
      this.#options.environment.log.error("turnmux: a proof could not be verified", { error });
    }
    if (grant === undefined || hello === undefined) this.#refuse("unauthenticated", "the proof was not accepted");
    else this.#welcome(grant, hello);
  }

  #refuse(code: "unauthenticated" | "unavailable" | "internal", message: string, retryAfterMs?: number): void {
    this.#channel.refuse(code, message, this.#options.environment.now(), retryAfterMs);
    this.link.wake();
  }

  #welcome(grant: Grant, hello: HelloFrame): void {
    // Ended while the grant was awaited: nobody needs a session any more.
    if (this.channelEnded) return;
    this.#attempt("a session could not be made", () => this.#grant(grant, hello));
  }

  #grant(grant: Grant, hello: HelloFrame): void {
    const { environment, limits } = this.#options;
    const leftMs = grant.expiresAt === undefined ? undefined : grant.expiresAt - environment.wallClock();
    if (leftMs !== undefined && leftMs <= 0) {
      this.#refuse("unauthenticated", "the grant has expired");
      return;
    }
    const peer = new Peer({
      role: "gateway",
      limits,
      control: this.link,
      peerLimits: hello.limits,
      peerContents: hello.contents,
      features: [],
    });
    const identity = { id: environment.id(), principal: grant.principal, scopes: grant.scopes };
    const welcome = {
      sessionId: identity.id,
      principal: grant.principal,
      scopes: grant.scopes,
      contents: ALL_CONTENTS,
    };
    // Made first: where it fails the client is refused, and has no session that nobody serves.
    const session = this.#options.makeSession(identity);
    this.#session = session;
    if (!this.#channel.welcome(welcome, peer, environment.now())) return;
    this.#peer = peer;
    session.onClose = (message) => this.link.close("cancelled", message);
    session.onRevoke = (message) => this.link.close("permission_denied", message);
    if (leftMs !== undefined) {
      this.#expiry = session.deadlines.set(environment.now() + leftMs, () =>
        this.link.close("unauthenticated", "the grant has expired"),
      );
    }
    session.attach(peer, identity);
    this.link.wake();
  }

  /** Runs code of the owner's. What it throws costs this handshake, and nothing else. */
  #attempt(what: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#options.environment.log.error(`turnmux: ${what}`, { error });
      const message = `${what}; the gateway's log says why`;
      this.#refuse("internal", message);
      // Where the session stood already.
      this.link.close("internal", message);
    }
  }

  #finish(end: ChannelEnd): void {
    this.#expiry?.cancel();
    if (this.#peer === undefined) this.#options.refused?.(end);
    this.#session?.close(end);
    this.#options.carrier.close(closeCodeOf(end), end.message);
    this.#ended();
  }
}

/** A tag of 8 random octets, not all of them zero (CARR-002). */
export function tagFrom(environment: Environment): Uint8Array {
  for (;;) {
    const tag = environment.randomOctets(8);
    if (tag.some((octet) => octet !== 0)) return tag;
  }
}
