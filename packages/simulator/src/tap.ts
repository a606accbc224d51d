/**
 * Listens on every connection: what the wire may show at all, and what a host may see of it.
 *
 * @module
 */
import type { CarrierMessage } from "@turnmux/core";
import type { Connection } from "./connection.ts";
import { describeAll } from "./describe.ts";
import { Names } from "./names.ts";
import { otherThan, type Side } from "./sides.ts";
import { isOnce } from "./tools.ts";
import { DeliveryWatch, type WatchOptions } from "./watch.ts";
import { framesOf, Type, type WireFrame } from "./wire.ts";
import type { World } from "./world.ts";

/** What the tap asks about a connection. */
export interface TapOptions extends WatchOptions {
  /** Whether the side that runs a call of a `once` tool has recorded it, or had so at some time since then. */
  readonly recorded: (connection: Connection, receiver: Side, key: string, since: number) => boolean;
  /** A side says that the session on a connection is over: calls end with it, perhaps before their owner hears of that. */
  readonly sessionEnds: (connection: Connection) => void;
}

/** What the tap knows of a stream. */
interface SeenStream {
  readonly tool: string;
  readonly key: string | undefined;
  readonly openedAt: number;
}

/** What the tap knows of a connection. */
class Seen {
  readonly streams = new Map<number, SeenStream>();
  /** Messages of the hosts on their way, by sender. */
  readonly host: Readonly<Record<Side, string[]>> = { client: [], gateway: [] };
}

/** The names that the two sides of a session have said. */
type BothNames = Readonly<Record<Side, Names>>;

/** A limit that only waiting breaks. */
const HANDSHAKE_TIME = "HAND-007";

/** A message is missing. */
const LOST_MESSAGE = "CARR-021";

/** See the module's comment. */
export class Tap {
  readonly #world: World;
  readonly #options: TapOptions;
  readonly #seen = new WeakMap<Connection, Seen>();
  /** By session, or by connection where nothing outlives that. */
  readonly #names = new WeakMap<object, BothNames>();
  /** What is known of sessions that agreed on delivery. */
  readonly delivery: DeliveryWatch;

  constructor(world: World, options: TapOptions) {
    this.#world = world;
    this.#options = options;
    this.delivery = new DeliveryWatch(world, options);
  }

  /** A side hands a message to its socket. Gives its frames back. */
  sent(connection: Connection, side: Side, message: CarrierMessage): readonly WireFrame[] | undefined {
    const frames = framesOf(message);
    const named = this.#learn(connection, side, frames ?? []);
    const lost = connection.healthy ? "" : " (into the void)";
    if (this.#world.trace !== undefined) this.#note(connection, side, side === "client" ? "->" : "<-", frames, lost);
    if (frames === undefined) {
      this.#world.violate("the wire", "a side sends what is not turnmux's");
      return undefined;
    }
    if (!named && !this.delivery.ignores(connection)) {
      this.#world.violate("the wire", `the ${side} says a number for a name that it has not said`);
    }
    for (const frame of frames) this.#sentFrame(connection, side, frame);
    this.delivery.sent(connection, side, message, frames);
    return frames;
  }

  /** A message arrives at a side, maybe behind one that was lost. */
  arrived(connection: Connection, side: Side, frames: readonly WireFrame[] | undefined, behindLost: boolean): void {
    if (this.#world.trace !== undefined) this.#note(connection, side, "got", frames, "");
    // What follows a message that was lost is not taken.
    if (frames !== undefined && !behindLost) this.delivery.arrived(connection, side, frames);
  }

  /** A side has looked at a message, and says whether it was turnmux's. */
  handled(
    connection: Connection,
    side: Side,
    message: CarrierMessage,
    frames: readonly WireFrame[] | undefined,
    taken: boolean,
  ): void {
    if (frames === undefined) {
      const expected = this.#of(connection).host[side === "client" ? "gateway" : "client"].shift();
      if (taken) this.#world.violate("the host", `the ${side} kept a message of the host's`);
      else if (expected !== message) this.#world.violate("the host", "a message of the host's came out of order");
    } else if (!taken) {
      this.#world.violate("the host", `the host at the ${side} sees ${this.#describe(connection, frames)}`);
    }
  }

  /** A host sends on its socket. */
  hostSent(connection: Connection, side: Side, message: string): void {
    this.#of(connection).host[side].push(message);
  }

  /** A side has lost its connection. */
  lost(_connection: Connection, _side: Side): void {}

  #sentFrame(connection: Connection, side: Side, frame: WireFrame): void {
    switch (frame.type) {
      case Type.open: {
        const [, , key] = frame.places(3);
        const stream = {
          tool: this.#namesOf(connection)[side].toolOf(frame.stream),
          key: typeof key === "string" ? key : undefined,
          openedAt: this.#world.now,
        };
        this.#of(connection).streams.set(frame.stream, stream);
        return;
      }
      case Type.accept:
        this.#accept(connection, side, frame);
        return;
      case Type.refuse: {
        const message = String(frame.header[2]);
        const [, requirement] = /\[([A-Z]+-\d+)\]/.exec(message) ?? [];
        if (requirement !== undefined && !mayBreak(requirement, connection, side)) {
          this.#world.violate("the protocol", `REFUSE: ${message}`);
        }
        return;
      }
      case Type.goaway: {
        const [code, , message, , requirement] = frame.header;
        if (typeof requirement === "string" && !mayBreak(requirement, connection, side)) {
          this.#world.violate("the protocol", `GOAWAY of the ${side}: ${String(message)} [${requirement}]`);
        } else if (code === INTERNAL) this.#world.violate("the protocol", `GOAWAY of the ${side}: ${String(message)}`);
        if (!SURVIVED.has(Number(code)) && !this.delivery.ignores(connection)) this.#options.sessionEnds(connection);
        return;
      }
      default:
    }
  }

  /** CALL-002 */
  #accept(connection: Connection, side: Side, frame: WireFrame): void {
    const stream = this.#of(connection).streams.get(frame.stream);
    if (stream?.key === undefined || !isOnce(stream.tool)) return;
    // One that joins a call whose key is being freed is told so although the record has just gone.
    const since = frame.places(1)[0] === JOINED ? Number.NEGATIVE_INFINITY : stream.openedAt;
    if (this.#options.recorded(connection, side, stream.key, since)) return;
    this.#world.violate(
      "ACCEPT after the journal",
      `${stream.tool} with key ${stream.key} is accepted, and no journal holds it`,
    );
  }

  #of(connection: Connection): Seen {
    let seen = this.#seen.get(connection);
    if (seen === undefined) {
      seen = new Seen();
      this.#seen.set(connection, seen);
    }
    return seen;
  }

  /** Takes the names that OPENs say. False where one says a number that stands for nothing. */
  #learn(connection: Connection, side: Side, frames: readonly WireFrame[]): boolean {
    let known = true;
    for (const frame of frames) {
      if (frame.type === Type.open) known = this.#namesOf(connection)[side].sent(frame) && known;
    }
    return known;
  }

  #describe(connection: Connection, frames: readonly WireFrame[]): string {
    const { client, gateway } = this.#namesOf(connection);
    return describeAll(frames, (stream) => (stream % 2 === 1 ? client : gateway).toolOf(stream));
  }

  #namesOf(connection: Connection): BothNames {
    const key = this.delivery.sessionOn(connection) ?? connection;
    let names = this.#names.get(key);
    if (names === undefined) {
      names = { client: new Names(), gateway: new Names() };
      this.#names.set(key, names);
    }
    return names;
  }

  #note(connection: Connection, side: Side, how: string, frames: readonly WireFrame[] | undefined, more: string): void {
    const text = frames === undefined ? "a message of the host's" : this.#describe(connection, frames);
    this.#world.note(connection[side].process.name, `c${connection.number} ${how} ${text}${more}`);
  }
}

/** True for a rule that this side may find broken although both sides keep to it. */
function mayBreak(requirement: string, connection: Connection, side: Side): boolean {
  return requirement === HANDSHAKE_TIME || (requirement === LOST_MESSAGE && connection.lossy.has(otherThan(side)));
}

const INTERNAL = 13;

/** With these codes GOAWAY leaves the session alive: it drains, or goes on with another channel (RESUME-005, RESUME-006). */
const SURVIVED: ReadonlySet<number> = new Set([0, 10, 15]);

const JOINED = 2;
