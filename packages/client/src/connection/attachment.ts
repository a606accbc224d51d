/**
 * Lends a session the sockets of a host, one after the other.
 *
 * @module
 */
import {
  UsageError,
  type Carrier,
  type ChannelEnd,
  type Dialer,
  type PeerHealth,
  type Resumption,
  type SessionControl,
  type SessionEnd,
} from "@turnmux/core";
import type { HostSockets } from "../attached-session.ts";
import type { ClientSocket } from "../options.ts";
import type { Platform } from "../platform/platform.ts";
import { mayTryAgain } from "./ending.ts";
import { closedByUser, dialOn, resumptionOf, type Settings } from "./settings.ts";

/** What an attachment works with. */
export interface AttachmentOptions {
  readonly platform: Platform;
  readonly settings: Settings;
  readonly carriage: "binary" | "text" | undefined;
  /** How long to wait for the next socket. */
  readonly waitMs: number;
}

/** A socket that a session has, or had: then what the gateway sends late is still kept from the host. */
interface Loan {
  readonly dialer: Dialer;
  /** Its channel is over. */
  over: boolean;
  /** The socket was given back, and the session may wait for another one. */
  givenBack: boolean;
}

/** By socket, until that is attached again. */
const loans = new WeakMap<object, Loan>();

/** See the module's comment. */
export class Attachment implements HostSockets {
  gatewayChanged: HostSockets["gatewayChanged"] = () => {};
  readonly #options: AttachmentOptions;
  #resumption: Resumption | undefined;
  #loan: Loan | undefined;
  /** How many sockets were attached. */
  #attached = 0;
  /** True once a socket was left whose HELLO had no answer: the gateway may still read it, and put the session there. */
  #leftUnanswered = false;
  #disarm: (() => void) | undefined;
  /** How the session ends, where this side has decided that it does. */
  #verdict: SessionEnd | undefined;
  #stood = false;
  #over = false;

  constructor(options: AttachmentOptions) {
    this.#options = options;
  }

  get platform(): Platform {
    return this.#options.platform;
  }

  get gateway(): PeerHealth | undefined {
    return this.#loan?.dialer.peer;
  }

  own(control: SessionControl): void {
    const { settings, waitMs } = this.#options;
    this.#resumption = resumptionOf(settings, control, waitMs > 0);
    control.onClose = (message) => this.close(message);
  }

  async released(): Promise<void> {
    // The socket is the host's.
  }

  attach(socket: ClientSocket | Carrier): void {
    const resumption = this.#resumption;
    if (this.#over || resumption === undefined) {
      throw new UsageError(
        "The session is over. To move it to the host's next socket, let it wait for one: attach(socket, { waitMs })",
      );
    }
    const { platform, carriage, settings } = this.#options;
    const before = loans.get(socket);
    if (before?.over === true) before.dialer.detach("the socket is attached again");
    const carrier = isCarrier(socket) ? socket : platform.carrierOf(socket, { carriage, shared: true });
    const ended = (end: ChannelEnd): void => {
      loan.over = true;
      if (this.#loan === loan) this.#lost(end, loan.givenBack);
    };
    this.#attached += 1;
    const turn = this.#attached;
    const loan: Loan = {
      dialer: dialOn(carrier, settings, resumption, {
        ended,
        peerChanged: () => {
          if (this.#loan === loan) this.gatewayChanged();
        },
        started: () => {
          this.#leave();
          // Whoever heard that may have brought yet another socket.
          return turn === this.#attached;
        },
        previous: before?.dialer,
      }),
      over: false,
      givenBack: false,
    };
    if (turn !== this.#attached) return;
    loans.set(socket, loan);
    this.#loan = loan;
    this.#disarmTimer();
  }

  /** The socket before is not read any more: what was received there is counted when the next one says HELLO. */
  #leave(): void {
    const previous = this.#loan;
    if (previous === undefined || previous.over) return;
    this.#loan = undefined;
    this.#leftUnanswered ||= !previous.dialer.welcomed;
    const end = closedByUser("the session moved to the host's next socket");
    if (this.#resumption?.request === undefined) previous.dialer.close(end.message);
    else previous.dialer.release(end.message);
    this.#resumption?.disconnected(this.#stood ? "reconnecting" : "connecting", {
      ...end,
      cause: "lost",
      code: "unavailable",
    });
  }

  /** The gateway's offer is here: the session can be used. */
  ready(): void {
    this.#stood = true;
  }

  detach(message: string): void {
    const loan = this.#loan;
    if (loan === undefined) return;
    loan.givenBack = true;
    // The session waits for another socket, and goes on there.
    if (this.#options.waitMs > 0 && this.#resumption?.request !== undefined) loan.dialer.release(message);
    loan.dialer.detach(message);
  }

  /** Ends the session. */
  close(message: string): void {
    if (this.#over) return;
    this.#verdict = closedByUser(message);
    if (this.#loan === undefined || this.#loan.over) this.#finish(this.#verdict);
    else this.#loan.dialer.close(message);
  }

  #lost(end: SessionEnd, givenBack: boolean): void {
    if (this.#over) return;
    const { waitMs, settings } = this.#options;
    // A host that never spoke turnmux is not waited for.
    const byItself = this.#leftUnanswered && end.cause === "goaway" && end.code === "aborted";
    const another = givenBack || byItself || (mayTryAgain(end) && (this.#stood || end.cause !== "timeout"));
    const mayWait = waitMs > 0 && another;
    if (this.#verdict !== undefined || !mayWait) {
      this.#finish(this.#verdict ?? end);
      return;
    }
    if (waitMs !== Number.POSITIVE_INFINITY) {
      const { environment } = settings;
      this.#disarm = environment.setTimer(environment.now() + waitMs, () => {
        this.#finish({ ...end, message: `the host brought no other socket within ${waitMs} ms: ${end.message}` });
      });
    }
    this.#resumption?.disconnected(this.#stood ? "reconnecting" : "connecting", end);
  }

  #finish(end: SessionEnd): void {
    this.#over = true;
    this.#disarmTimer();
    this.#resumption?.end(end);
  }

  #disarmTimer(): void {
    this.#disarm?.();
    this.#disarm = undefined;
  }
}

function isCarrier(socket: ClientSocket | Carrier): socket is Carrier {
  return "start" in socket && "carriage" in socket;
}
