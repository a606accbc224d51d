/** The two sides of a session, each with what its owner would keep: tests put them on carriers. */
import {
  Acceptor,
  ALL_CARRIAGES,
  Dialer,
  LaneBook,
  type LateTools,
  memoryJournal,
  OnceCalls,
  resolveLimits,
  ResumableSessions,
  Resumption,
  Session,
  ToolRegistry,
  toolServer,
  type Admission,
  type ChannelEnd,
  type DialerOptions,
  type Environment,
  type Interceptor,
  type Journal,
  type Limits,
  type Logger,
  type OtherKeys,
  type Prover,
  type SessionControl,
  type SessionEnd,
  type SessionState,
  type ToolOverrides,
} from "../../src/index.ts";
import { sessionSurvives } from "../../src/delivery/delivery.ts";
import type { Lifeline } from "../../src/session/lifeline.ts";
import type { VirtualCarrier } from "./virtual-carrier.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What may differ between gateways. */
export interface GatewaySideOptions {
  readonly scopes?: readonly string[];
  readonly limits?: Partial<Limits>;
  /** In place of a grant for alice with {@link scopes}. */
  readonly admission?: Admission | (() => Admission);
  readonly overrides?: Readonly<Record<string, ToolOverrides>>;
  readonly gatewayInterceptors?: readonly Interceptor[];
  readonly gatewayLog?: Logger;
  readonly journal?: Journal;
  readonly others?: OtherKeys;
  readonly lagMs?: () => number;
  /** False: sessions end with their channel. Default: clients may resume them. */
  readonly resumable?: boolean;
  /** Why no further session is granted, where none is. */
  readonly closed?: () => Extract<Admission, { kind: "closed" }> | undefined;
  /** Of its one session: until when that may get tools that its peer calls already. */
  readonly late?: LateTools;
  /** Called with each session before the acceptor attaches it. */
  readonly onSession?: (session: Session) => void;
}

/** A gateway: tools, a journal, and sessions. */
export class GatewaySide {
  readonly environment: Environment;
  readonly limits: Limits;
  readonly registry: ToolRegistry;
  readonly once: OnceCalls;
  readonly lanes: LaneBook;
  readonly resumable: ResumableSessions;
  /** The latest last. */
  readonly sessions: { readonly session: Session; readonly control: SessionControl }[] = [];
  /** How handshakes ended that came to nothing. */
  readonly refused: ChannelEnd[] = [];
  /** Carriers that were given back, or went. */
  over = 0;
  readonly #options: GatewaySideOptions;

  constructor(time: VirtualTime, options: GatewaySideOptions = {}) {
    this.#options = options;
    const environment = time.environment("g", options.gatewayLog);
    this.environment = options.lagMs === undefined ? environment : { ...environment, lagMs: options.lagMs };
    this.limits = resolveLimits(options.limits);
    this.once = new OnceCalls(options.journal ?? memoryJournal(), this.environment, { others: options.others });
    this.resumable = new ResumableSessions(this);
    this.lanes = new LaneBook(this);
    this.registry = new ToolRegistry({ hasJournal: true, hasLanes: true, overrides: options.overrides });
  }

  /** The latest session. */
  get latest(): { readonly session: Session; readonly control: SessionControl } {
    const last = this.sessions.at(-1);
    if (last === undefined) throw new Error("there is no session");
    return last;
  }

  accept(carrier: VirtualCarrier): Acceptor {
    const { admission, scopes = [] } = this.#options;
    return new Acceptor({
      carrier,
      environment: this.environment,
      limits: this.limits,
      admission: () =>
        (typeof admission === "function" ? admission() : admission) ?? {
          kind: "vouched",
          grant: { principal: "alice", scopes },
        },
      closed: this.#options.closed,
      sessions: this.#options.resumable === false ? undefined : this.resumable,
      makeSession: () => this.#makeSession(),
      refused: (end) => this.refused.push(end),
      over: () => {
        this.over += 1;
      },
    });
  }

  /** Makes a session that no acceptor attaches. */
  makeSession(): { readonly session: Session; readonly control: SessionControl } {
    this.#makeSession();
    return this.latest;
  }

  #makeSession(): SessionControl {
    let made: SessionControl | undefined;
    const { environment, limits, registry, once, lanes } = this;
    const session = new Session(
      {
        environment,
        limits,
        incoming: toolServer({ registry, once, lanes, late: this.#options.late }),
        interceptors: this.#options.gatewayInterceptors,
      },
      (control) => {
        made = control;
      },
    );
    if (made === undefined) throw new Error("no control");
    this.sessions.push({ session, control: made });
    this.#options.onSession?.(session);
    return made;
  }
}

/** What may differ between clients. */
export interface ClientSideOptions {
  readonly clientLimits?: Partial<Limits>;
  readonly clientInterceptors?: readonly Interceptor[];
  readonly clientLog?: Logger;
  readonly prover?: Prover;
  readonly acceptsAudience?: (audience: string) => boolean;
  /** Where a lost connection ends the session. */
  readonly reconnects?: boolean;
  /** False: it has nothing that runs tools. */
  readonly implements?: boolean;
  /** False: HELLO does not ask for delivery. Default: it does where the client reconnects. */
  readonly resumes?: boolean;
}

/** A client's {@link Resumption}, whose session tests look into. */
export class WatchedResumption extends Resumption {
  #lifeline: Lifeline | undefined;

  override welcome(...welcome: Parameters<Resumption["welcome"]>): Lifeline {
    this.#lifeline = super.welcome(...welcome);
    return this.#lifeline;
  }

  /** What the latest session keeps until its gateway acknowledges it: octets, and how many frames. */
  get kept(): { readonly octets: number; readonly frames: number } {
    const delivery = this.#lifeline?.delivery;
    return { octets: delivery?.keptOctets ?? 0, frames: delivery?.keptFrames ?? 0 };
  }
}

/** A client: one session, over one carrier after the other. */
export class ClientSide {
  readonly environment: Environment;
  readonly limits: Limits;
  readonly session: Session;
  readonly control: SessionControl;
  readonly resumption: WatchedResumption;
  readonly states: SessionState[] = [];
  /** How its channels ended. */
  readonly ends: SessionEnd[] = [];
  dialer: Dialer | undefined;
  readonly #options: ClientSideOptions;

  constructor(time: VirtualTime, options: ClientSideOptions = {}) {
    this.#options = options;
    this.environment = time.environment("c", options.clientLog);
    this.limits = resolveLimits(options.clientLimits);
    let made: SessionControl | undefined;
    this.session = new Session(
      {
        environment: this.environment,
        limits: this.limits,
        incoming:
          options.implements === false
            ? undefined
            : toolServer({ once: new OnceCalls(memoryJournal(), this.environment) }),
        interceptors: options.clientInterceptors,
        peer: { principal: "gateway" },
        reconnects: options.reconnects,
      },
      (control) => {
        made = control;
        control.onClose = (message) => this.#close(message);
      },
    );
    if (made === undefined) throw new Error("no control");
    this.control = made;
    this.resumption = new WatchedResumption({
      environment: this.environment,
      limits: this.limits,
      control: made,
      enabled: options.resumes ?? options.reconnects !== false,
    });
    this.session.addEventListener("state", ({ detail }) => this.states.push(detail.state));
  }

  dial(carrier: VirtualCarrier): Dialer {
    const { prover, acceptsAudience = () => true } = this.#options;
    const options: DialerOptions = {
      carrier,
      carriages: ALL_CARRIAGES,
      environment: this.environment,
      limits: this.limits,
      resumption: this.resumption,
      prover,
      acceptsAudience,
      agent: "test",
      ended: (end) => {
        this.ends.push(end);
        const mayReturn = sessionSurvives(end) && this.#options.reconnects !== false;
        if (mayReturn) this.resumption.disconnected("reconnecting", end);
        else this.resumption.end(end);
      },
    };
    this.dialer = new Dialer(options);
    return this.dialer;
  }

  #close(message: string): void {
    if (this.session.state === "ready" || this.session.state === "connecting") this.dialer?.close(message);
    else this.resumption.end({ cause: "closed", code: "cancelled", message, byPeer: false });
  }
}
