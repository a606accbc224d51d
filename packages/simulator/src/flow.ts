/**
 * Watches credit on the wire, by an account of its own: nobody sends beyond it, nobody grants more than it has room for, and
 * nobody keeps back what came free. `docs/spec.md` section 12.
 *
 * @module
 */
import { otherThan, type Side } from "./sides.ts";
import { Turns, type Priority, type Waiting } from "./turns.ts";
import { CONT, MORE, Type, type WireFrame } from "./wire.ts";
import type { World } from "./world.ts";

/** What an item counts for beside its octets (FLOW-001). */
const ITEM = 64;

/** DATA that carries an item. */
const ITEM_KIND = 2;

/** Places in OPEN, and of the limits in HELLO and WELCOME. */
const PRIORITY = 4;
const META = 9;
const LIMITS = 4;
const FRAME_PAYLOAD = 0;
const STREAM_CREDIT = 5;
const CHANNEL_CREDIT = 6;

/** What came free at most of a channel's window before its sender is told (FLOW-006). */
const CHANNEL_STEP = 65_536;

/** How many items of a call its application has taken, or `all` where nobody waits for more. Asked by the `meta` of its OPEN. */
export type Taken = (meta: unknown) => number | "all";

/** What one account is about: a stream, or a channel, in one direction. */
class Account {
  readonly window: number;
  /** Octets that were sent. */
  used = 0;
  /** The greatest limit that has arrived. */
  limit: number;
  /** The greatest limit that was said. */
  granted: number;
  /** Octets that have arrived. */
  arrived = 0;

  constructor(window: number) {
    this.window = window;
    this.limit = window;
    this.granted = window;
  }

  get left(): number {
    return this.limit - this.used;
  }
}

/** One direction of a stream. */
class Lane extends Account implements Waiting {
  readonly priority: Priority;
  /** The greatest limit that is certain to be known to the sender. */
  sure: number;
  /** The body that is being sent. */
  body: { readonly isItem: boolean; readonly left: number; readonly channelLeft: number; octets: number } | undefined;
  /** The item that is arriving, in octets. */
  arriving: number | undefined;
  /** Items that have arrived, in octets, and how many of the first ones are known to be taken. */
  readonly items: number[] = [];
  /** The last frame of its last body has arrived. */
  over = false;

  constructor(window: number, priority: Priority) {
    super(window);
    this.sure = window;
    this.priority = priority;
  }

  get ready(): boolean {
    if (this.body === undefined) return false;
    return this.body.isItem || this.sure - this.used >= ENOUGH;
  }
}

/** Octets of credit with which a body goes on for certain. */
const ENOUGH = 1_024;

interface Watched {
  readonly open: WireFrame;
  readonly opener: Side;
  readonly from: Readonly<Record<Side, Lane>>;
  /** Its opener has given it up. */
  reset: boolean;
  /** The other side has heard of that. */
  resetArrived: boolean;
}

/** One session, over all its connections. */
export class Flow {
  readonly #world: World;
  readonly #taken: Taken;
  /** By sender: items of all streams. Undefined where credit was not agreed on. */
  readonly #channel: Readonly<Record<Side, Account>> | undefined;
  readonly #windows: Readonly<Record<Side, number>>;
  readonly #turns: Readonly<Record<Side, Turns>>;
  /** Lanes with a body that is half sent, by sender. */
  readonly #halfSent = { client: new Set<Lane>(), gateway: new Set<Lane>() };
  /** False once something arrived that its receiver had no use for any more. */
  #exact = true;
  readonly #streams = new Map<number, Watched>();
  /** Who has still to say again what was granted for items (FLOW-007). */
  readonly #owes = new Set<Side>();

  /** `hello` and `welcome` opened the session. */
  constructor(world: World, taken: Taken, hello: WireFrame | undefined, welcome: WireFrame) {
    this.#world = world;
    this.#taken = taken;
    const agreed = listOf(welcome.header[3]).includes("credit");
    // What a side sends is limited by what the other one has stated.
    const stated = { client: limitsOf(welcome, LIMITS), gateway: limitsOf(hello, LIMITS) };
    this.#windows = agreed
      ? { client: stated.client.stream, gateway: stated.gateway.stream }
      : { client: Number.POSITIVE_INFINITY, gateway: Number.POSITIVE_INFINITY };
    this.#turns = { client: new Turns(stated.client.frame), gateway: new Turns(stated.gateway.frame) };
    this.#channel = agreed
      ? { client: new Account(stated.client.channel), gateway: new Account(stated.gateway.channel) }
      : undefined;
  }

  /** The session goes on with another connection. `exact` says that all that has arrived before was read. */
  resumed(exact: boolean): void {
    this.#owes.clear();
    this.#exact &&= exact;
    for (const { from } of this.#streams.values()) {
      if (this.#channel !== undefined) for (const side of SIDES) from[side].sure = 0;
    }
    if (this.#channel === undefined) return;
    for (const side of SIDES) {
      const account = this.#channel[otherThan(side)];
      if (account.granted > account.window) this.#owes.add(side);
    }
  }

  /** A side sends a counted frame, for the first time or `again`. */
  sent(side: Side, frame: WireFrame, again: boolean): void {
    if (this.#owes.has(side)) this.#violate(`the ${side} goes on before it has said again what it granted`);
    if (again) return;
    const watched = this.#watched(side, frame);
    if (watched === undefined) return;
    const lane = watched.from[side];
    if (frame.type === Type.reset) {
      watched.reset = true;
      this.#ceases(side, lane);
      this.#checkReset(side, watched, frame);
    }
    if (!carriesBody(frame)) return;
    if (watched.resetArrived && this.#exact && isItem(frame)) {
      this.#violate(`the ${side} begins an item of stream ${frame.stream}, which was given up`);
    }
    if (startsBody(frame)) this.#begins(side, frame, lane);
    else this.#goesOn(side, frame, lane);
    if (frame.type === Type.end) this.#turns[side].ended(lane.priority);
    else this.#checkTurn(side, frame, lane);
    if ((frame.flags & MORE) !== 0) this.#halfSent[side].add(lane);
    else this.#complete(side, frame, lane);
  }

  /** What a side has sent of large bodies waits until it is acknowledged. */
  paused(side: Side): void {
    this.#turns[side].paused();
  }

  /** A counted frame arrives at a side, for the first time. */
  arrived(side: Side, frame: WireFrame): void {
    const watched = this.#streams.get(frame.stream);
    if (watched === undefined || !carriesBody(frame)) return;
    const sender = otherThan(side);
    const lane = watched.from[sender];
    // What the opener has still to say is of no use once END is there.
    if (frame.type === Type.end) this.#ceases(side, watched.from[side]);
    const more = (frame.flags & MORE) !== 0;
    const starts = startsBody(frame);
    const item = starts ? isItem(frame) : lane.arriving !== undefined;
    const octets = frame.body + (starts && item ? ITEM : 0);
    lane.arrived += octets;
    if (item) {
      if (this.#channel !== undefined) this.#channel[sender].arrived += octets;
      lane.arriving = (lane.arriving ?? 0) + octets;
      if (!more) {
        lane.items.push(lane.arriving);
        lane.arriving = undefined;
      }
    }
    // The last frame of a side's last body: the flag FINAL.
    if ((frame.flags & FINAL) !== 0) lane.over = true;
  }

  /** RESET arrives where it is read. */
  resetArrived({ stream }: WireFrame): void {
    const watched = this.#streams.get(stream);
    if (watched !== undefined) watched.resetArrived = true;
  }

  /** A side says CREDIT. */
  granted(side: Side, frame: WireFrame): void {
    const account = this.#account(side, frame);
    if (account === undefined) {
      this.#violate(`the ${side} says CREDIT ${frame.stream}, of which it has nothing to say`);
      return;
    }
    const limit = Number(frame.places(1)[0]);
    const who = `CREDIT ${frame.stream} of the ${side}`;
    if (limit < account.granted) this.#violate(`${who} goes back from ${account.granted} to ${limit}`);
    const held = account instanceof Lane ? this.#heldOf(frame.stream, side) : this.#held(side);
    const room = account.arrived - held + account.window;
    // What is granted once stays granted.
    if (limit > room && limit > account.granted) {
      this.#violate(`${who} grants ${limit}: ${account.arrived} arrived, ${held} wait, of at most ${account.window}`);
    }
    account.granted = Math.max(account.granted, limit);
    if (frame.stream === 0) this.#owes.delete(side);
  }

  /** GOAWAY that drains arrives at a side: what it says in streams that it opened beyond the `last` one is said no more (CHAN-003). */
  drained(side: Side, last: number): void {
    for (const [id, { opener, from }] of this.#streams)
      if (opener === side && id > last) this.#ceases(side, from[side]);
  }

  /** CREDIT arrives at a side. */
  told(side: Side, frame: WireFrame): void {
    const account = this.#account(otherThan(side), frame);
    if (account === undefined) return;
    account.limit = Math.max(account.limit, Number(frame.places(1)[0]));
    if (account instanceof Lane) account.sure = account.limit;
  }

  /** Nothing is under way any more: what a side keeps back although all came free, if anything (FLOW-006). */
  get keptBack(): string | undefined {
    if (this.#channel === undefined) return undefined;
    for (const side of SIDES) {
      const { arrived, granted, window } = this.#channel[otherThan(side)];
      const free = arrived - this.#held(side) + window - granted;
      const step = Math.min(CHANNEL_STEP, window >> 2);
      if (free >= step) return `the ${side} has room for ${free} octets of items that it does not grant`;
    }
    return undefined;
  }

  #begins(side: Side, frame: WireFrame, lane: Lane): void {
    const item = isItem(frame);
    const octets = frame.body + (item ? ITEM : 0);
    const channel = this.#channel?.[side];
    lane.body = { isItem: item, left: lane.left, channelLeft: channel?.left ?? 0, octets };
    this.#use(side, frame, lane, octets);
    if (!item || channel === undefined) return;
    if (octets > channel.left) {
      this.#violate(`the ${side} begins an item of ${octets} octets, and has ${channel.left} left for items`);
    }
    channel.used += octets;
  }

  #goesOn(side: Side, frame: WireFrame, lane: Lane): void {
    const { body } = lane;
    if (body === undefined) return;
    body.octets += frame.body;
    if (!body.isItem) {
      this.#use(side, frame, lane, frame.body);
      return;
    }
    // It was paid for when it began.
    lane.used += frame.body;
    const channel = this.#channel?.[side];
    if (channel !== undefined) channel.used += frame.body;
  }

  /** FLOW-001 */
  #use(side: Side, frame: WireFrame, lane: Lane, octets: number): void {
    if (octets > 0 && octets > lane.left) {
      this.#violate(`the ${side} sends ${octets} octets on stream ${frame.stream}, and has ${lane.left} left`);
    }
    lane.used += octets;
  }

  /** FLOW-008 */
  #complete(side: Side, frame: WireFrame, lane: Lane): void {
    const { body } = lane;
    this.#ceases(side, lane);
    if (body === undefined || body.octets === 0 || this.#channel === undefined) return;
    const { octets, left, channelLeft, isItem: item } = body;
    const enough = (at: number, window: number): boolean => octets <= at || at >= window >> 1;
    const { window } = this.#channel[side];
    if (enough(left, lane.window) && (!item || enough(channelLeft, window))) return;
    this.#violate(
      `the ${side} began ${octets} octets on stream ${frame.stream} with ${left} left, ${channelLeft} for items`,
    );
  }

  /** No more of a body follows. */
  #ceases(side: Side, lane: Lane): void {
    lane.body = undefined;
    this.#halfSent[side].delete(lane);
  }

  /** FLOW-011, of what waits for acknowledgements where that is necessary: ends may pass by. */
  #checkTurn(side: Side, frame: WireFrame, lane: Lane): void {
    const wrong = this.#turns[side].wrote(lane.priority, frame.body, this.#halfSent[side]);
    if (wrong !== undefined) this.#world.violate("priorities", `the ${side}: ${wrong}`);
  }

  /** FLOW-005: what waits of a call that is given up counts as taken, and its sender is told. */
  #checkReset(side: Side, { from }: Watched, { stream }: WireFrame): void {
    const { arrived, granted, window, over } = from[otherThan(side)];
    if (this.#channel === undefined || over || !this.#exact) return;
    const free = arrived + window - granted;
    if (free < window >> 1) return;
    this.#violate(`the ${side} gives up stream ${stream}, and does not give back ${free} octets`);
  }

  /** Octets of items of all streams that wait at a side. */
  #held(side: Side): number {
    let held = 0;
    for (const [id, { opener }] of this.#streams) if (opener === side) held += this.#heldOf(id, side);
    return held;
  }

  /** Octets of items of a stream that wait at a side for its application. */
  #heldOf(id: number, side: Side): number {
    const watched = this.#streams.get(id);
    const lane = watched?.from[otherThan(side)];
    if (watched === undefined || lane === undefined || (lane.items.length === 0 && lane.arriving === undefined))
      return 0;
    if (watched.reset || lane.over) return 0;
    const taken = this.#taken(watched.open.header[META]);
    if (taken === "all") return 0;
    // The application may have been given one of which it has not told.
    let held = lane.arriving ?? 0;
    for (const octets of lane.items.slice(taken + 1)) held += octets;
    return held;
  }

  /** What a side's CREDIT is about: it grants to the other one. */
  #account(side: Side, { stream }: WireFrame): Account | undefined {
    if (this.#channel === undefined) return undefined;
    const sender = otherThan(side);
    return stream === 0 ? this.#channel[sender] : this.#streams.get(stream)?.from[sender];
  }

  #watched(side: Side, frame: WireFrame): Watched | undefined {
    if (frame.type !== Type.open) return this.#streams.get(frame.stream);
    const { client, gateway } = this.#windows;
    const place = frame.places(PRIORITY + 1)[PRIORITY];
    const priority = place === 0 || place === 2 ? place : 1;
    const from = { client: new Lane(client, priority), gateway: new Lane(gateway, priority) };
    const watched: Watched = { open: frame, opener: side, from, reset: false, resetArrived: false };
    this.#streams.set(frame.stream, watched);
    return watched;
  }

  #violate(what: string): void {
    this.#world.violate("credit", what);
  }
}

const SIDES: readonly Side[] = ["client", "gateway"];

const FINAL = 0x02;

function carriesBody({ type }: WireFrame): boolean {
  return type === Type.open || type === Type.data || type === Type.end;
}

function startsBody({ type, flags }: WireFrame): boolean {
  return type !== Type.data || (flags & CONT) === 0;
}

function isItem(frame: WireFrame): boolean {
  return frame.type === Type.data && frame.places(1)[0] === ITEM_KIND;
}

interface Stated {
  readonly frame: number;
  readonly stream: number;
  readonly channel: number;
}

function limitsOf(frame: WireFrame | undefined, place: number): Stated {
  const limits = listOf(frame?.header[place]);
  return {
    frame: Number(limits[FRAME_PAYLOAD]),
    stream: Number(limits[STREAM_CREDIT]),
    channel: Number(limits[CHANNEL_CREDIT]),
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
