/**
 * Gives a session its connections, one after the other: dials, waits, and dials again.
 *
 * @module
 */
import type { Carrier, Dialer, PeerHealth, Resumption, SessionControl, SessionEnd } from "@turnmux/core";
import type { SessionOwner } from "../client-session.ts";
import type { ReconnectOptions } from "../options.ts";
import type { Platform, Target } from "../platform/platform.ts";
import { Backoff } from "./backoff.ts";
import { mayTryAgain } from "./ending.ts";
import type { Opening, OpenFailure } from "./open-socket.ts";
import { closedByUser, dialOn, resumptionOf, type Settings } from "./settings.ts";

/** How long a socket may take to close before it is let go of. */
const CLOSE_MS = 2_000;

/** What a connector works with. */
export interface ConnectorOptions {
  readonly platform: Platform;
  readonly settings: Settings;
  readonly target: Target;
  /** How the target is called in logs. */
  readonly where: string;
  /** False: the session ends with its connection. */
  readonly reconnect: ReconnectOptions | false;
  /** How long to go on trying until the session stands first. Undefined: one attempt. */
  readonly connectTimeoutMs: number | undefined;
}

/** See the module's comment. */
export class Connector implements SessionOwner {
  /** What lies behind the last failure, for the error that `connect` rejects with. */
  lastCause: unknown;
  gatewayChanged: SessionOwner["gatewayChanged"] = () => {};
  readonly #options: ConnectorOptions;
  readonly #backoff: Backoff;
  #resumption: Resumption | undefined;
  /** The latest socket. */
  #socket: Opening | undefined;
  /** True while the latest socket is neither open nor given up. */
  #opening = false;
  #dialer: Dialer | undefined;
  /** Takes back the timer for opening, or until the next attempt: there is one at a time. */
  #disarm: (() => void) | undefined;
  /** Takes back the timer of `connectTimeoutMs`. */
  #disarmConnect: (() => void) | undefined;
  /** Until when attempts may begin; undefined where there is no end. */
  #until: number | undefined;
  /** How the session ends, where this side has decided that it does. */
  #verdict: SessionEnd | undefined;
  #stood = false;
  #readyAt: number | undefined;
  #drainRetryMs: number | undefined;
  #over = false;

  constructor(options: ConnectorOptions) {
    this.#options = options;
    const { reconnect, settings } = options;
    this.#backoff = new Backoff(reconnect === false ? {} : reconnect, settings.environment);
  }

  get platform(): Platform {
    return this.#options.platform;
  }

  get gateway(): PeerHealth | undefined {
    return this.#dialer?.peer;
  }

  own(control: SessionControl): void {
    const { settings, reconnect } = this.#options;
    this.#resumption = resumptionOf(settings, control, reconnect !== false);
    control.onClose = (message) => this.close(message);
  }

  /** Makes the first attempt. */
  start(): void {
    const { connectTimeoutMs, settings } = this.#options;
    const { environment } = settings;
    this.#until = environment.now() + (connectTimeoutMs ?? 0);
    if (connectTimeoutMs !== undefined && connectTimeoutMs !== Number.POSITIVE_INFINITY) {
      this.#disarmConnect = environment.setTimer(this.#until, () => {
        this.#endWith({
          cause: "timeout",
          code: "unavailable",
          message: `it did not stand within ${connectTimeoutMs} ms (connectTimeoutMs)`,
          byPeer: false,
        });
      });
    }
    this.#dial();
  }

  /** The gateway's first offer is here: the session can be used. */
  ready(): void {
    if (this.#readyAt !== undefined) return;
    const { environment } = this.#options.settings;
    environment.log.info("turnmux: connected", { url: this.#options.where, attempt: this.#backoff.attempt });
    this.#disarmConnect?.();
    this.#stood = true;
    this.#readyAt = environment.now();
    this.#until = undefined;
    this.#drainRetryMs = undefined;
  }

  /** The gateway drains, and says when to come back. */
  draining(retryAfterMs: number | undefined): void {
    this.#drainRetryMs = retryAfterMs;
  }

  /** Ends the session. */
  close(message: string): void {
    this.#endWith(closedByUser(message));
  }

  async released(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) return;
    const { environment } = this.#options.settings;
    const late = Promise.withResolvers<void>();
    const disarm = environment.setTimer(environment.now() + CLOSE_MS, () => {
      socket.abort();
      late.resolve();
    });
    await Promise.race([socket.closed, late.promise]);
    disarm();
  }

  #endWith(end: SessionEnd): void {
    if (this.#over) return;
    this.#verdict ??= end;
    // Where there is a channel, the gateway hears of it, and then it is over.
    if (this.#dialer === undefined) this.#finish(end);
    else this.#dialer.close(end.message);
  }

  #dial(): void {
    const { platform, target, settings } = this.#options;
    const { handshakeMs } = settings.limits;
    this.#opening = true;
    try {
      this.#socket = platform.open(target, {
        opened: (carrier) => this.#opened(carrier),
        failed: (failure) => this.#failed(failure),
      });
    } catch (cause) {
      this.#failed({ message: messageOf(cause), cause });
      return;
    }
    this.#arm(handshakeMs, () => {
      this.#socket?.abort();
      this.#failed({ message: `no WebSocket was open within ${handshakeMs} ms` });
    });
  }

  #opened(carrier: Carrier): void {
    const resumption = this.#resumption;
    if (resumption === undefined || this.#over) return;
    this.#options.settings.environment.arrived?.();
    this.#opening = false;
    this.#disarmTimer();
    try {
      this.#dialer = dialOn(carrier, this.#options.settings, resumption, {
        ended: (end) => this.#lost(end, undefined),
        peerChanged: () => this.gatewayChanged(),
      });
    } catch (cause) {
      this.#socket?.abort();
      this.#failed({ message: messageOf(cause), cause });
    }
  }

  #failed({ message, code: told, status, retryAfterMs, cause }: OpenFailure): void {
    const code = told ?? (status === 401 ? "unauthenticated" : status === 403 ? "permission_denied" : "unavailable");
    this.#opening = false;
    this.#lost({ cause: "lost", code, message, retryAfterMs, byPeer: status !== undefined }, cause);
  }

  /** An attempt, or a connection, is over. */
  #lost(end: SessionEnd, cause: unknown): void {
    if (this.#over) return;
    this.lastCause = cause;
    this.#disarmTimer();
    this.#dialer = undefined;
    const next = this.#verdict ?? this.#next(end);
    if (typeof next === "object") {
      this.#finish(next);
      return;
    }
    const { environment } = this.#options.settings;
    environment.log.warn("turnmux: no connection", { url: this.#options.where, reason: end.message, waitMs: next });
    this.#arm(next, () => this.#dial());
    this.#resumption?.disconnected(this.#stood ? "reconnecting" : "connecting", end);
  }

  /** Milliseconds until the next attempt, or how the session ends. */
  #next(end: SessionEnd): number | SessionEnd {
    const { reconnect, settings } = this.#options;
    const now = settings.environment.now();
    // A gateway that drains has still to deliver what was under way: its session is resumed before it is gone.
    const resumes = this.#readyAt !== undefined && end.cause !== "goaway" && this.#resumption?.request !== undefined;
    if (this.#readyAt !== undefined) {
      this.#backoff.stood(now - this.#readyAt);
      this.#readyAt = undefined;
      const giveUpMs = reconnect === false ? undefined : reconnect.giveUpMs;
      this.#until = giveUpMs === undefined ? undefined : now + giveUpMs;
    }
    if (!mayTryAgain(end) || (this.#stood && reconnect === false)) return end;
    const waitMs = this.#backoff.next(end.retryAfterMs ?? (resumes ? undefined : this.#drainRetryMs));
    if (this.#until === undefined || now + waitMs < this.#until) return waitMs;
    const { attempt } = this.#backoff;
    return attempt === 1
      ? end
      : { ...end, message: `given up after ${attempt} attempts, the last one: ${end.message}` };
  }

  #finish(end: SessionEnd): void {
    this.#over = true;
    this.#disarmTimer();
    this.#disarmConnect?.();
    if (this.#opening) this.#socket?.abort();
    const { settings, where } = this.#options;
    settings.environment.log.info("turnmux: the session is over", { url: where, reason: end.message });
    this.#resumption?.end(end);
  }

  #arm(milliseconds: number, run: () => void): void {
    this.#disarmTimer();
    const { environment } = this.#options.settings;
    this.#disarm = environment.setTimer(environment.now() + milliseconds, () => {
      this.#disarm = undefined;
      run();
    });
  }

  #disarmTimer(): void {
    this.#disarm?.();
    this.#disarm = undefined;
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error && cause.message !== "" ? cause.message : "no WebSocket could be made";
}
