/**
 * What a client keeps of its session from one channel to the next, and how the next one goes on with it.
 * `docs/spec.md` section 11, "Resuming".
 *
 * @module
 */
import type { ChannelEnd } from "../channel/events.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import { CREDIT, DELIVERY, sameLimits, type Limits } from "../limits.ts";
import type { ResumeRequest, WelcomeFrame } from "../wire/frame.ts";
import type { Environment } from "./environment.ts";
import { Lifeline } from "./lifeline.ts";
import type { SessionControl } from "./session-control.ts";

/** What a {@link Resumption} is made from. */
export interface ResumptionOptions {
  readonly environment: Environment;
  readonly limits: Limits;
  readonly control: SessionControl;
  /** False where a lost channel ends the session: then nothing is counted and kept. */
  readonly enabled: boolean;
}

/** A session that stands, as its client knows it. */
interface Standing {
  readonly lifeline: Lifeline;
  readonly welcome: WelcomeFrame;
  readonly token: Uint8Array | undefined;
}

/** One for each session of a client, over all its channels. */
export class Resumption {
  readonly #options: ResumptionOptions;
  #standing: Standing | undefined;
  /** Why the session before was not resumed, until its successor stands. */
  #lost: ChannelEnd | undefined;

  constructor(options: ResumptionOptions) {
    this.#options = options;
  }

  /** The features that HELLO asks for. */
  get features(): readonly string[] {
    return this.#options.enabled ? [DELIVERY, CREDIT] : [CREDIT];
  }

  /** The session to go on with. Asked when the channel before is not read any more: the count must not grow (RESUME-003). */
  get request(): ResumeRequest | undefined {
    const { lifeline, welcome, token } = this.#standing ?? {};
    if (lifeline?.delivery === undefined || welcome === undefined || token === undefined) return undefined;
    return { sessionId: welcome.sessionId, token, received: lifeline.delivery.received };
  }

  /** The greatest stream taken of those that the gateway opened in the session to go on with. */
  get lastStream(): number {
    return this.#standing?.lifeline.peer.lastStream ?? 0;
  }

  /**
   * The gateway welcomes on a new channel. Gives what the channel is to be bound to; then {@link attach} follows.
   *
   * @throws {ProtocolViolation} where it resumes the session in a way that cannot be (RESUME-004)
   */
  welcome(welcome: WelcomeFrame, features: readonly string[]): Lifeline {
    const { resumeToken: token, resumedFrom } = welcome;
    const standing = this.#standing;
    if (resumedFrom !== undefined && standing?.lifeline.delivery !== undefined) {
      const { lifeline } = standing;
      const sameCredit = welcome.features.includes(CREDIT) === standing.welcome.features.includes(CREDIT);
      const same = sameCredit && sameLimits(welcome.limits, standing.welcome.limits);
      if (!same || !lifeline.delivery?.resume(resumedFrom)) {
        throw new ProtocolViolation(
          "RESUME-004",
          "WELCOME resumes the session with other limits or credit, or with a count that cannot be",
          "failed_precondition",
        );
      }
      lifeline.delivery.acknowledgeNow();
      this.#standing = { lifeline, welcome, token };
      return lifeline;
    }
    this.#notResumed(welcome.notResumed);
    const { environment, limits, control } = this.#options;
    const lifeline = new Lifeline({
      role: "client",
      environment,
      limits,
      peerLimits: welcome.limits,
      peerContents: welcome.contents,
      features,
      owner: {
        pump: () => control.pump(),
        ended: (end) => {
          // Broken while it had no channel: the next one starts anew.
          if (this.#standing?.lifeline === lifeline) this.#forget(end);
        },
      },
    });
    this.#standing = { lifeline, welcome, token };
    return lifeline;
  }

  /** The session may have events to take. */
  pump(): void {
    this.#options.control.pump();
  }

  /** The channel is bound: the session goes on with it. */
  attach(lifeline: Lifeline): void {
    const welcome = this.#standing?.welcome;
    if (welcome === undefined) return;
    const { control } = this.#options;
    const { sessionId: id, principal, scopes, resumedFrom } = welcome;
    const identity = { id, principal, scopes };
    if (resumedFrom === undefined) control.attach(lifeline.peer, identity, this.#takeLost());
    else if (!control.resume(identity)) lifeline.close("cancelled", "the session was closed meanwhile");
  }

  /**
   * The channel is over, or is left (`end` is undefined then), and another one will follow: calls go on where the session
   * survives that, and otherwise those under way end.
   */
  disconnected(state: "connecting" | "reconnecting", end: ChannelEnd): void {
    const { control } = this.#options;
    if (this.#standing?.lifeline.unbind(end) === true) {
      control.suspend(end);
      return;
    }
    this.#standing = undefined;
    control.detach(state, end);
  }

  /** The session is over, and no other channel follows. */
  end(end: ChannelEnd): void {
    const standing = this.#standing;
    this.#standing = undefined;
    standing?.lifeline.unbind(end);
    standing?.lifeline.end(end);
    // The session hears of its calls' ends when it is closed: nothing of them waits for another channel.
    this.#options.control.close(end);
  }

  /** The session before is none any more: its calls end, or are opened again under their keys (RESUME-008). */
  #notResumed(why: string | undefined): void {
    const standing = this.#standing;
    if (standing === undefined) return;
    this.#standing = undefined;
    const message = why === undefined ? "the session was not resumed" : `the session was not resumed: ${why}`;
    const end: ChannelEnd = { cause: "lost", code: "unavailable", message, byPeer: true };
    standing.lifeline.unbind(end);
    standing.lifeline.end(end);
    this.#options.environment.log.warn("turnmux: a session could not be resumed", { reason: message });
    this.#forget(end);
  }

  #forget(end: ChannelEnd): void {
    this.#standing = undefined;
    this.#lost = end;
    this.#options.control.detach("reconnecting", end);
  }

  #takeLost(): ChannelEnd | undefined {
    const lost = this.#lost;
    this.#lost = undefined;
    return lost;
  }
}
