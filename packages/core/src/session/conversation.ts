/**
 * One channel of a gateway, from HELLO to its end: admits, verifies, and opens or resumes the session.
 *
 * @module
 */
import type { CarrierMessage } from "../carrier/carrier.ts";
import type { ChannelEnd, ChannelEvent } from "../channel/events.ts";
import { GatewayChannel, type WelcomeOptions } from "../channel/gateway-channel.ts";
import { ALL_CONTENTS } from "../content/body.ts";
import { CREDIT, DELIVERY } from "../limits.ts";
import type { HelloFrame, ProofFrame } from "../wire/frame.ts";
import type { AcceptorOptions, Admission, Grant } from "./admission.ts";
import { tagFrom } from "./environment.ts";
import { closeCodeOf, Link, type LinkListener } from "./link.ts";
import { StandingSession, type Holder } from "./standing-session.ts";

/** A session that was to go on with a channel whose WELCOME came to nothing. */
const NOT_WELCOMED: ChannelEnd = {
  cause: "lost",
  code: "unavailable",
  message: "the connection was lost before WELCOME",
  byPeer: false,
};

/** Features of a gateway that resumes sessions, and of one that does not. */
const RESUMING: readonly string[] = Object.freeze([DELIVERY, CREDIT]);
const NOT_RESUMING: readonly string[] = Object.freeze([CREDIT]);

/** Whose conversation it is. */
export interface ConversationOwner {
  /** The channel is over, and the carrier has its last word. Once. */
  conversationEnded(): void;
}

/** One channel, from HELLO to its end. */
export class Conversation implements Holder, LinkListener {
  readonly link: Link;
  readonly #options: AcceptorOptions;
  readonly #channel: GatewayChannel;
  readonly #owner: ConversationOwner;
  /** The session that is on this channel. */
  #standing: StandingSession | undefined;
  /** True once there was one. */
  #stood = false;
  #proof: Extract<Admission, { kind: "proof" }> | undefined;

  constructor(options: AcceptorOptions, owner: ConversationOwner) {
    const { carrier, environment, limits } = options;
    this.#options = options;
    this.#owner = owner;
    this.#channel = new GatewayChannel({
      shared: carrier.shared,
      tag: tagFrom(environment),
      limits,
      features: options.sessions?.enabled === true ? RESUMING : NOT_RESUMING,
      eventLoop: environment,
    });
    this.link = new Link({ carrier, channel: this.#channel, environment, limits, listener: this });
  }

  /** A message arrived. True when it was this conversation's. */
  receive(message: CarrierMessage): boolean {
    return this.link.receive(message);
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
    if (this.#standing !== undefined) this.#standing.lifeline.peer.drain(message, retryAfterMs);
    // Whoever resumes a session gets it: its calls are to finish.
    else if (this.#channel.hello?.resume === undefined) this.#refuse("unavailable", message, retryAfterMs);
  }

  close(message: string): void {
    if (this.#standing === undefined) this.#refuse("unavailable", message);
    else this.link.close("unavailable", message);
    this.link.flush();
  }

  /** For the link. */
  channelEvent(event: Exclude<ChannelEvent, { type: "ended" }>): void {
    if (event.type === "hello") this.#attempt("nobody could be admitted", () => this.#greet(event.hello));
    if (event.type === "heard") this.#standing?.heard(event.read);
    if (event.type === "proof") void this.#verify(event.proof, event.octets);
  }

  #greet(hello: HelloFrame): void {
    const closed = hello.resume === undefined ? this.#options.closed?.() : undefined;
    this.#admit(closed ?? this.#options.admission(), hello);
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
        else this.#enter(admission.grant, hello);
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
    this.#enter(grant, hello);
  }

  async #verify(proof: ProofFrame, octets: Uint8Array): Promise<void> {
    const { hello } = this.#channel;
    const asked = this.#proof;
    this.#proof = undefined;
    let grant: Grant | undefined;
    try {
      const { method, keyId } = proof;
      grant = await asked?.verify({ method, keyId, proof: proof.proof, octets });
    } catch (error) {
      this.#options.environment.log.error("turnmux: a proof could not be verified", { error });
    }
    if (grant === undefined || hello === undefined) this.#refuse("unauthenticated", "the proof was not accepted");
    else this.#enter(grant, hello);
  }

  #refuse(code: "unauthenticated" | "unavailable" | "internal", message: string, retryAfterMs?: number): void {
    this.#channel.refuse(code, message, this.#options.environment.now(), retryAfterMs);
    this.link.wake();
  }

  #enter(grant: Grant, hello: HelloFrame): void {
    // Ended while the grant was awaited: nobody needs a session any more.
    if (this.channelEnded) return;
    this.#attempt("a session could not be made", () => this.#grant(grant, hello));
  }

  #grant(grant: Grant, hello: HelloFrame): void {
    const { environment } = this.#options;
    const leftMs = grant.expiresAt === undefined ? undefined : grant.expiresAt - environment.wallClock();
    if (leftMs !== undefined && leftMs <= 0) {
      this.#refuse("unauthenticated", "the grant has expired");
      return;
    }
    const found = this.#find(grant, hello);
    if (typeof found === "object") {
      this.#resume(found, grant, hello, leftMs);
      return;
    }
    const closed = this.#options.closed?.();
    if (closed === undefined) this.#open(grant, hello, leftMs, hello.resume === undefined ? undefined : found);
    else this.#refuse("unavailable", closed.message, closed.retryAfterMs);
  }

  /** The session that HELLO asks for, or why it is not resumed. */
  #find(grant: Grant, hello: HelloFrame): StandingSession | string {
    const { sessions } = this.#options;
    if (sessions === undefined) return "this gateway does not resume sessions";
    if (!this.#channel.features.includes(DELIVERY)) return "HELLO does not ask for the feature delivery";
    return sessions.find(hello, grant.principal);
  }

  #open(grant: Grant, hello: HelloFrame, leftMs: number | undefined, notResumed: string | undefined): void {
    const { environment, limits, sessions } = this.#options;
    const { features } = this.#channel;
    const identity = { id: environment.id(), principal: grant.principal, scopes: grant.scopes };
    // Made first: where it fails the client is refused, and has no session that nobody serves.
    const control = this.#options.makeSession(identity);
    const standing = new StandingSession({ identity, control, environment, limits, hello, features, sessions });
    const { lifeline } = standing;
    const resumeToken = features.includes(DELIVERY) ? standing.token : undefined;
    control.onClose = (message) => lifeline.close("cancelled", message);
    control.onRevoke = (message) => lifeline.close("permission_denied", message);
    if (!this.#welcome(standing, { resumeToken, notResumed }, () => standing.close(NOT_WELCOMED))) return;
    sessions?.add(standing);
    standing.grant(grant.scopes, leftMs);
    control.attach(lifeline.peer, identity);
    lifeline.restate();
  }

  /** The session goes on here. From {@link ResumableSessions.take} on nothing of its former channel counts (RESUME-003). */
  #resume(standing: StandingSession, grant: Grant, hello: HelloFrame, leftMs: number | undefined): void {
    const { sessions } = this.#options;
    const { lifeline, control } = standing;
    const { delivery } = lifeline;
    if (hello.resume === undefined || delivery === undefined || sessions === undefined) return;
    sessions.take(standing);
    if (!delivery.resume(hello.resume.received)) {
      const message = "HELLO.resume told of a count that cannot be [RESUME-004]";
      lifeline.end({
        cause: "violation",
        code: "failed_precondition",
        message,
        requirement: "RESUME-004",
        byPeer: false,
      });
      this.#open(grant, hello, leftMs, message);
      return;
    }
    standing.renew(hello.resume.token);
    standing.grant(grant.scopes, leftMs);
    const more = { resumeToken: standing.token, resumedFrom: delivery.received };
    if (!this.#welcome(standing, more, () => this.#park(standing, NOT_WELCOMED))) return;
    lifeline.restate();
    this.#options.resumed?.(control);
    if (!control.resume(standing.identity)) lifeline.close("unavailable", "the session was closed meanwhile");
  }

  /**
   * Says WELCOME, and puts the session on this channel. False where the channel has ended meanwhile. Then, and where it throws,
   * the session is `left` first: nobody serves it here.
   */
  #welcome(
    standing: StandingSession,
    more: Pick<WelcomeOptions, "resumeToken" | "resumedFrom" | "notResumed">,
    left: () => void,
  ): boolean {
    const { id: sessionId, principal, scopes } = standing.identity;
    const options = { sessionId, principal, scopes, contents: ALL_CONTENTS, ...more };
    let welcomed = false;
    try {
      standing.lifeline.bind(this.link);
      welcomed = this.#channel.welcome(options, standing.lifeline.sink, this.#options.environment.now());
    } finally {
      if (!welcomed) left();
    }
    if (!welcomed) return false;
    standing.holder = this;
    this.#standing = standing;
    this.#stood = true;
    return true;
  }

  takenOver(): void {
    const standing = this.#standing;
    this.#standing = undefined;
    if (standing !== undefined) this.#options.left?.(standing.control);
    this.link.release("the session was taken over by another connection", "aborted");
  }

  /** The session has no channel any more: it waits for its client, or is over. */
  #park(standing: StandingSession, end: ChannelEnd): void {
    const { sessions } = this.#options;
    // One whose client never answered WELCOME is known to nobody.
    if (standing.lifeline.unbind(end) && standing.known && sessions !== undefined) sessions.park(standing, end);
    else standing.lifeline.end(end);
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

  /** For the link. */
  pump(): void {
    this.#standing?.control.pump();
  }

  /** For the link. */
  ended(end: ChannelEnd): void {
    const standing = this.#standing;
    this.#standing = undefined;
    if (standing !== undefined) {
      this.#options.left?.(standing.control);
      this.#park(standing, end);
    } else if (!this.#stood) this.#options.refused?.(end);
    this.#options.carrier.close(closeCodeOf(end), end.message);
    this.#owner.conversationEnded();
  }
}
