/**
 * One schedule: from a seed to what came of it.
 *
 * @module
 */
import { resolveLimits, TurnmuxError } from "@turnmux/core";
import { ClientActor, GatewayActor, type Stage } from "./actors.ts";
import { Rank } from "./agenda.ts";
import { Calls } from "./calls.ts";
import { DISK_FULL } from "./disk.ts";
import { strike } from "./faults.ts";
import { PLANNED } from "./handlers.ts";
import { Ledger } from "./ledger.ts";
import { Network } from "./network.ts";
import { planOf, type Plan, type Step } from "./plan.ts";
import { Random } from "./random.ts";
import { Tap } from "./tap.ts";
import { Twins } from "./twin.ts";
import { World, type Violation } from "./world.ts";

/** What came of a schedule. */
export interface Result {
  readonly seed: number;
  readonly events: number;
  readonly calls: number;
  readonly faults: number;
  /** How often callers were told each ending. */
  readonly tally: Readonly<Record<string, number>>;
  readonly violation: Violation | undefined;
  /** Where it was asked for. */
  readonly trace: readonly string[] | undefined;
}

/** How a schedule is to be run. */
export interface RunOptions {
  readonly traced?: boolean;
  /** Only these steps of the plan happen. Default: all. */
  readonly only?: ReadonlySet<number> | undefined;
}

/** Milliseconds in which all must be over, once nothing goes wrong any more: beyond the longest deadline. */
const QUIET_MS = 150_000;

/** Milliseconds in which sessions that nobody has any more must be over, and everything else once all are closed. */
const ORPHANS_MS = 150_000;

/** Runs the schedule of a seed. */
export async function runSchedule(seed: number, options: RunOptions = {}): Promise<Result> {
  const plan = planOf(seed, new Random(seed, 1));
  return await new Schedule(plan, options).run();
}

class Schedule {
  readonly #plan: Plan;
  readonly #world: World;
  readonly #calls: Calls;
  readonly #ledger: Ledger;
  readonly #network: Network;
  readonly #tap: Tap;
  readonly #twins: Twins;
  readonly #gateways: readonly GatewayActor[];
  readonly #clients: readonly ClientActor[];
  readonly #steps: readonly Step[];
  #finishing = false;

  constructor(plan: Plan, { traced = false, only }: RunOptions) {
    this.#plan = plan;
    this.#steps = only === undefined ? plan.steps : plan.steps.filter(({ number }) => only.has(number));
    const world = new World(new Random(plan.seed, 2), traced);
    const limits = resolveLimits(plan.limits);
    this.#world = world;
    this.#ledger = new Ledger(world);
    this.#calls = new Calls(world, this.#ledger, limits);
    const tap = new Tap(world, {
      replay: limits.replay,
      bulkInFlight: limits.bulkInFlight,
      taken: (meta) => this.#calls.taken(meta),
      recorded: (connection, receiver, key, since) => {
        const client = this.#clients.find(({ process }) => process === connection.client.process);
        if (client === undefined) return true;
        return receiver === "client"
          ? client.disk.held("gateway", key, since)
          : client.gateway.disk.held(client.plan.principal, key, since);
      },
      sessionEnds: (connection) =>
        this.#clients.find(({ process }) => process === connection.client.process)?.disturb(),
    });
    this.#tap = tap;
    const forgets = plan.credit === "the client alone" && plan.admission !== "proof";
    this.#network = new Network(world, { ...plan.connection, forgetsCredit: forgets }, tap);
    const octets = new Random(plan.seed, 3);
    this.#twins = new Twins({ world, network: this.#network, delivery: tap.delivery, octets });
    const stage: Stage = {
      world,
      plan,
      calls: this.#calls,
      ledger: this.#ledger,
      network: this.#network,
      limits,
      octets,
      problem: (who, message, error) => this.#problem(who, message, error),
      finishing: () => this.#finishing,
    };
    const gateways = Array.from({ length: plan.gateways }, (_, index) => new GatewayActor(stage, index));
    this.#gateways = gateways;
    this.#clients = plan.clients.map((client, index) => {
      const gateway = gateways[client.gateway];
      if (gateway === undefined) throw new Error("a client has no gateway");
      return new ClientActor(stage, index, client, gateway);
    });
  }

  async run(): Promise<Result> {
    const world = this.#world;
    this.#noteBeginning();
    for (const step of this.#steps) world.at(step.at, Rank.plan, () => this.#step(step));
    await world.settle();
    await world.run(this.#plan.activeMs);
    await this.#calmDown();
    await this.#end();
    if (world.violation === undefined) this.#calls.checkAll();
    return {
      seed: this.#plan.seed,
      events: world.events,
      calls: this.#calls.attempts.length,
      faults: this.#steps.filter(({ kind }) => kind !== "call" && kind !== "host").length,
      tally: this.#calls.tally,
      violation: world.violation,
      trace: world.trace,
    };
  }

  #step(step: Step): void {
    if (step.kind === "call") {
      const client = this.#clients[step.client];
      if (client === undefined) return;
      const { process } = step.byGateway ? client.gateway : client;
      if (!process.alive) return;
      // The application's own code runs when its event loop lets it.
      process.after(0, () => {
        void (step.byGateway ? client.gateway.application.perform(step) : client.perform(step.number, step));
      });
      return;
    }
    if (step.kind === "host") {
      this.#clients[step.client]?.core.end?.connection[step.side].sendAsHost(`host message ${step.number}`);
      return;
    }
    if (step.kind === "twin") {
      const client = this.#clients[step.client];
      if (client !== undefined) this.#twins.strike(client, step.thief);
      return;
    }
    strike(step, this.#world, this.#clients, this.#gateways);
  }

  /** Nothing goes wrong any more: every call must end. */
  async #calmDown(): Promise<void> {
    const world = this.#world;
    world.note("", "from here on nothing goes wrong");
    for (const client of this.#clients) {
      client.offlineUntil = 0;
      client.disk.fullUntil = 0;
    }
    for (const gateway of this.#gateways) gateway.disk.fullUntil = 0;
    // What was poured into a slow one would take longer than anybody waits here.
    for (const connection of this.#network.connections) connection.recover();
    for (const { process } of [...this.#clients, ...this.#gateways]) process.spare();
    await world.run(world.now + QUIET_MS, () => this.#idle);
    if (world.violation !== undefined || this.#idle) return;
    this.#calls.checkAll();
    world.violate("quiescence", "an application is still busy, or has no session");
  }

  /** Nobody wants anything any more: every session ends, and nothing is left. */
  async #end(): Promise<void> {
    const world = this.#world;
    const left = (): string | undefined => this.#leftover();
    await world.run(world.now + ORPHANS_MS, () => left() === undefined);
    const open = left();
    if (world.violation === undefined && open !== undefined) world.violate("quiescence", open);
    if (world.violation !== undefined) return;
    this.#finishing = true;
    world.note("", "every client closes its session");
    for (const { process, core } of this.#clients) process.after(0, () => void core.session.close());
    const remains = (): string | undefined => this.#remains();
    await world.run(world.now + ORPHANS_MS, () => remains() === undefined);
    const remaining = remains();
    if (world.violation === undefined && remaining !== undefined) world.violate("quiescence", remaining);
  }

  get #idle(): boolean {
    const alive = [...this.#gateways, ...this.#clients].every(({ process }) => process.alive);
    const busy = [...this.#gateways, ...this.#clients].some(({ application }) => application.busy > 0);
    return alive && !busy && this.#clients.every(({ core }) => core.session.state === "ready");
  }

  /** What is open although nobody waits for it, if anything. */
  #leftover(): string | undefined {
    for (const { name, core, clients, process } of this.#gateways) {
      if (!process.alive) return `${name} is not there`;
      const running = this.#ledger.runs.some((run) => run.end === undefined && run.process === process);
      if (running) return `a handler of ${name} runs`;
      if (core.once.running > 0) return `${name} has ${core.once.running} calls of once tools under way`;
      for (const { session } of core.live) {
        const { incoming, outgoing } = session.activeCalls;
        if (incoming + outgoing > 0) return `a session of ${name} has ${incoming} calls in and ${outgoing} out`;
      }
      if (core.live.length > clients.length)
        return `${name} has ${core.live.length} sessions of ${clients.length} clients`;
    }
    for (const { plan, core, process } of this.#clients) {
      if (!process.alive || core.session.state !== "ready") return `${plan.name} has no session`;
      if (core.once.running > 0) return `${plan.name} has ${core.once.running} calls of once tools under way`;
      const { incoming, outgoing } = core.session.activeCalls;
      if (incoming + outgoing > 0) return `${plan.name} has ${incoming} calls in and ${outgoing} out`;
      const connection = core.end?.connection;
      const keptBack = connection === undefined ? undefined : this.#tap.delivery.flowOn(connection)?.keptBack;
      if (keptBack !== undefined) return `nothing is under way, and ${keptBack}`;
    }
    return undefined;
  }

  /** What is left although every session is closed, if anything. */
  #remains(): string | undefined {
    for (const { name, core, process } of this.#gateways) {
      if (core.live.length > 0) return `${name} has ${core.live.length} sessions`;
      if (core.carriers > 0) return `${name} has ${core.carriers} carriers`;
      if (process.timers > 0) return `${name} has ${process.timers} timers`;
    }
    for (const { plan, core, process } of this.#clients) {
      if (core.session.state !== "closed") return `${plan.name} has a session`;
      if (process.timers > 0) return `${plan.name} has ${process.timers} timers`;
    }
    return undefined;
  }

  /** The core logs as an error only what nobody planned. */
  #problem(who: string, message: string, error: unknown): void {
    this.#world.note(who, `logs: ${message}: ${String(error)}`);
    if (error instanceof Error && (error.message === PLANNED || error.message === DISK_FULL)) return;
    // It follows another line, which tells of the disk.
    if (message.includes("could not be asked for an outcome")) return;
    // Nobody waits any more for what a handler finds out.
    if (message.includes("reconcile failed") && TurnmuxError.is(error)) return;
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#world.violate("no error in the log", `${who}: ${message}: ${stack}`);
  }

  #noteBeginning(): void {
    const { seed, clients, connection, limits, admission, credit } = this.#plan;
    const who = clients.map(({ name, principal, gateway }) => `${name} (${principal}) of gateway${gateway}`).join(", ");
    this.#world.note("", `seed ${seed}: ${who}; ${JSON.stringify({ connection, limits, admission, credit })}`);
  }
}
