/**
 * Who waits for whom: the lanes of sessions, the turns that hold them, the requests that wait, and the runs of keys that several turns
 * wait for together. `docs/spec.md` section 8.
 *
 * Pure: no clock, no promises, no tokens. What waits for what is a graph without cycles at any time, since the one edge that
 * would close a cycle is never added; so there is always somebody who waits for nobody.
 *
 * @module
 */

/** Where a request is. */
export type LaneTurnState = "waiting" | "running" | "over";

/** One request for a lane, and the turn that comes of it. Only the graph changes it. */
export interface LaneTurn {
  /** The name that its owner gave it. */
  readonly turn: string;
  /** Of the session whose lane it is. */
  readonly principal: string;
  readonly lane: string;
  readonly state: LaneTurnState;
  /** Where it stands in its queue; 0 is next. */
  readonly place: number;
  /** The turn that holds the lane which it waits for. */
  readonly behind: string | undefined;
}

/**
 * The run of a key. It has no lane; what its handler asks for is on its behalf, and so on that of the turn that has caused it; and all
 * turns whose calls have joined it wait for it. Only the graph changes it.
 */
export interface KeyRun {
  /** `waiting` until its handler runs. Until then it waits for nobody. */
  readonly state: LaneTurnState;
}

/** What came of waiting for the run of a key. */
export type KeyAnswer =
  /** It does until `leave` is called. */
  | { readonly kind: "waits"; readonly leave: () => void }
  /** It would wait for itself, by way of these. */
  | { readonly kind: "cycle"; readonly turns: readonly LaneTurn[] };

/** What came of asking for a lane. */
export type LaneAnswer =
  /** It runs. */
  | { readonly kind: "running"; readonly turn: LaneTurn }
  /** It waits. */
  | { readonly kind: "waiting"; readonly turn: LaneTurn }
  /** As many wait already as may. */
  | { readonly kind: "full" }
  /** It would wait for one of its own ancestors, by way of these: the ancestor that asks first, unless that is a {@link KeyRun}. */
  | { readonly kind: "cycle"; readonly turns: readonly LaneTurn[] };

/** What has changed since a turn is over, or waits no more. */
export interface LaneChange {
  /** What runs now and waited before. */
  readonly running: readonly LaneTurn[];
  /** What still waits in that lane, in order: places and what is ahead may be others. */
  readonly waiting: readonly LaneTurn[];
}

/** What asks for a lane. */
export interface LaneAsk {
  readonly lane: string;
  readonly principal: string;
  readonly turn: string;
  /** On whose behalf: that one waits for this one. One that does not run counts as none. */
  readonly parent?: LaneTurn | KeyRun | undefined;
}

const NO_CHANGE: LaneChange = { running: [], waiting: [] };

/** The turns that hold a lane, the one whose it is first, and those that wait for it, in order. */
class Lane {
  readonly id: string;
  readonly holders = new Set<TurnNode>();
  readonly queue: TurnNode[] = [];

  constructor(id: string) {
    this.id = id;
  }
}

/** Whatever waits, or is waited for. */
class Node {
  state: LaneTurnState = "waiting";
  /** The nearest ancestor that is not over. */
  up: Node | undefined;
  /** Whether {@link up} waits for it. It does not where another one that is over was between them. */
  awaited = false;
  /** Those whose {@link up} it is. */
  readonly below = new Set<Node>();
  /** What its calls wait for, one for each of them. */
  readonly joins = new Set<Join>();

  /** It runs on behalf of this one. */
  belongsTo(parent: Node | undefined): void {
    this.up = parent;
    this.awaited = parent !== undefined;
    parent?.below.add(this);
  }
}

class RunNode extends Node implements KeyRun {}

/** A call waits for a run. */
interface Join {
  readonly run: RunNode;
}

class TurnNode extends Node implements LaneTurn {
  readonly turn: string;
  readonly principal: string;
  readonly at: Lane;
  place = 0;

  constructor({ turn, principal }: LaneAsk, at: Lane) {
    super();
    this.turn = turn;
    this.principal = principal;
    this.at = at;
  }

  get lane(): string {
    return this.at.id;
  }

  get behind(): string | undefined {
    for (const { turn } of this.at.holders) return turn;
    return undefined;
  }
}

/** See the module's comment. */
export class LaneGraph {
  readonly #lanes = new Map<string, Lane>();
  /** How many may wait for one lane. */
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** Asks for a lane. A turn that belongs to the one which holds it, over any number of others, runs at once. */
  ask(ask: LaneAsk): LaneAnswer {
    const lane = this.#lanes.get(ask.lane) ?? new Lane(ask.lane);
    const parent = running(ask.parent);
    if (lane.holders.size === 0 || belongs(parent, lane)) {
      const node = this.#added(ask, lane, parent);
      node.state = "running";
      lane.holders.add(node);
      return { kind: "running", turn: node };
    }
    if (parent !== undefined) {
      // A new request is waited for by its parent alone, so a cycle through it is a way from what it waits for to that parent.
      // Those that stand ahead of it lead nowhere else: they wait for what holds the lane, as it does, and for each other.
      const turns = way(lane.holders, parent);
      if (turns !== undefined) return { kind: "cycle", turns };
    }
    if (lane.queue.length >= this.#most) return { kind: "full" };
    const node = this.#added(ask, lane, parent);
    node.place = lane.queue.push(node) - 1;
    return { kind: "waiting", turn: node };
  }

  /** A turn is over, or waits no more. Again it is without effect. */
  leave(turn: LaneTurn): LaneChange {
    if (!(turn instanceof TurnNode) || turn.state === "over") return NO_CHANGE;
    const lane = turn.at;
    if (turn.state === "waiting") lane.queue.splice(turn.place, 1);
    else lane.holders.delete(turn);
    turn.state = "over";
    orphan(turn);
    const next: TurnNode[] = [];
    // Those that belong to it may hold the lane for longer than itself.
    if (lane.holders.size === 0) {
      const first = lane.queue.shift();
      if (first === undefined) this.#lanes.delete(lane.id);
      else {
        first.state = "running";
        lane.holders.add(first);
        next.push(first);
      }
    }
    for (const [place, waiting] of lane.queue.entries()) waiting.place = place;
    return { running: next, waiting: [...lane.queue] };
  }

  /** A key that somebody waits for, or whose handler is about to run. */
  key(): KeyRun {
    return new RunNode();
  }

  /** Its handler runs, on behalf of this turn or run. One that does not run counts as none. */
  begin(run: KeyRun, parent: LaneTurn | KeyRun | undefined): void {
    if (!(run instanceof RunNode)) return;
    run.state = "running";
    // Nobody has asked for anything on its behalf, so this closes no cycle.
    run.belongsTo(running(parent));
  }

  /** Its handler has ended. Another one may begin: who still waits for the key waits for that one. */
  end(run: KeyRun): void {
    if (!(run instanceof RunNode)) return;
    run.state = "waiting";
    orphan(run);
    run.joins.clear();
  }

  /** A call on behalf of this turn or run waits for the run of a key, which has begun or not. */
  join(turn: LaneTurn | KeyRun, run: KeyRun): KeyAnswer {
    const node = running(turn);
    if (node === undefined || !(run instanceof RunNode)) return { kind: "waits", leave: () => {} };
    const turns = way([run], node);
    if (turns !== undefined) return { kind: "cycle", turns };
    const join: Join = { run };
    node.joins.add(join);
    return { kind: "waits", leave: () => node.joins.delete(join) };
  }

  #added(ask: LaneAsk, lane: Lane, parent: Node | undefined): TurnNode {
    this.#lanes.set(lane.id, lane);
    const node = new TurnNode(ask, lane);
    node.belongsTo(parent);
    return node;
  }
}

function running(node: LaneTurn | KeyRun | undefined): Node | undefined {
  return node instanceof Node && node.state === "running" ? node : undefined;
}

/** Whether a turn, or one that it is on behalf of, holds the lane. */
function belongs(turn: Node | undefined, lane: Lane): boolean {
  for (let node = turn; node !== undefined; node = node.up) {
    if (node instanceof TurnNode && lane.holders.has(node)) return true;
  }
  return false;
}

/** One that is over waits for nobody; those on its behalf still are on behalf of its ancestors. */
function orphan(over: Node): void {
  const { up } = over;
  up?.below.delete(over);
  for (const node of over.below) {
    node.up = up;
    node.awaited = false;
    up?.below.add(node);
  }
  over.below.clear();
  over.up = undefined;
}

/** The turns by way of which one of these waits for `end`, that one first; undefined where none does. */
function way(starts: Iterable<Node>, end: Node): TurnNode[] | undefined {
  /** Who was come to from whom; those that it starts with have nobody. */
  const from = new Map<Node, Node | undefined>();
  const visit = (node: Node, by: Node | undefined): void => {
    if (!from.has(node)) from.set(node, by);
  };
  for (const start of starts) visit(start, undefined);
  // Those that are added while it runs are looked at, too.
  for (const node of from.keys()) {
    if (node === end) return wayTo(end, from);
    if (node instanceof TurnNode && node.state === "waiting") for (const holder of node.at.holders) visit(holder, node);
    else {
      for (const child of node.below) if (child.awaited) visit(child, node);
      for (const { run } of node.joins) visit(run, node);
    }
  }
  return undefined;
}

function wayTo(end: Node, from: ReadonlyMap<Node, Node | undefined>): TurnNode[] {
  const turns: TurnNode[] = [];
  for (let node: Node | undefined = end; node !== undefined; node = from.get(node)) {
    if (node instanceof TurnNode) turns.push(node);
  }
  return turns;
}
