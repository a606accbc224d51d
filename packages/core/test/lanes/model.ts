/**
 * Turns that call turns and keys, run step by step over a {@link LaneGraph}, beside a slow and obvious account of who waits for whom.
 *
 * @module
 */
import { LaneGraph, type KeyRun, type LaneChange, type LaneTurn } from "../../src/lanes/graph.ts";

/** What a turn does: it asks for lanes on its own behalf, one after the other, and calls keys. */
export interface Plan {
  readonly lane: number;
  /** Of a call with a key, which takes no lane: it runs, or joins what runs. */
  readonly key?: number | undefined;
  readonly steps: readonly Step[];
}

/** One request. `wait`: the turn goes on only when it is over. `forget`: it does not even end behind it. */
export interface Step {
  readonly how: "wait" | "fork" | "forget";
  readonly plan: Plan;
}

/** One turn of the model, one run of a key, or one call that has joined such a run. */
interface Actor {
  readonly name: string;
  readonly plan: Plan;
  /** Who asked, over or not. */
  readonly parent: Actor | undefined;
  readonly forgotten: boolean;
  state: "waiting" | "running" | "over" | "refused";
  turn: LaneTurn | KeyRun | undefined;
  /** Of a call that has joined a run. */
  readonly joins: Actor | undefined;
  leaveJoin?: () => void;
  step: number;
  readonly children: Actor[];
}

/** What came of a run. */
export interface Report {
  readonly refused: number;
  readonly ran: number;
  readonly nested: number;
  readonly joined: number;
  /** Calls that did not join, since they would have waited for themselves. */
  readonly unjoined: number;
}

/** Thrown where the graph did what it must not. */
export class Broken extends Error {}

/** Runs plans to their end, in an order that `choose` gives: an index below the number it is given. */
export class Model {
  readonly #graph = new LaneGraph(Number.POSITIVE_INFINITY);
  readonly #actors: Actor[] = [];
  readonly #roots: Plan[];
  readonly #holders = new Map<number, Set<Actor>>();
  readonly #queues = new Map<number, Actor[]>();
  /** What runs under each key. */
  readonly #runs = new Map<number, Actor>();
  /** Of each key that there has been. */
  readonly #keys = new Map<number, KeyRun>();
  readonly #choose: (below: number) => number;
  readonly #cancels: boolean;
  #refused = 0;
  #nested = 0;
  #joined = 0;
  #unjoined = 0;

  constructor(roots: readonly Plan[], choose: (below: number) => number, cancels: boolean) {
    this.#roots = [...roots];
    this.#choose = choose;
    this.#cancels = cancels;
  }

  /** Throws {@link Broken}. */
  run(): Report {
    for (;;) {
      const moves = this.#moves();
      if (moves.length === 0) break;
      moves[this.#choose(moves.length)]?.();
    }
    const stuck = this.#actors.filter(({ state }) => state === "waiting" || state === "running");
    if (stuck.length > 0)
      throw new Broken(`deadlock: ${stuck.map(({ name, state }) => `${name} ${state}`).join(", ")}`);
    const ran = this.#actors.filter(({ state }) => state === "over").length;
    return { refused: this.#refused, ran, nested: this.#nested, joined: this.#joined, unjoined: this.#unjoined };
  }

  #moves(): (() => void)[] {
    const moves: (() => void)[] = [];
    const root = this.#roots[0];
    if (root !== undefined) {
      moves.push(() => {
        this.#roots.shift();
        this.#ask(root, undefined, false);
      });
    }
    for (const actor of this.#actors) {
      if (actor.state === "running" && this.#mayGoOn(actor)) moves.push(() => this.#goOn(actor));
      // Rare, or else nothing else would ever happen.
      const isLive = actor.state === "running" || actor.state === "waiting";
      if (this.#cancels && isLive && this.#choose(8) === 0) moves.push(() => this.#leave(actor));
    }
    return moves;
  }

  #mayGoOn({ plan, step, children, joins }: Actor): boolean {
    if (joins !== undefined) return false;
    const pending = children.filter(({ state }) => state === "waiting" || state === "running");
    const last = plan.steps[step - 1];
    const newest = children.at(-1);
    if (last?.how === "wait" && newest !== undefined && pending.includes(newest)) return false;
    return step < plan.steps.length || pending.every(({ forgotten }) => forgotten);
  }

  #goOn(actor: Actor): void {
    const step = actor.plan.steps[actor.step];
    if (step === undefined) {
      this.#leave(actor);
      return;
    }
    actor.step += 1;
    actor.children.push(this.#ask(step.plan, actor, step.how === "forget"));
  }

  #ask(plan: Plan, parent: Actor | undefined, forgotten: boolean): Actor {
    const name = `t${this.#actors.length}`;
    const { key } = plan;
    const joins = key === undefined ? undefined : this.#runs.get(key);
    const rest = { joins, state: "waiting", turn: undefined, step: 0, children: [] } as const;
    const actor: Actor = { ...rest, name, plan, parent, forgotten, children: [] };
    if (key !== undefined) return this.#call(actor, key);
    const expected = this.#expected(actor);
    const lane = `lane-${plan.lane}`;
    const answer = this.#graph.ask({ lane, principal: "p", turn: name, parent: parent?.turn });
    if (answer.kind === "full" || answer.kind !== expected)
      throw new Broken(`${name} is ${answer.kind}, and should be ${expected}`);
    this.#actors.push(actor);
    if (answer.kind === "cycle") {
      if (parent?.plan.key === undefined && answer.turns[0]?.turn !== parent?.name)
        throw new Broken(`${name}: the cycle does not come back to its parent`);
      actor.state = "refused";
      this.#refused += 1;
    } else {
      actor.turn = answer.turn;
      if (answer.kind === "running") {
        actor.state = "running";
        if (this.#holding(plan.lane).size > 0) this.#nested += 1;
        this.#holding(plan.lane).add(actor);
      } else this.#queue(plan.lane).push(actor);
    }
    return actor;
  }

  /** A call runs under its key, or joins what runs. */
  #call(actor: Actor, key: number): Actor {
    const { name, parent, joins } = actor;
    const run = got(this.#keys, key, () => this.#graph.key());
    this.#actors.push(actor);
    actor.state = "running";
    if (joins === undefined) {
      actor.turn = run;
      this.#runs.set(key, actor);
      this.#graph.begin(run, parent?.turn);
      return actor;
    }
    // On nobody's behalf it is nobody's wait, as far as the graph can know.
    if (parent?.turn === undefined) return actor;
    const expected = this.#waitsAlready(joins, parent) ? "cycle" : "waits";
    const answer = this.#graph.join(parent.turn, run);
    if (answer.kind !== expected) throw new Broken(`${name} ${answer.kind}, and should be ${expected}`);
    if (answer.kind === "cycle") {
      this.#unjoined += 1;
      actor.state = "refused";
    } else {
      this.#joined += 1;
      actor.leaveJoin = answer.leave;
    }
    return actor;
  }

  #expected(actor: Actor): "running" | "waiting" | "cycle" {
    const holders = this.#holding(actor.plan.lane);
    if (holders.size === 0) return "running";
    for (let up = actor.parent; up !== undefined; up = up.parent) if (holders.has(up)) return "running";
    return this.#reaches(actor) ? "cycle" : "waiting";
  }

  /** Whether one that would wait last in its queue would wait for itself, by every edge that there is. */
  #reaches(asking: Actor): boolean {
    const { parent, plan } = asking;
    if (parent === undefined) return false;
    return [...this.#holding(plan.lane), ...this.#queue(plan.lane)].some((one) => this.#waitsAlready(one, parent));
  }

  #waitsAlready(one: Actor, end: Actor): boolean {
    const seen = new Set<Actor>();
    const open = [one];
    for (let actor = open.pop(); actor !== undefined; actor = open.pop()) {
      if (actor === end) return true;
      if (seen.has(actor)) continue;
      seen.add(actor);
      open.push(...this.#waitsFor(actor));
    }
    return false;
  }

  #waitsFor(actor: Actor): Actor[] {
    if (actor.joins !== undefined) return [actor.joins];
    if (actor.state === "running") {
      return actor.children.filter(({ state }) => state === "waiting" || state === "running");
    }
    const queue = this.#queue(actor.plan.lane);
    return [...this.#holding(actor.plan.lane), ...queue.slice(0, queue.indexOf(actor))];
  }

  #leave(actor: Actor): void {
    const { lane, key } = actor.plan;
    if (key !== undefined) {
      this.#endCall(actor, key);
      return;
    }
    const queue = this.#queue(lane);
    const holders = this.#holding(lane);
    if (actor.turn === undefined || !("lane" in actor.turn)) throw new Broken(`${actor.name} has no turn`);
    const change = this.#graph.leave(actor.turn);
    if (actor.state === "waiting") queue.splice(queue.indexOf(actor), 1);
    holders.delete(actor);
    actor.state = "over";
    const next = holders.size === 0 ? queue.shift() : undefined;
    this.#compare(change, next, queue);
    if (next === undefined) return;
    next.state = "running";
    holders.add(next);
  }

  #endCall(actor: Actor, key: number): void {
    actor.state = "over";
    actor.leaveJoin?.();
    if (actor.joins !== undefined) return;
    this.#runs.delete(key);
    this.#graph.end(got(this.#keys, key, () => this.#graph.key()));
    for (const other of this.#actors) {
      if (other.joins === actor && other.state === "running") this.#endCall(other, key);
    }
  }

  #compare({ running, waiting }: LaneChange, next: Actor | undefined, queue: readonly Actor[]): void {
    const said = [running.map(({ turn }) => turn), waiting.map(({ turn, place }) => `${turn} ${place}`)];
    const should = [next === undefined ? [] : [next.name], queue.map(({ name }, place) => `${name} ${place}`)];
    if (JSON.stringify(said) === JSON.stringify(should)) return;
    throw new Broken(`the lane goes on with ${JSON.stringify(said)}, and should with ${JSON.stringify(should)}`);
  }

  #holding(lane: number): Set<Actor> {
    return got(this.#holders, lane, () => new Set());
  }

  #queue(lane: number): Actor[] {
    return got(this.#queues, lane, () => []);
  }
}

function got<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
