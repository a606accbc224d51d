/** Two connected cores in one process, on virtual time: a client's session and the gateway's. */
import type {
  Acceptor,
  Dialer,
  OnceCalls,
  Session,
  SessionControl,
  SessionEnd,
  SessionState,
  ToolRegistry,
} from "../../src/index.ts";
import { ClientSide, GatewaySide, type ClientSideOptions, type GatewaySideOptions } from "./sides.ts";
import { virtualCarriers, type VirtualCarrier } from "./virtual-carrier.ts";
import { VirtualTime } from "./virtual-time.ts";

/** What may differ between worlds. */
export interface WorldOptions extends GatewaySideOptions, ClientSideOptions {
  readonly carriage?: "binary" | "text" | "wrapped";
  readonly shared?: boolean;
}

/** See the module's comment. */
export class World {
  readonly time = new VirtualTime();
  readonly gatewaySide: GatewaySide;
  readonly clientSide: ClientSide;
  clientCarrier: VirtualCarrier;
  gatewayCarrier: VirtualCarrier;
  acceptor: Acceptor;
  dialer: Dialer;
  readonly #options: WorldOptions;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.gatewaySide = new GatewaySide(this.time, options);
    this.clientSide = new ClientSide(this.time, options);
    const carriers = virtualCarriers(this.time, options.carriage, options.shared);
    this.clientCarrier = carriers.client;
    this.gatewayCarrier = carriers.gateway;
    this.acceptor = this.gatewaySide.accept(carriers.gateway);
    this.dialer = this.clientSide.dial(carriers.client);
  }

  /** A world whose session stands. */
  static async ready(options: WorldOptions = {}): Promise<World> {
    const world = new World(options);
    await world.time.settle();
    return world;
  }

  get client(): Session {
    return this.clientSide.session;
  }

  get clientControl(): SessionControl {
    return this.clientSide.control;
  }

  /** States of the client's session, from the beginning. */
  get states(): readonly SessionState[] {
    return this.clientSide.states;
  }

  /** How the client's latest channel ended. */
  get lastEnd(): SessionEnd | undefined {
    return this.clientSide.ends.at(-1);
  }

  get registry(): ToolRegistry {
    return this.gatewaySide.registry;
  }

  get once(): OnceCalls {
    return this.gatewaySide.once;
  }

  /** Sessions on the gateway, the latest last. */
  get gatewaySessions(): readonly { readonly session: Session; readonly control: SessionControl }[] {
    return this.gatewaySide.sessions;
  }

  /** The gateway's latest session. */
  get gateway(): Session {
    return this.gatewaySide.latest.session;
  }

  /** Makes a new connection for the same client session. */
  async reconnect(): Promise<void> {
    const carriers = virtualCarriers(this.time, this.#options.carriage, this.#options.shared);
    this.clientCarrier = carriers.client;
    this.gatewayCarrier = carriers.gateway;
    this.acceptor = this.gatewaySide.accept(carriers.gateway);
    this.dialer = this.clientSide.dial(carriers.client);
    await this.time.settle();
  }
}
