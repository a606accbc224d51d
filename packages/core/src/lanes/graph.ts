/**
 * Who waits for whom: the lanes of sessions, the turns that hold them, and the requests that wait. `docs/spec.md` section 8.
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

/** What came of asking for a lane. */
export type LaneAnswer =
  /** It runs. */
  | { readonly kind: "running"; readonly turn: LaneTurn }
  /** It waits. */
  | { readonly kind: "waiting"; readonly turn: LaneTurn }
  /** As many wait already as may. */
  | { readonly kind: "full" }
  /** It would wait for one of its own ancestors, by way of these, the ancestor that asks first. */
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
  /** On whose behalf: that turn waits for this one. One that does not run counts as none. */
  readonly parent?: LaneTurn | undefined;
}

const NO_CHANGE: LaneChange = { running: [], waiting: [] };

/** The turns that hold a lane, the one whose it is first, and those that wait for it, in order. */
class Lane {
  readonly id: string;
  readonly holders = new Set<Node>();
  readonly queue: Node[] = [];

  constructor(id: string) {
    this.id = id;
  }
}

class Node implements LaneTurn {
  readonly turn: string;
  readonly principal: string;
  readonly at: Lane;
  state: LaneTurnState = "waiting";
  place = 0;
  /** The nearest ancestor that is not over. */
  up: Node | undefined;
  /** Whether {@link up} waits for it. It does not where another one that is over was between them. */
  awaited: boolean;
  /** Those whose {@link up} it is. */
  readonly below = new Set<Node>();

  constructor({ turn, principal }: LaneAsk, at: Lane, parent: Node | undefined) {
    this.turn = turn;
    this.principal = principal;
    this.at = at;
    this.up = parent;
    this.awaited = parent !== undefined;
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
    const parent = ask.parent instanceof Node && ask.parent.state === "running" ? ask.parent : undefined;
    if (lane.holders.size === 0 || belongs(parent, lane)) {
      const node = this.#added(ask, lane, parent);
      node.state = "running";
      lane.holders.add(node);
      return { kind: "running", turn: node };
    }
    if (parent !== undefined) {
      const turns = wayBack(lane, parent);
      if (turns !== undefined) return { kind: "cycle", turns };
    }
    if (lane.queue.length >= this.#most) return { kind: "full" };
    const node = this.#added(ask, lane, parent);
    node.place = lane.queue.push(node) - 1;
    return { kind: "waiting", turn: node };
  }

  /** A turn is over, or waits no more. Again it is without effect. */
  leave(turn: LaneTurn): LaneChange {
    if (!(turn instanceof Node) || turn.state === "over") return NO_CHANGE;
    const lane = turn.at;
    if (turn.state === "waiting") lane.queue.splice(turn.place, 1);
    else lane.holders.delete(turn);
    turn.state = "over";
    orphan(turn);
    const running: Node[] = [];
    // Those that belong to it may hold the lane for longer than itself.
    if (lane.holders.size === 0) {
      const next = lane.queue.shift();
      if (next === undefined) this.#lanes.delete(lane.id);
      else {
        next.state = "running";
        lane.holders.add(next);
        running.push(next);
      }
    }
    for (const [place, waiting] of lane.queue.entries()) waiting.place = place;
    return { running, waiting: [...lane.queue] };
  }

  #added(ask: LaneAsk, lane: Lane, parent: Node | undefined): Node {
    this.#lanes.set(lane.id, lane);
    const node = new Node(ask, lane, parent);
    parent?.below.add(node);
    return node;
  }
}

/** Whether a turn, or one that it is on behalf of, holds the lane. */
function belongs(turn: Node | undefined, lane: Lane): boolean {
  for (let node = turn; node !== undefined; node = node.up) if (lane.holders.has(node)) return true;
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

/**
 * By way of whom one that waits for this lane would wait for its own parent; undefined where it would not. A new request is
 * waited for by its parent alone, so a cycle through it is a way from what it waits for to that parent. Those that stand ahead
 * of it lead nowhere else: they wait for what holds the lane, as it does, and for each other.
 */
function wayBack(lane: Lane, parent: Node): Node[] | undefined {
  /** Who was come to from whom; what the request itself waits for has nobody. */
  const from = new Map<Node, Node | undefined>();
  const visit = (node: Node, by: Node | undefined): void => {
    if (!from.has(node)) from.set(node, by);
  };
  for (const holder of lane.holders) visit(holder, undefined);
  // Those that are added while it runs are looked at, too.
  for (const node of from.keys()) {
    if (node === parent) return wayTo(node, from);
    if (node.state === "waiting") for (const holder of node.at.holders) visit(holder, node);
    else for (const child of node.below) if (child.awaited) visit(child, node);
  }
  return undefined;
}

function wayTo(end: Node, from: ReadonlyMap<Node, Node | undefined>): Node[] {
  const way: Node[] = [];
  for (let node: Node | undefined = end; node !== undefined; node = from.get(node)) way.push(node);
  return way;
}
