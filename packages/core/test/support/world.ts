/** Two connected cores in one process, on virtual time: a client's session and the gateway's. */
import {
  Acceptor,
  Dialer,
  memoryJournal,
  OnceCalls,
  resolveLimits,
  Session,
  ToolRegistry,
  type Admission,
  type Interceptor,
  type Limits,
  type Logger,
  type SessionControl,
  type SessionEnd,
  type SessionState,
  type ToolOverrides,
} from "../../src/index.ts";
import { virtualCarriers, type VirtualCarrier } from "./virtual-carrier.ts";
import { VirtualTime } from "./virtual-time.ts";

/** What may differ between worlds. */
export interface WorldOptions {
  readonly carriage?: "binary" | "text" | "wrapped";
  readonly shared?: boolean;
  readonly scopes?: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly clientLimits?: Partial<Limits>;
  readonly admission?: Admission;
  readonly overrides?: Readonly<Record<string, ToolOverrides>>;
  readonly gatewayInterceptors?: readonly Interceptor[];
  readonly clientInterceptors?: readonly Interceptor[];
  readonly gatewayLog?: Logger;
}

/** See the module's comment. */
export class World {
  readonly time = new VirtualTime();
  readonly client: Session;
  readonly registry: ToolRegistry;
  readonly once: OnceCalls;
  /** Sessions on the gateway, the latest last. */
  readonly gatewaySessions: { readonly session: Session; readonly control: SessionControl }[] = [];
  clientCarrier: VirtualCarrier;
  gatewayCarrier: VirtualCarrier;
  acceptor: Acceptor;
  dialer: Dialer;
  readonly states: SessionState[] = [];
  lastEnd: SessionEnd | undefined;
  readonly #options: WorldOptions;
  readonly #limits: Limits;
  readonly #clientLimits: Limits;
  #clientControl: SessionControl | undefined;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.#limits = resolveLimits(options.limits);
    this.#clientLimits = resolveLimits(options.clientLimits);
    const gatewayEnvironment = this.time.environment("g", options.gatewayLog);
    this.once = new OnceCalls(memoryJournal(), gatewayEnvironment);
    this.registry = new ToolRegistry({ hasJournal: true, overrides: options.overrides });
    const clientEnvironment = this.time.environment("c");
    this.client = new Session(
      {
        environment: clientEnvironment,
        limits: this.#clientLimits,
        once: new OnceCalls(memoryJournal(), clientEnvironment),
        interceptors: options.clientInterceptors,
        peer: { principal: "gateway", scopes: "session" },
      },
      (control) => {
        this.#clientControl = control;
        control.onClose = (message) => this.dialer.close(message);
      },
    );
    this.client.addEventListener("state", ({ detail }) => this.states.push(detail.state));
    const carriers = virtualCarriers(this.time, options.carriage, options.shared);
    this.clientCarrier = carriers.client;
    this.gatewayCarrier = carriers.gateway;
    this.acceptor = this.#accept();
    this.dialer = this.#dial();
  }

  /** A world whose session stands. */
  static async ready(options: WorldOptions = {}): Promise<World> {
    const world = new World(options);
    await world.time.settle();
    return world;
  }

  /** The gateway's latest session. */
  get gateway(): Session {
    const last = this.gatewaySessions.at(-1);
    if (last === undefined) throw new Error("there is no session");
    return last.session;
  }

  get clientControl(): SessionControl {
    if (this.#clientControl === undefined) throw new Error("there is no client");
    return this.#clientControl;
  }

  /** Makes a new connection for the same client session. */
  async reconnect(): Promise<void> {
    const carriers = virtualCarriers(this.time, this.#options.carriage, this.#options.shared);
    this.clientCarrier = carriers.client;
    this.gatewayCarrier = carriers.gateway;
    this.acceptor = this.#accept();
    this.dialer = this.#dial();
    await this.time.settle();
  }

  #accept(): Acceptor {
    const environment = this.time.environment("g", this.#options.gatewayLog);
    return new Acceptor({
      carrier: this.gatewayCarrier,
      environment,
      limits: this.#limits,
      admission: () =>
        this.#options.admission ?? {
          kind: "vouched",
          grant: { principal: "alice", scopes: this.#options.scopes ?? [] },
        },
      makeSession: () => {
        let made: SessionControl | undefined;
        const session = new Session(
          {
            environment,
            limits: this.#limits,
            registry: this.registry,
            once: this.once,
            interceptors: this.#options.gatewayInterceptors,
          },
          (control) => {
            made = control;
          },
        );
        if (made === undefined) throw new Error("no control");
        this.gatewaySessions.push({ session, control: made });
        return made;
      },
      over: () => {},
    });
  }

  #dial(): Dialer {
    return new Dialer({
      carrier: this.clientCarrier,
      environment: this.time.environment("c"),
      limits: this.#clientLimits,
      control: this.clientControl,
      acceptsAudience: () => true,
      ended: (end) => {
        this.lastEnd = end;
        if (end.cause === "lost") this.clientControl.detach("reconnecting", end);
        else this.clientControl.close(end);
      },
    });
  }
}
