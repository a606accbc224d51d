/**
 * The gateway's half of the handshake. `docs/spec.md` section 3.
 *
 * @module
 */
import { proofOctets } from "../auth/transcript.ts";
import { codeToWire, type Code } from "../errors/codes.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import { UsageError } from "../errors/usage.ts";
import { PROTOCOL_VERSIONS, SENTENCE_OCTETS, statedLimits } from "../limits.ts";
import { handshakePayload, sameOctets, type Carriage, type Envelope } from "../wire/carriage.ts";
import type { CarrierMessage } from "../carrier/carrier.ts";
import { encodeBase64 } from "../wire/base64.ts";
import { clip } from "../wire/limits.ts";
import type { ChallengeFrame, HandshakeFrame, HelloFrame, WelcomeFrame } from "../wire/frame.ts";
import { Channel, type ChannelOptions, type Judgement } from "./channel.ts";
import { carriageOf } from "./recognition.ts";
import { wholeMs } from "./milliseconds.ts";
import type { FrameSink } from "./sink.ts";
import { checkStated } from "./stated.ts";

/** What CHALLENGE says. */
export interface ChallengeOptions {
  /** 16 random octets, drawn for this challenge (AUTH-004). */
  readonly nonce: Uint8Array;
  /** Who the gateway says it is, as host and port. */
  readonly audience: string;
  /** Methods of proof that it takes. */
  readonly methods: readonly string[];
}

/** What WELCOME says. */
export interface WelcomeOptions {
  readonly sessionId: string;
  readonly principal: string;
  readonly scopes: readonly string[];
  /** Content types that the gateway can decode. */
  readonly contents: readonly number[];
  /** With what the client may resume the session, where it may (RESUME-001). */
  readonly resumeToken?: Uint8Array | undefined;
  /** Where the client resumes the session: the count of its frames that arrived (RESUME-003). */
  readonly resumedFrom?: number | undefined;
  /** Why the session that the client wanted to resume is none (HAND-010). */
  readonly notResumed?: string | undefined;
}

/** The nonce of a REFUSE that answers something other than a HELLO. */
const NO_NONCE: Uint8Array = new Uint8Array(16);

/** The gateway's channel. The owner answers the events `hello` and `proof`. */
export class GatewayChannel extends Channel {
  /** Until the session stands. */
  #hello: HelloFrame | undefined;
  /** What is left of it then, for whoever repeats it: its octets and its nonce, as text, which takes less. */
  #greeting: Greeting | undefined;
  #challenge: ChallengeFrame | undefined;

  readonly #features: readonly string[];

  constructor(options: ChannelOptions) {
    super("gateway", options);
    this.#features = options.features ?? [];
  }

  /**
   * Starts the limit for the handshake before anything was heard: on an endpoint of turnmux's own, where a socket that
   * says nothing is of no use. On a host's socket the limit starts with HELLO.
   */
  start(now: number): void {
    this.limitHandshake(now + this.limits.handshakeMs);
  }

  /** HELLO, once it is here, and until the session stands. */
  get hello(): HelloFrame | undefined {
    return this.#hello;
  }

  /** Answers HELLO by asking for a proof. Without effect when the channel has ended meanwhile. */
  challenge(options: ChallengeOptions): void {
    const hello = this.#hello;
    if (hello === undefined || !this.tryStep("challenge")) return;
    this.#challenge = {
      type: "challenge",
      clientNonce: hello.nonce,
      nonce: options.nonce,
      tag: this.tag,
      version: PROTOCOL_VERSIONS[0] ?? 1,
      features: this.agreed,
      audience: options.audience,
      methods: options.methods,
    };
    this.sayHandshake(this.#challenge);
  }

  /**
   * Grants a session, and binds it. Without effect, and false, when the channel has ended meanwhile.
   *
   * @throws UsageError where the grant does not fit into a frame that the client takes; nothing is said then
   */
  welcome(options: WelcomeOptions, sink: FrameSink, now: number): boolean {
    const hello = this.#hello;
    if (hello === undefined || (this.state !== "deciding" && this.state !== "verifying")) return false;
    const welcome: WelcomeFrame = {
      type: "welcome",
      clientNonce: hello.nonce,
      tag: this.tag,
      version: PROTOCOL_VERSIONS[0] ?? 1,
      features: this.agreed,
      limits: statedLimits(this.limits, this.agreed),
      contents: options.contents,
      heartbeatMs: this.limits.heartbeatMs,
      sessionId: options.sessionId,
      principal: options.principal,
      scopes: options.scopes,
      resumeToken: options.resumeToken,
      resumedFrom: options.resumedFrom,
      notResumed: options.notResumed,
    };
    if (handshakePayload(welcome).length > hello.limits.framePayload) {
      throw new UsageError(
        `principal and scopes of a grant must fit into the ${hello.limits.framePayload} octets of a frame that the client takes`,
      );
    }
    this.step("welcome");
    this.sayHandshake(welcome);
    this.#greeting = greetingOf(hello);
    this.#hello = undefined;
    try {
      this.opened(sink, this.limits.heartbeatMs, now);
    } catch (error) {
      // Frames that were held may break the protocol.
      if (!(error instanceof ProtocolViolation)) throw error;
      this.fail(error, now);
    }
    return true;
  }

  /** Answers the handshake with no. Without effect when the channel has ended meanwhile. */
  refuse(code: Code, message: string, now: number, retryAfterMs?: number): void {
    this.#refuse(code, message, now, retryAfterMs, undefined);
  }

  protected override carriageOf(message: CarrierMessage): Carriage {
    return carriageOf(message);
  }

  protected override judge(carriage: Carriage, envelope: Envelope): Judgement {
    if (this.state !== "open" && this.state !== "draining" && this.state !== "ended") return "act";
    return this.#repeats(carriage, envelope) ? "drop" : "foreign";
  }

  protected override handshake(frame: HandshakeFrame, now: number): void {
    switch (frame.type) {
      case "hello":
        if (this.#hello !== undefined && sameOctets(payloadOf(frame), payloadOf(this.#hello))) return;
        this.#receiveHello(frame, now);
        return;
      case "proof": {
        const hello = this.#hello;
        const challenge = this.#challenge;
        this.step("proof");
        if (hello === undefined || challenge === undefined) return;
        if (!sameOctets(frame.clientNonce, hello.nonce)) {
          throw new ProtocolViolation("HAND-004", "PROOF.clientNonce is not the nonce of HELLO", "failed_precondition");
        }
        const octets = proofOctets(frame.method, frame.keyId, payloadOf(hello), handshakePayload(challenge));
        // It was for this one proof, and a channel lives long.
        this.#challenge = undefined;
        this.event({ type: "proof", proof: frame, octets });
        return;
      }
      default:
        throw new ProtocolViolation(
          "HAND-005",
          `a client must not send ${frame.type.toUpperCase()}`,
          "failed_precondition",
        );
    }
  }

  protected override refuseEarly(violation: ProtocolViolation, now: number): void {
    this.#refuse(violation.code, violation.message, now, undefined, violation.requirement);
  }

  protected override handshakeExpired(now: number): void {
    this.#refuse(
      "deadline_exceeded",
      `the handshake was not finished within ${this.limits.handshakeMs} ms`,
      now,
      undefined,
      "HAND-007",
    );
  }

  #receiveHello(frame: HelloFrame, now: number): void {
    this.step("hello");
    this.#hello = frame;
    this.limitHandshake(now + this.limits.handshakeMs);
    if (!frame.versions.some((version) => PROTOCOL_VERSIONS.includes(version))) {
      throw new ProtocolViolation(
        "HAND-002",
        `HELLO.versions names none that this gateway speaks: ${PROTOCOL_VERSIONS.join(", ")}`,
        "failed_precondition",
      );
    }
    const agreed = this.#features.filter((feature) => frame.features.includes(feature));
    // All channels have the same list in common, where nothing is left out.
    this.agreed = agreed.length === this.#features.length ? this.#features : agreed;
    this.resumes = frame.resume !== undefined;
    checkStated(frame, this.agreed);
    this.peerTag = frame.tag;
    this.event({ type: "hello", hello: frame });
  }

  #refuse(
    code: Code,
    message: string,
    now: number,
    retryAfterMs: number | undefined,
    requirement: string | undefined,
  ): void {
    // Nobody has said anything in a carriage yet: there is none to answer in, and silence ends with the socket.
    const speaks = this.carriage !== undefined;
    if (!this.tryStep("refuse")) return;
    const said = clip(message, SENTENCE_OCTETS);
    const sentence = requirement === undefined ? said : `${said} [${requirement}]`;
    const clientNonce = this.#hello?.nonce ?? NO_NONCE;
    if (speaks)
      this.sayHandshake({
        type: "refuse",
        clientNonce,
        code: codeToWire(code),
        message: sentence,
        retryAfterMs: wholeMs(retryAfterMs),
      });
    this.finish({ cause: "refused", code, message, requirement, retryAfterMs, byPeer: false }, now);
  }

  /** True when the message repeats the HELLO that opened this channel, or is the PROOF that comes after its end. */
  #repeats(carriage: Carriage, envelope: Envelope): boolean {
    const greeting = this.#hello === undefined ? this.#greeting : greetingOf(this.#hello);
    if (greeting === undefined) return false;
    try {
      const frame = carriage.decode(envelope, this.limits)[0];
      if (frame?.type === "proof") return encodeBase64(frame.clientNonce) === greeting.nonce;
      return frame?.type === "hello" && encodeBase64(payloadOf(frame)) === greeting.payload;
    } catch (error) {
      if (error instanceof ProtocolViolation) return false;
      throw error;
    }
  }
}

/** What a HELLO is known by that is repeated. */
interface Greeting {
  readonly payload: string;
  readonly nonce: string;
}

function greetingOf(hello: HelloFrame): Greeting {
  return { payload: encodeBase64(payloadOf(hello)), nonce: encodeBase64(hello.nonce) };
}

function payloadOf(frame: HelloFrame): Uint8Array {
  return frame.payload ?? handshakePayload(frame);
}
