/** Gateways that die and start anew over one journal, and their clients: all in one virtual time. */
import { z } from "zod";
import {
  defineTools,
  memoryJournal,
  silentLogger,
  tool,
  type Logger,
  type MemoryJournal,
  type Session,
  type ToolHandlers,
} from "../../src/index.ts";
import { ClientSide, GatewaySide } from "./sides.ts";
import { virtualCarriers, type VirtualCarrier } from "./virtual-carrier.ts";
import { VirtualTime } from "./virtual-time.ts";

const Named = z.object({ name: z.string() });
const Id = z.object({ id: z.string() });

/** `once` tools that differ in what becomes of them after a crash. */
export const jobs = defineTools({
  add: tool({ description: "Adds", input: Named, output: Id, effect: "once" }),
  again: tool({ description: "Adds again", input: Named, output: Id, effect: "once", afterCrash: "run" }),
  secret: tool({ description: "Adds for some", input: Named, output: Id, effect: "once", scopes: ["secret"] }),
  note: tool({ description: "Notes", input: Named, effect: "once" }),
});

export type JobHandlers = ToolHandlers<typeof jobs>;

const defaults: JobHandlers = {
  add: ({ name }) => ({ id: name }),
  again: ({ name }) => ({ id: name }),
  secret: ({ name }) => ({ id: name }),
  note: () => {},
};

/** See the module's comment. */
export class Restarts {
  readonly time = new VirtualTime();
  readonly journal: MemoryJournal;
  readonly #carriers: VirtualCarrier[] = [];

  constructor(journal: MemoryJournal = memoryJournal()) {
    this.journal = journal;
  }

  /** Starts a gateway. */
  start(handlers: Partial<JobHandlers> = {}, gatewayLog: Logger = silentLogger): GatewaySide {
    const side = new GatewaySide(this.time, { journal: this.journal, scopes: ["secret"], gatewayLog });
    side.registry.implement(jobs, { ...defaults, ...handlers });
    return side;
  }

  /** A client's session on a gateway. */
  async connect(side: GatewaySide): Promise<Session> {
    const client = new ClientSide(this.time, { reconnects: false });
    const carriers = virtualCarriers(this.time);
    side.accept(carriers.gateway);
    client.dial(carriers.client);
    this.#carriers.push(carriers.client);
    await this.time.settle();
    return client.session;
  }

  /** Every gateway dies: its connections break, and what it has yet to say nobody hears. */
  async crash(): Promise<void> {
    this.journal.abandon();
    for (const carrier of this.#carriers.splice(0)) carrier.cut();
    await this.time.settle();
  }

  /** A session on a gateway whose predecessor died while it ran `add` for the key `k`, or another tool. */
  async afterCrash(
    handlers: Partial<JobHandlers> = {},
    name: keyof JobHandlers = "add",
    log?: Logger,
  ): Promise<Session> {
    const first = await this.connect(this.start({ [name]: () => new Promise<never>(() => {}) }));
    const cutOff = first.client(jobs)[name]({ name: "x" }, { key: "k" });
    cutOff.catch(() => {});
    await this.time.settle();
    await this.crash();
    return this.connect(this.start(handlers, log));
  }
}
