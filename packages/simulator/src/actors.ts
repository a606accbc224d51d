/**
 * Who is there: gateways and clients, which die and come back.
 *
 * @module
 */
import type { Admission, Journal, Limits } from "@turnmux/core";
import { Application, type Line } from "./application.ts";
import type { Calls, Support } from "./calls.ts";
import { Disk } from "./disk.ts";
import { clientHandlers, gatewayHandlers } from "./handlers.ts";
import type { Ledger } from "./ledger.ts";
import type { Network } from "./network.ts";
import type { CallPlan, ClientPlan, Plan } from "./plan.ts";
import { Process } from "./process.ts";
import type { Random } from "./random.ts";
import type { Script } from "./tools.ts";
import { ClientCore, GatewayCore } from "./wiring.ts";
import type { World } from "./world.ts";

/** What all have in common. */
export interface Stage {
  readonly world: World;
  readonly plan: Plan;
  readonly calls: Calls;
  readonly ledger: Ledger;
  readonly network: Network;
  readonly limits: Limits;
  /** What environments draw their octets from. */
  readonly octets: Random;
  /** Someone's log has an error. */
  readonly problem: (who: string, message: string, error: unknown) => void;
  /** True when nothing is begun any more. */
  readonly finishing: () => boolean;
}

/** Milliseconds that a draining gateway waits for its calls. */
const DRAIN_MS = 1_500;

/** Milliseconds from its last words to the end of its process. */
const CLOSE_MS = 10;

/** A gateway. */
export class GatewayActor {
  readonly name: string;
  readonly disk: Disk;
  readonly clients: ClientActor[] = [];
  process: Process;
  core: GatewayCore;
  application: Application;
  downMs = 1;
  #draining = false;
  #lives = 0;
  readonly #stage: Stage;

  constructor(stage: Stage, index: number) {
    this.#stage = stage;
    this.name = `gateway${index}`;
    this.disk = new Disk(stage.world, `${this.name}.journal`, stage.plan.commitMs);
    [this.process, this.core, this.application] = this.#live();
  }

  /** True while it takes what comes. */
  get calm(): boolean {
    return this.process.alive && !this.#draining;
  }

  /** The process that takes connections, or undefined. */
  get listening(): Process | undefined {
    return this.process.alive ? this.process : undefined;
  }

  /** Restarts, once what is under way is over, or after a moment. */
  drain(): void {
    if (this.#draining || !this.process.alive) return;
    const { world } = this.#stage;
    const { process } = this;
    this.#draining = true;
    for (const client of this.clients) client.disturb();
    world.note(this.name, "drains");
    process.after(0, () => this.core.drain(this.downMs));
    process.after(DRAIN_MS, () => this.core.close());
    process.after(DRAIN_MS + CLOSE_MS, () => process.kill());
  }

  #live(): [Process, GatewayCore, Application] {
    const { world, ledger, limits, plan, octets, calls, problem } = this.#stage;
    this.#lives += 1;
    this.#draining = false;
    const name = `${this.name}.${this.#lives}`;
    const process = new Process(world, name, octets, (message, error) => problem(name, message, error));
    world.note(name, "starts");
    const application = new Application(process, calls, (client) => this.#line(client));
    const core = new GatewayCore({
      process,
      journal: this.disk.open(process),
      limits,
      handlers: gatewayHandlers({
        process,
        ledger,
        site: this.name,
        callBack: async ({ principal }) => {
          const client = this.clients.find((one) => one.plan.principal === principal);
          const line = client === undefined ? undefined : this.#lineTo(client);
          if (line !== undefined) await application.call(line, SMALL_CALL);
        },
      }),
      admission: (principal) => this.#admission(plan, process, principal),
      closed: () =>
        this.#draining ? { kind: "closed", message: "the gateway restarts", retryAfterMs: this.downMs } : undefined,
      sessionOver: (over) => this.clients.find(({ process }) => process === over)?.disturb(),
    });
    process.died.push(() => this.#died());
    return [process, core, application];
  }

  #died(): void {
    const { world } = this.#stage;
    world.note(this.process.name, "dies");
    this.#stage.ledger.beginsAnew(this.name);
    for (const client of this.clients) client.disturb();
    world.at(world.now + this.downMs, 2, () => {
      [this.process, this.core, this.application] = this.#live();
    });
  }

  #admission(plan: Plan, process: Process, principal: string): Admission {
    const grant = { principal, scopes: ["write"], expiresAt: this.#expiry(plan, process) };
    switch (plan.admission) {
      case "vouched":
        return { kind: "vouched", grant };
      case "promised":
        return { kind: "vouched", grant: process.sleep(3).then(() => grant) };
      case "proof":
        return {
          kind: "proof",
          audience: "gateway.example:443",
          methods: ["test"],
          verify: async ({ keyId, octets, proof }) => {
            await process.sleep(1);
            const right = octets.length === proof.length && octets.every((octet, at) => octet === proof[at]);
            return right && keyId === principal ? grant : undefined;
          },
        };
    }
  }

  /** When a grant is over, on the gateway's own wall clock. */
  #expiry({ grantMs, activeMs }: Plan, { world, environment }: Process): number | undefined {
    if (grantMs === undefined || world.now + grantMs > activeMs) return undefined;
    return environment.wallClock() + grantMs;
  }

  #line(index: number): Line | undefined {
    const client = this.clients.find((one) => one.index === index);
    return client === undefined ? undefined : this.#lineTo(client);
  }

  /** The way to a client, over its latest session. */
  #lineTo(client: ClientActor): Line | undefined {
    const live = this.core.live.findLast((one) => one.client === client.process);
    if (live === undefined) return undefined;
    const { session } = live;
    // The client may have left it already.
    const isLatest = client.core.session.id === session.id && client.core.session.state === "ready";
    const calm = session.state === "ready" && client.calm && isLatest;
    const supports = calm ? [client, client.process, client.disk, this.process] : undefined;
    return { session, site: client.plan.name, principal: "gateway", supports };
  }
}

/** A client. */
export class ClientActor implements Support {
  readonly index: number;
  readonly plan: ClientPlan;
  readonly gateway: GatewayActor;
  readonly disk: Disk;
  disturbances = 0;
  /** Times that a connection was lost or slow: calls survive that, and take longer. */
  delays = 0;
  /** Until when something is wrong. */
  impairedUntil = 0;
  /** Until when there is no network. */
  offlineUntil = 0;
  /** Without a network it is told so at once. */
  refused = false;
  /** Times that its scopes were taken from it. */
  narrowed = 0;
  process: Process;
  core: ClientCore;
  application: Application;
  downMs = 1;
  /** Keys of calls whose end the application has not written down. */
  readonly #kept = new Map<number, CallPlan>();
  readonly #stage: Stage;
  #lives = 0;

  constructor(stage: Stage, index: number, plan: ClientPlan, gateway: GatewayActor) {
    this.#stage = stage;
    this.index = index;
    this.plan = plan;
    this.gateway = gateway;
    this.disk = new Disk(stage.world, `${plan.name}.journal`, stage.plan.commitMs);
    gateway.clients.push(this);
    [this.process, this.core, this.application] = this.#live();
  }

  /** True while nothing is wrong with its connection. */
  get calm(): boolean {
    const connection = this.core.end?.connection;
    return (
      connection?.healthy === true &&
      connection.lossy.size === 0 &&
      this.#stage.world.now >= this.impairedUntil &&
      this.process.alive &&
      this.gateway.calm
    );
  }

  /** Something may be lost from here on. */
  disturb(): void {
    this.disturbances += 1;
  }

  /** Something is held up. */
  delay(): void {
    this.delays += 1;
  }

  /** Something is wrong for so long. */
  impair(milliseconds: number): void {
    this.delay();
    this.impairedUntil = Math.max(this.impairedUntil, this.#stage.world.now + milliseconds);
  }

  /** Nothing is wrong any more. */
  recover(): void {
    this.disturb();
    this.impairedUntil = 0;
  }

  /** Calls, and remembers what it has to. */
  async perform(number: number, plan: CallPlan): Promise<void> {
    const { process, application } = this;
    if (!process.alive) return;
    if (plan.kept) {
      if (!process.perform()) return;
      this.#kept.set(number, plan);
    }
    await application.perform(plan);
    if (plan.kept && process.perform()) this.#kept.delete(number);
  }

  #line(): Line {
    const { session } = this.core;
    const { gateway } = this;
    const calm = session.state === "ready" && this.calm && this.#stage.world.now >= gateway.disk.fullUntil;
    const supports = calm ? [this, this.process, gateway.process, gateway.disk] : undefined;
    return { session, site: gateway.name, principal: this.plan.principal, supports };
  }

  #live(): [Process, ClientCore, Application] {
    const { world, octets, calls, problem } = this.#stage;
    this.#lives += 1;
    const name = `${this.plan.name}.${this.#lives}`;
    const process = new Process(world, name, octets, (message, error) => problem(name, message, error));
    world.note(name, "starts");
    const application = new Application(process, calls, () => this.#line());
    process.died.push(() => this.#died());
    // What it had not written down as over is asked for again, under the same keys.
    for (const [number, plan] of this.#kept) {
      process.after(world.random.real(0, 200), () => void this.perform(number, plan));
    }
    return [process, this.#connect(process, this.disk.open(process)), application];
  }

  #connect(process: Process, journal: Journal): ClientCore {
    const { world, plan, ledger, limits, network } = this.#stage;
    const { gateway } = this;
    const { principal } = this.plan;
    const core = new ClientCore({
      process,
      journal,
      limits,
      credit: plan.credit !== "the gateway alone",
      handlers: clientHandlers({ process, ledger, site: this.plan.name, callBack: () => Promise.resolve() }),
      prover: { method: "test", keyId: principal, prove: (octets) => Promise.resolve(octets.slice()) },
      open: (opened, failed) =>
        network.dial({
          from: process,
          to: () => (world.now < this.offlineUntil ? undefined : gateway.listening),
          silent: () => world.now < this.offlineUntil && !this.refused,
          accept: (end) => gateway.core.accept(end, principal),
          opened: ({ client }) => opened(client),
          failed,
          unhealthy: (lost = false) => {
            // Without delivery a session ends with what it has lost.
            if (lost && limits.resumeWindowMs === 0) this.disturb();
            else this.delay();
          },
        }),
      waitMs: (attempt) => world.random.real(0, plan.backoffMs * 2 ** Math.min(attempt, 3)),
      disturbed: () => this.disturb(),
      delayed: () => this.delay(),
    });
    // An application that wants to go on makes another session.
    void core.session.closed.then(() => {
      process.after(world.random.real(1, 100), () => {
        if (this.#stage.finishing()) return;
        ledger.beginsAnew(this.plan.name);
        this.core = this.#connect(process, journal);
      });
    });
    return core;
  }

  #died(): void {
    const { world } = this.#stage;
    world.note(this.process.name, "dies");
    this.#stage.ledger.beginsAnew(this.plan.name);
    this.disturb();
    world.at(world.now + this.downMs, 2, () => {
      [this.process, this.core, this.application] = this.#live();
    });
  }
}

const SMALL_SCRIPT: Script = {
  id: "back",
  beforeMs: 1,
  afterMs: 1,
  end: "ok",
  heeds: true,
  pad: "",
  size: 10,
  items: 0,
  itemSize: 0,
  gapMs: 0,
  reports: 0,
  calls: false,
};

/** What a handler asks of its caller. */
const SMALL_CALL: CallPlan = {
  kind: "call",
  client: 0,
  byGateway: true,
  tool: "see",
  script: SMALL_SCRIPT,
  key: undefined,
  timeoutMs: 2_000,
  acceptTimeoutMs: undefined,
  cancelAfterMs: undefined,
  leaveAfter: undefined,
  takeMs: 0,
  stop: undefined,
  unread: false,
  retries: 0,
  kept: false,
  inTurn: false,
  asks: false,
  priority: undefined,
};
