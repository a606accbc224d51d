/** A session within one process, on virtual time. */
import { connectLocally, type LocalSession, type Session } from "../../src/index.ts";
import { kit, type KitHandlers } from "./kit.ts";
import { ClientSide, GatewaySide, type ClientSideOptions, type GatewaySideOptions } from "./sides.ts";
import { VirtualTime } from "./virtual-time.ts";

/** See the module's comment. The gateway implements the kit. */
export class LocalWorld {
  readonly time = new VirtualTime();
  readonly gatewaySide: GatewaySide;
  readonly clientSide: ClientSide;
  readonly gateway: Session;
  readonly local: LocalSession;
  /** How often the session was over. */
  over = 0;

  constructor(handlers: Partial<KitHandlers> = {}, options: GatewaySideOptions & ClientSideOptions = {}) {
    this.gatewaySide = new GatewaySide(this.time, options);
    this.clientSide = new ClientSide(this.time, options);
    this.gatewaySide.registry.implement(kit, {
      look: (input) => input,
      set: (input) => input,
      add: (input) => input,
      list: () => "none",
      ...handlers,
    });
    const { session, control } = this.gatewaySide.makeSession();
    this.gateway = session;
    const identity = { id: "local", principal: "alice", scopes: ["write"] };
    this.local = connectLocally(this.clientSide.environment, this.clientSide.control, control, identity, () => {
      this.over += 1;
    });
  }

  get client(): Session {
    return this.clientSide.session;
  }
}
