/**
 * Watches delivery on the wire: that acknowledgements tell of what arrived, that what is sent again is what was sent, and
 * that no more is kept than the limit allows. `docs/spec.md` section 11.
 *
 * @module
 */
import type { CarrierMessage } from "@turnmux/core";
import type { Connection } from "./connection.ts";
import { Flow, type Taken } from "./flow.ts";
import { otherThan, type Side } from "./sides.ts";
import { CONT, MORE, Type, type WireFrame } from "./wire.ts";
import type { World } from "./world.ts";

/** What a frame counts for beside its body (DELIV-003). */
const OVERHEAD = 64;

/** Octets by which the sender may count what it keeps higher than it is counted here. */
const MARGIN = 2_048;

/** Milliseconds by which a deadline may differ by rounding. */
const ROUNDING_MS = 1.5;

/** Frames of a message, at most. */
const BATCH = 128;

/** A frame that was sent and not acknowledged. */
interface Sent {
  readonly frame: WireFrame;
  readonly at: number;
  readonly octets: number;
  /** It belongs to a body of several frames. */
  readonly bulk: boolean;
}

/** One direction of a session. Frames are numbered from 1. */
class Direction {
  /** The number of the last frame that was ever sent. */
  top = 0;
  /** Octets that the sender keeps, at least. */
  kept = 0;
  /** The part of them that belongs to bodies of several frames. */
  keptBulk = 0;
  /** The number of the last frame that ever arrived. */
  arrived = 0;
  /** What the receiver has said to have. */
  told = 0;
  readonly #sent = new Map<number, Sent>();
  #acknowledged = 0;

  add(sent: Sent): void {
    this.top += 1;
    this.kept += sent.octets;
    if (sent.bulk) this.keptBulk += sent.octets;
    this.#sent.set(this.top, sent);
  }

  get(number: number): Sent | undefined {
    return this.#sent.get(number);
  }

  /** The sender learns that so many have arrived. */
  acknowledge(count: number): void {
    for (; this.#acknowledged < Math.min(count, this.top); this.#acknowledged += 1) {
      const number = this.#acknowledged + 1;
      const sent = this.#sent.get(number);
      this.kept -= sent?.octets ?? 0;
      if (sent?.bulk === true) this.keptBulk -= sent.octets;
      this.#sent.delete(number);
    }
  }
}

/** A session that agreed on delivery. */
export class WatchedSession {
  /** By sender. */
  readonly from: Readonly<Record<Side, Direction>> = { client: new Direction(), gateway: new Direction() };
  /** The message of the last HELLO with which it was resumed. */
  hello: CarrierMessage | undefined;
  /** The token in that HELLO. */
  usedToken: Uint8Array | undefined;
  /** True once that token is good no more. */
  spent = false;
  /** The connection of the latest WELCOME: what still arrives on the one before is not read. */
  line: Line | undefined;
  /** The token of the latest WELCOME. */
  token: Uint8Array | undefined;
  readonly flow: Flow;

  constructor(flow: Flow) {
    this.flow = flow;
  }
}

/** What is known of a connection. */
class Line {
  hello: { readonly frame: WireFrame; readonly message: CarrierMessage } | undefined;
  session: WatchedSession | undefined;
  flow: Flow | undefined;
  resumed = false;
  /** The number of the last counted frame that was sent here, by sender. */
  readonly sent: Record<Side, number> = { client: 0, gateway: 0 };
  /** The number of the last counted frame that arrived here, by sender. */
  readonly arrived: Record<Side, number> = { client: 0, gateway: 0 };
  clientSpoke = false;
  /** What the client says once it has read WELCOME has arrived. */
  heard = false;
  ignored = false;
}

/** What a {@link DeliveryWatch} asks for. */
export interface WatchOptions {
  /** The limit of what either side keeps until it is acknowledged, in octets. */
  readonly replay: number;
  /** The limit of the part of it that belongs to large bodies. */
  readonly bulkInFlight: number;
  readonly taken: Taken;
}

/** See the module's comment. */
export class DeliveryWatch {
  readonly #world: World;
  readonly #options: WatchOptions;
  readonly #lines = new WeakMap<Connection, Line>();
  readonly #sessions = new Map<string, WatchedSession>();

  constructor(world: World, options: WatchOptions) {
    this.#world = world;
    this.#options = options;
  }

  /** What is known of a session, where it agreed on delivery. */
  session(id: string): WatchedSession | undefined {
    return this.#sessions.get(id);
  }

  /** The session on a connection, where it agreed on delivery. */
  sessionOn(connection: Connection): WatchedSession | undefined {
    return this.#lines.get(connection)?.session;
  }

  /** What is known of credit on a connection, once it has a session. */
  flowOn(connection: Connection): Flow | undefined {
    return this.#lines.get(connection)?.flow;
  }

  /** Whoever comes over this connection keeps to no rule. */
  ignore(connection: Connection): void {
    this.#line(connection).ignored = true;
  }

  /** True where {@link ignore} has said so. */
  ignores(connection: Connection): boolean {
    return this.#lines.get(connection)?.ignored === true;
  }

  /** A side hands frames to its socket. */
  sent(connection: Connection, side: Side, message: CarrierMessage, frames: readonly WireFrame[]): void {
    const line = this.#line(connection);
    if (line.ignored) return;
    if (side === "client") this.#clientSpeaks(line, frames);
    else this.#gatewaySpeaks(line, frames);
    this.#checkCompany(line, side, frames);
    for (const frame of frames) {
      if (frame.type === Type.hello) this.#hello(line, frame, message);
      else if (frame.type === Type.welcome) this.#welcomeSent(line, frame);
      else if (frame.type === Type.ack) this.#ackSent(line, side, frame);
      else if (frame.type === Type.credit) line.flow?.granted(side, frame);
      else if (isCounted(frame)) {
        const again = this.#countedSent(line, side, frame);
        line.flow?.sent(side, frame, again);
        if (line.session !== undefined && this.#pauses(line.session.from[side])) line.flow?.paused(side);
      }
    }
  }

  /** Frames arrive at a side. */
  arrived(connection: Connection, side: Side, frames: readonly WireFrame[]): void {
    const line = this.#line(connection);
    const { session } = line;
    if (line.flow !== undefined) this.#flowArrived(line.flow, line, side, frames);
    if (session === undefined) return;
    // One that gives up may not have read WELCOME.
    const speaks = frames.some((frame) => frame.type > Type.refuse && !endsSession(frame)) && connection.healthy;
    if (side === "gateway" && speaks) line.heard = true;
    const other = otherThan(side);
    for (const frame of frames) {
      if (frame.type === Type.welcome) {
        if (line.resumed) session.from.client.acknowledge(Number(frame.header[RESUMED_FROM]));
      } else if (frame.type === Type.ack) {
        session.from[side].acknowledge(Number(frame.places(1)[0]));
      } else if (isCounted(frame)) {
        line.arrived[other] += 1;
        session.from[other].arrived = Math.max(session.from[other].arrived, line.arrived[other]);
      }
    }
  }

  /** Before {@link arrived} counts them. */
  #flowArrived(flow: Flow, line: Line, side: Side, frames: readonly WireFrame[]): void {
    const { session, arrived } = line;
    const other = otherThan(side);
    let number = arrived[other];
    const read = session === undefined || session.line === line;
    for (const frame of frames) {
      if (frame.type === Type.credit) flow.told(side, frame);
      else if (frame.type === Type.goaway) {
        if (read) flow.drained(side, Number(frame.places(LAST_STREAM + 1)[LAST_STREAM]));
      } else if (isCounted(frame)) {
        number += 1;
        if (session === undefined || number > session.from[other].arrived) {
          flow.arrived(side, frame);
          if (frame.type === Type.reset && read) flow.resetArrived(frame);
        }
      }
    }
  }

  #hello(line: Line, frame: WireFrame, message: CarrierMessage): void {
    line.hello ??= { frame, message };
    const asked = resumeOf(frame);
    if (asked === undefined) return;
    const direction = this.#sessions.get(asked.session)?.from.gateway;
    if (direction !== undefined) this.#checkTold("HELLO", direction, asked.received);
  }

  #welcomeSent(line: Line, frame: WireFrame): void {
    const { header } = frame;
    const features = header[FEATURES];
    if (!Array.isArray(features)) return;
    if (!features.includes("delivery")) {
      line.flow = this.#newFlow(line, frame);
      return;
    }
    const id = String(header[SESSION]);
    const from = header[RESUMED_FROM];
    const token = header[TOKEN];
    const asked = line.hello === undefined ? undefined : resumeOf(line.hello.frame);
    if (typeof from !== "number" || asked === undefined) {
      line.session = new WatchedSession(this.#newFlow(line, frame));
      this.#sessions.set(id, line.session);
    } else {
      const session = this.#sessions.get(id);
      if (session === undefined) {
        this.#violate(`WELCOME resumes ${id}, which nobody had`);
        return;
      }
      line.session = session;
      line.resumed = true;
      session.hello = line.hello?.message;
      session.usedToken = asked.token;
      session.spent = false;
      this.#checkTold("WELCOME", session.from.client, from);
      line.sent.client = from;
      line.arrived.client = from;
      line.sent.gateway = asked.received;
      line.arrived.gateway = asked.received;
      session.from.gateway.acknowledge(asked.received);
      const { client, gateway } = session.from;
      session.flow.resumed(client.arrived === from && gateway.arrived === asked.received);
    }
    line.flow = line.session.flow;
    line.session.line = line;
    line.session.token = token instanceof Uint8Array ? token : undefined;
  }

  #newFlow({ hello }: Line, welcome: WireFrame): Flow {
    return new Flow(this.#world, this.#options.taken, hello?.frame, welcome);
  }

  /** True where the sender may have to wait for an ACK before it goes on with a large body. */
  #pauses({ kept, keptBulk }: Direction): boolean {
    const { replay, bulkInFlight } = this.#options;
    return kept + MARGIN >= replay || keptBulk >= bulkInFlight;
  }

  /** A side tells anew how many frames it has. */
  #checkTold(where: string, direction: Direction, count: number): void {
    if (count < direction.told || count > direction.arrived) {
      this.#violate(
        `${where} tells of ${count} frames: ${direction.told} were told of, and ${direction.arrived} arrived`,
      );
    }
    direction.told = count;
  }

  /** FLOW-006: ACK goes with CREDIT, as far as it has something to tell. */
  #checkCompany({ session, arrived }: Line, side: Side, frames: readonly WireFrame[]): void {
    if (session === undefined || frames.length >= BATCH || !frames.some(({ type }) => type === Type.credit)) return;
    const other = otherThan(side);
    const untold = arrived[other] > session.from[other].told && !frames.some(({ type }) => type === Type.ack);
    if (untold) this.#violate(`the ${side} says CREDIT without ACK`);
  }

  #ackSent({ session, arrived }: Line, side: Side, frame: WireFrame): void {
    if (session === undefined) return;
    const count = Number(frame.places(1)[0]);
    const other = otherThan(side);
    session.from[other].told = count;
    if (count !== arrived[other]) {
      this.#violate(`ACK of the ${side} tells of ${count} frames, and ${arrived[other]} have arrived`);
    }
  }

  /** True where it was sent before. */
  #countedSent(line: Line, side: Side, frame: WireFrame): boolean {
    const { session } = line;
    if (session === undefined) return false;
    const { replay, bulkInFlight } = this.#options;
    const direction = session.from[side];
    line.sent[side] += 1;
    const number = line.sent[side];
    if (number > direction.top) {
      const waits = frame.type === Type.open || frame.type === Type.data || frame.type === Type.offer;
      if (waits && direction.kept >= replay) {
        this.#violate(`the ${side} goes on although it keeps ${direction.kept} octets, of at most ${replay}`);
      }
      const bulk = isBulk(frame);
      if (bulk && direction.keptBulk >= bulkInFlight) {
        const { keptBulk } = direction;
        this.#violate(`the ${side} goes on with a large body although ${keptBulk} octets are not acknowledged`);
      }
      direction.add({ frame, at: this.#world.now, octets: OVERHEAD + frame.body, bulk });
      return false;
    }
    const before = direction.get(number);
    if (before !== undefined) this.#checkSame(side, number, before, frame);
    return true;
  }

  #checkSame(side: Side, number: number, { frame: before, at }: Sent, frame: WireFrame): void {
    const isSame =
      before.type === frame.type &&
      before.stream === frame.stream &&
      (frame.type === Type.open ? sameOpening(before, frame) : before.print === frame.print);
    if (!isSame) {
      this.#violate(`frame ${number} of the ${side} is sent again, and is another one`);
      return;
    }
    if (frame.type !== Type.open) return;
    const first = before.header[DEADLINE];
    const again = frame.header[DEADLINE];
    if (typeof first !== "number" && typeof again !== "number") return;
    const left = Math.max(0, Number(first) - (this.#world.now - at));
    if (Math.abs(left - Number(again)) <= ROUNDING_MS) return;
    this.#violate(`OPEN ${frame.stream} is sent again with ${String(again)} ms, and ${Math.round(left)} are left`);
  }

  /**
   * RESUME-002: the first word of a client that was resumed makes the token before void, where it is heard. Who has left the channel
   * meanwhile, since the client was silent, does not hear it, and does not go on there.
   */
  #gatewaySpeaks({ session, heard, hello }: Line, frames: readonly WireFrame[]): void {
    if (session === undefined || !heard || frames.every(endsSession)) return;
    if (hello?.message === session.hello) session.spent = true;
  }

  /** RESUME-002: the first word of a client that was resumed. */
  #clientSpeaks(line: Line, frames: readonly WireFrame[]): void {
    if (!line.resumed || line.clientSpoke) return;
    const [first] = frames;
    if (first === undefined || first.type <= Type.refuse) return;
    line.clientSpoke = true;
    if (first.type === Type.goaway || frames.some(({ type }) => type === Type.ack)) return;
    this.#violate("a client that was resumed does not say ACK first");
  }

  #line(connection: Connection): Line {
    let line = this.#lines.get(connection);
    if (line === undefined) {
      line = new Line();
      this.#lines.set(connection, line);
    }
    return line;
  }

  #violate(what: string): void {
    this.#world.violate("delivery", what);
  }
}

/** Places in headers. */
const FEATURES = 3;
const SESSION = 7;
const TOKEN = 10;
const RESUMED_FROM = 11;
const NOT_RESUMED = 12;
const RESUME = 8;
const DEADLINE = 3;
const LAST_STREAM = 1;

interface Resume {
  readonly session: string;
  readonly token: Uint8Array | undefined;
  readonly received: number;
}

/** What WELCOME says of the session that was to be resumed. */
export function resumptionOf({ header }: WireFrame): { readonly resumed: boolean; readonly why: string | undefined } {
  const why = header[NOT_RESUMED];
  return { resumed: typeof header[RESUMED_FROM] === "number", why: typeof why === "string" ? why : undefined };
}

/** What HELLO says of the session to resume. */
function resumeOf({ header }: WireFrame): Resume | undefined {
  const resume = header[RESUME];
  if (!Array.isArray(resume)) return undefined;
  const [session, token, received] = resume.map((place: unknown) => place);
  return {
    session: String(session),
    token: token instanceof Uint8Array ? token : undefined,
    received: Number(received),
  };
}

function sameOpening(before: WireFrame, frame: WireFrame): boolean {
  const rest = ({ header }: WireFrame): string =>
    JSON.stringify(header.map((place, index) => (index === DEADLINE ? null : place)));
  return before.body === frame.body && before.flags === frame.flags && rest(before) === rest(frame);
}

function isCounted({ type }: WireFrame): boolean {
  return COUNTED.has(type);
}

const COUNTED: ReadonlySet<number> = new Set([Type.open, Type.accept, Type.data, Type.end, Type.reset, Type.offer]);

/** A part of a body of several frames. */
function isBulk({ type, flags }: WireFrame): boolean {
  return (flags & MORE) !== 0 || (type === Type.data && (flags & CONT) !== 0);
}

/** A GOAWAY that does not merely drain. */
function endsSession(frame: WireFrame): boolean {
  return frame.type === Type.goaway && frame.places(1)[0] !== 0;
}
