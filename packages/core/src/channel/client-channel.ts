/**
 * The client's half of the handshake. `docs/spec.md` section 3.
 *
 * @module
 */
import { proofOctets } from "../auth/transcript.ts";
import { codeFromWire } from "../errors/codes.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import { DELIVERY, PROTOCOL_VERSIONS, statedLimits } from "../limits.ts";
import { handshakePayload, sameOctets, type Carriage, type Envelope } from "../wire/carriage.ts";
import type { ChallengeFrame, HandshakeFrame, HelloFrame, ResumeRequest, WelcomeFrame } from "../wire/frame.ts";
import { Channel, type ChannelOptions, type Judgement } from "./channel.ts";
import type { FrameSink } from "./sink.ts";
import { checkStated } from "./stated.ts";

/** Milliseconds between two identical HELLOs on a host's socket (CARR-030). */
const HELLO_REPEAT_MS = 500;

/** What a client's channel needs beside {@link ChannelOptions}. */
export interface ClientChannelOptions extends ChannelOptions {
  /** In which the client speaks first, and the gateway answers (CARR-014). */
  readonly carriage: Carriage;
  /** 16 random octets, drawn for this channel (HAND-015). */
  readonly nonce: Uint8Array;
  /** Content types that this side can decode. */
  readonly contents: readonly number[];
  /** Name and version of the software, for the gateway's logs. */
  readonly agent?: string | undefined;
  readonly agentVersion?: string | undefined;
}

/** The client's channel. {@link start} says HELLO; the owner answers the event `challenge` with {@link prove}. */
export class ClientChannel extends Channel {
  readonly #carriage: Carriage;
  #hello: HelloFrame;
  #challenge: ChallengeFrame | undefined;
  #repeatAt: number | undefined;

  constructor(options: ClientChannelOptions) {
    super("client", options);
    this.carriage = options.carriage;
    this.#carriage = options.carriage;
    this.#hello = {
      type: "hello",
      versions: PROTOCOL_VERSIONS,
      nonce: options.nonce,
      tag: options.tag,
      features: options.features ?? [],
      limits: statedLimits(options.limits, options.features ?? []),
      contents: options.contents,
      agent: options.agent,
      agentVersion: options.agentVersion,
    };
  }

  /**
   * Says HELLO (HAND-001), to go on with a session where `resume` names one, of whose streams `lastStream` is the greatest that
   * was taken. Called once.
   */
  start(now: number, resume?: ResumeRequest, lastStream: number = 0): void {
    // The gateway may have put the session on this channel when it hears that the client gives up.
    if (resume !== undefined) this.formerLastStream = lastStream;
    this.step("hello");
    this.#hello = { ...this.#hello, resume };
    this.limitHandshake(now + this.limits.handshakeMs);
    this.sayHandshake(this.#hello);
    // A host may attach its end later. Wrapped messages are numbered, and a host that wraps them has attached already.
    if (this.shared && this.#carriage.name !== "wrapped") this.#repeatAt = now + HELLO_REPEAT_MS;
  }

  /** The octets that a proof of this method and key must cover (section 4), or undefined before CHALLENGE. */
  proofOctets(method: string, keyId: string): Uint8Array | undefined {
    const challenge = this.#challenge;
    if (challenge === undefined) return undefined;
    return proofOctets(method, keyId, handshakePayload(this.#hello), challenge.payload ?? handshakePayload(challenge));
  }

  /** Answers CHALLENGE. Without effect when the channel has ended meanwhile. */
  prove(method: string, keyId: string, proof: Uint8Array): void {
    if (!this.tryStep("proof")) return;
    this.sayHandshake({ type: "proof", clientNonce: this.#hello.nonce, method, keyId, proof });
  }

  /** Gives the channel up before the session stands: the owner does not accept the gateway, or cannot prove itself. */
  giveUp(code: "unauthenticated" | "failed_precondition" | "cancelled", message: string, now: number): void {
    this.end({ cause: "closed", code, message, byPeer: false }, now, this.goaway(code, message));
  }

  /** Binds the session. Called on the event `welcome`, before the next message is received. */
  bind(sink: FrameSink, heartbeatMs: number, now: number): void {
    this.opened(sink, heartbeatMs, now);
  }

  protected override carriageOf(): Carriage {
    return this.#carriage;
  }

  protected override judge(carriage: Carriage, envelope: Envelope): Judgement {
    if (this.state === "start" || !this.#echoes(carriage, envelope)) return "foreign";
    return this.state === "ended" ? "drop" : "act";
  }

  protected override handshake(frame: HandshakeFrame, now: number): void {
    switch (frame.type) {
      case "challenge":
        this.step("challenge");
        this.#agree(frame);
        this.#challenge = frame;
        this.event({ type: "challenge", challenge: frame });
        return;
      case "welcome":
        this.step("welcome");
        this.#agree(frame);
        checkStated(frame, frame.features);
        this.#checkResumed(frame);
        this.event({ type: "welcome", welcome: frame });
        return;
      case "refuse":
        // The owner honours what the gateway asks for (HAND-009).
        this.step("refuse");
        this.finish(
          {
            cause: "refused",
            code: codeFromWire(frame.code),
            message: frame.message,
            retryAfterMs: frame.retryAfterMs,
            byPeer: true,
          },
          now,
        );
        return;
      case "hello":
      case "proof":
        throw new ProtocolViolation(
          "HAND-005",
          `a gateway must not send ${frame.type.toUpperCase()}`,
          "failed_precondition",
        );
    }
  }

  protected override refuseEarly(violation: ProtocolViolation, now: number): void {
    const { code, message, requirement } = violation;
    const goaway = { ...this.goaway(code, message), requirement };
    this.end({ cause: "violation", code, message, requirement, byPeer: false }, now, goaway);
  }

  protected override handshakeExpired(now: number): void {
    const answered = this.#challenge !== undefined;
    const message = answered
      ? `the gateway did not finish the handshake within ${this.limits.handshakeMs} ms`
      : `HELLO had no answer within ${this.limits.handshakeMs} ms: nobody at the other end speaks turnmux, or it has been busy for as long`;
    const end = { cause: "timeout", code: "unavailable", message, requirement: "HAND-007", byPeer: false } as const;
    // The gateway may have put the session on this channel meanwhile, and it goes on with another one (RESUME-005).
    const lastWord = this.#hello.resume === undefined ? "unavailable" : "data_loss";
    this.end(end, now, this.goaway(lastWord, message));
  }

  protected override handshakeTimeout(): number | undefined {
    return this.state === "greeting" ? this.#repeatAt : undefined;
  }

  protected override handshakeTimedOut(now: number): void {
    if (this.state !== "greeting" || this.#repeatAt === undefined || now < this.#repeatAt) return;
    this.#repeatAt = now + HELLO_REPEAT_MS;
    this.sayHandshake(this.#hello);
  }

  /** True when the message echoes this channel's nonce. What does not parse does not: it is somebody else's (CARR-006). */
  #echoes(carriage: Carriage, envelope: Envelope): boolean {
    try {
      const [frame] = carriage.decode(envelope, this.limits);
      return frame !== undefined && "clientNonce" in frame && sameOctets(frame.clientNonce, this.#hello.nonce);
    } catch (error) {
      if (error instanceof ProtocolViolation) return false;
      throw error;
    }
  }

  #checkResumed({ sessionId, resumedFrom, resumeToken, notResumed }: WelcomeFrame): void {
    const { resume } = this.#hello;
    const delivers = this.agreed.includes(DELIVERY);
    if (resumedFrom !== undefined && (sessionId !== resume?.sessionId || !delivers || notResumed !== undefined)) {
      throw new ProtocolViolation("RESUME-003", "WELCOME resumes a session that HELLO did not ask for");
    }
    if (resume !== undefined && resumedFrom === undefined && notResumed === undefined) {
      throw new ProtocolViolation("HAND-010", "WELCOME does not say why the session was not resumed");
    }
    if (delivers && resumeToken === undefined) {
      throw new ProtocolViolation("RESUME-001", "WELCOME has no resume token, although delivery was agreed on");
    }
  }

  #agree(frame: ChallengeFrame | WelcomeFrame): void {
    this.#repeatAt = undefined;
    // Known from here on: the gateway is told where the client cannot agree (HAND-012).
    this.peerTag = frame.tag;
    if (!PROTOCOL_VERSIONS.includes(frame.version)) {
      throw new ProtocolViolation(
        "HAND-008",
        `${frame.type.toUpperCase()}.version is one that HELLO did not ask for`,
        "failed_precondition",
      );
    }
    if (frame.features.some((feature) => !this.#hello.features.includes(feature))) {
      throw new ProtocolViolation(
        "HAND-008",
        `${frame.type.toUpperCase()}.features names one that HELLO did not ask for`,
        "failed_precondition",
      );
    }
    const chosen = this.#challenge?.features ?? frame.features;
    if (chosen.length !== frame.features.length || chosen.some((feature) => !frame.features.includes(feature))) {
      throw new ProtocolViolation(
        "HAND-008",
        "WELCOME.features are not those of CHALLENGE, which the proof covers",
        "failed_precondition",
      );
    }
    this.agreed = frame.features;
  }
}
