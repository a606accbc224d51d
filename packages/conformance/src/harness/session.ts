/**
 * The suite's side of a session. By itself it acknowledges, answers PING and grants credit, all of which a case may switch off;
 * it counts what is counted, and puts together what arrives. It keeps to no other rule, so that a case may break any.
 *
 * @module
 */
import { Failure } from "../suite/verdict.ts";
import * as build from "../wire/build.ts";
import { Code, DataKind, Flag, FrameType, OfferMode } from "../wire/constants.ts";
import type { Frame, RawFrame, RawRow } from "../wire/frame.ts";
import type { FieldsOf } from "../wire/parse.ts";
import type { Channel, Patience, Received } from "./channel.ts";
import { Inbox } from "./inbox.ts";
import type { StatedLimits } from "./limits.ts";
import { beginsItem, Inbound, ITEM_OCTETS, NameTable } from "./streams.ts";

/** What the handshake settled. */
export interface Established {
  /** The side that the suite plays. */
  readonly side: "client" | "gateway";
  readonly id: string;
  readonly resumeToken: Uint8Array | undefined;
  readonly principal: string;
  readonly scopes: readonly string[];
  readonly features: readonly string[];
  readonly heartbeatMs: number;
  /** What the peer takes. */
  readonly peer: StatedLimits;
  /** What the suite stated that it takes. */
  readonly own: StatedLimits;
}

/** What the session does by itself. */
export interface Automatic {
  /** Acknowledges each counted frame at once. */
  ack: boolean;
  /** Answers PING. */
  pong: boolean;
  /** Grants credit as soon as half of a window is used. */
  credit: boolean;
}

/** An OPEN that arrived. */
export interface Opened {
  readonly open: FieldsOf<"open">;
  readonly stream: number;
  /** The tool's name, also where OPEN has its number. */
  readonly tool: string;
  readonly turn: string | undefined;
  readonly inbound: Inbound;
  readonly received: Received;
}

type OfferedTool = FieldsOf<"offer">["tools"][number];

const COUNTED: ReadonlySet<number> = new Set([
  FrameType.open,
  FrameType.accept,
  FrameType.data,
  FrameType.end,
  FrameType.reset,
  FrameType.offer,
]);

/** True for the frames of DELIV-001. */
export function isCounted(frame: Frame): boolean {
  return COUNTED.has(frame.type);
}

/** One session, over the channels that it has one after the other. */
export class Session {
  readonly established: Established;
  channel: Channel;
  /** The token that resumes it, the latest one. */
  resumeToken: Uint8Array | undefined;
  readonly automatic: Automatic = { ack: true, pong: true, credit: true };
  /** The session goes on where its channel ends without it (RESUME-005): what is waited for may still come on the next one. */
  lasts = false;
  /** What the peer offers, by name. */
  readonly offered: Map<string, Exclude<OfferedTool, string>> = new Map();
  /** OPENs that arrived. */
  readonly opened: Inbox<Opened> = new Inbox();
  /** Counted frames that the suite sent, with the stream on which. */
  readonly sent: Frame[] = [];
  /** Counted frames that arrived. */
  receivedCount = 0;
  /** The count of the peer's latest ACK. */
  acknowledged = 0;
  /** Octets of items that arrived, with what each counts for beside them. */
  itemOctets = 0;
  readonly #inbound = new Map<number, Inbound>();
  readonly #names = new NameTable();
  /** The credit that the peer granted, by stream; 0 is the channel's. */
  readonly #granted = new Map<number, number>();
  readonly #grants = new Inbox<{ stream: number; limit: number }>();
  /** What the suite granted beyond what it stated, by stream. */
  readonly grantedToPeer: Map<number, number> = new Map();
  readonly #used = new Map<number, number>();
  #nextStream: number;

  constructor(channel: Channel, established: Established) {
    this.channel = channel;
    this.established = established;
    this.resumeToken = established.resumeToken;
    this.#nextStream = established.side === "client" ? 1 : 2;
    this.#follow(channel);
  }

  get id(): string {
    return this.established.id;
  }

  /** Whether a feature was agreed on. */
  has(feature: "delivery" | "credit"): boolean {
    return this.established.features.includes(feature);
  }

  /** A stream of the suite's own that was not used yet. */
  newStream(): number {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    return stream;
  }

  /** Sends frames in one message, and counts those that are counted. */
  send(...frames: readonly Frame[]): void {
    for (const frame of frames) if (isCounted(frame)) this.sent.push(frame);
    this.channel.send(...frames);
  }

  /** Sends octets or rows as they are: whatever breaks a rule. They are not counted. */
  sendRaw(...frames: readonly (Frame | RawFrame | RawRow)[]): void {
    this.channel.send(...frames);
  }

  /** What has arrived on a stream. */
  inbound(stream: number): Inbound {
    let inbound = this.#inbound.get(stream);
    if (inbound === undefined) {
      inbound = new Inbound();
      this.#inbound.set(stream, inbound);
    }
    return inbound;
  }

  /** How much of its credit a stream of the suite's has left; of stream 0 the channel's, for items. */
  creditLeft(stream: number): number {
    if (!this.has("credit")) return Number.POSITIVE_INFINITY;
    const { streamCredit, channelCredit } = this.established.peer;
    const limit = this.#granted.get(stream) ?? (stream === 0 ? channelCredit : streamCredit);
    return limit - (this.#used.get(stream) ?? 0);
  }

  /** The limit of the latest CREDIT of a stream, or undefined where none came. */
  grantOf(stream: number): number | undefined {
    return this.#granted.get(stream);
  }

  /** Waits until a stream has so much credit left. */
  async creditFor(stream: number, octets: number, options?: Patience): Promise<void> {
    while (this.creditLeft(stream) < octets) {
      const what = `CREDIT for stream ${stream} (the suite waits to send ${octets} octets more)`;
      await this.#grants.take((grant) => grant.stream === stream, this.channel.patience(options), what);
    }
  }

  /** Takes octets of a body off the credit of a stream. */
  useCredit(stream: number, octets: number): void {
    this.#used.set(stream, (this.#used.get(stream) ?? 0) + octets);
  }

  /**
   * Sends PING and waits for its PONG. What the peer was to answer to frames before has arrived by then, since it reads in order and
   * PONG waits for nothing: so "nothing happens" can be shown without waiting.
   */
  async roundTrip(options?: Patience): Promise<FieldsOf<"pong">> {
    const id = this.channel.pingId();
    this.channel.send(build.ping(id));
    return this.channel.take("pong", (pong) => pong.id === id, { ...options, what: `PONG of PING ${id}` });
  }

  /** The GOAWAY that ends the session (code other than 0). */
  goaway(options?: Patience): Promise<FieldsOf<"goaway"> & { readonly received: Received }> {
    return this.channel.take("goaway", (goaway) => goaway.code !== 0, {
      ...options,
      what: "GOAWAY with a code, which ends the session",
    });
  }

  /** Goes on with another channel. */
  move(channel: Channel): void {
    this.channel.onframe = undefined;
    this.channel = channel;
    this.#follow(channel);
  }

  /** Ends the session from the suite's side, so that the peer keeps nothing of it. */
  leave(): void {
    this.channel.send(build.goaway({ code: 1, lastStream: 0, message: "The case is over." }));
  }

  #follow(channel: Channel): void {
    channel.onframe = (received) => {
      try {
        this.#receive(received);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        channel.fault(error);
      }
    };
    // What came behind the handshake before the session was there.
    for (const received of channel.frames.entries) this.#receive(received);
    void channel.socket.closed.then(() => {
      if (this.channel !== channel || this.lasts) return;
      const reason = new Failure("The socket is closed.");
      for (const inbound of this.#inbound.values()) inbound.stop(reason);
      this.opened.end(reason);
    });
  }

  #receive(received: Received): void {
    const { frame } = received;
    if (frame.type <= FrameType.refuse) return;
    if (isCounted(frame)) this.receivedCount++;
    // In text carriage a header has no octets of its own.
    const length = frame.payload?.length ?? frame.body.length;
    if (length > this.established.own.framePayload) {
      throw new Failure(`The peer sent a payload of ${length} octets, more than was stated.`, "FRAME-001");
    }
    switch (frame.type) {
      case FrameType.offer:
        this.#offer(this.channel.fieldsOf("offer", frame));
        break;
      case FrameType.ping:
        if (this.automatic.pong) this.channel.send(build.pong(this.channel.fieldsOf("ping", frame).id));
        break;
      case FrameType.ack:
        this.acknowledged = this.channel.fieldsOf("ack", frame).received;
        break;
      case FrameType.credit: {
        const { limit } = this.channel.fieldsOf("credit", frame);
        this.#granted.set(frame.stream, limit);
        this.#grants.put({ stream: frame.stream, limit });
        break;
      }
      case FrameType.goaway:
        this.#goaway(this.channel.fieldsOf("goaway", frame));
        break;
      default:
        this.#stream(received);
    }
    if (this.automatic.ack && isCounted(frame) && this.has("delivery")) this.acknowledge();
    if (this.automatic.credit && this.has("credit")) this.#grant(frame);
  }

  /** Says ACK with the count of all that arrived. */
  acknowledge(): void {
    this.channel.send(build.ack(this.receivedCount));
  }

  #offer(offer: FieldsOf<"offer">): void {
    if (offer.mode === OfferMode.replace) this.offered.clear();
    for (const entry of offer.tools) {
      if (typeof entry === "string") this.offered.delete(entry);
      else this.offered.set(entry.name, entry);
    }
  }

  #goaway(goaway: FieldsOf<"goaway">): void {
    if (goaway.code === Code.ok || (this.lasts && goaway.code === Code.data_loss)) return;
    const of = goaway.requirement === undefined ? "" : ` for ${goaway.requirement}`;
    const reason = new Failure(`The peer ended the session${of}: ${goaway.message}`);
    for (const inbound of this.#inbound.values()) inbound.stop(reason);
    this.opened.end(reason);
    this.#grants.end(reason);
  }

  #stream(received: Received): void {
    const { frame } = received;
    const inbound = this.inbound(frame.stream);
    switch (frame.type) {
      case FrameType.open: {
        const open = this.channel.fieldsOf("open", frame);
        const tool = this.#names.resolve(open.tool);
        const turn = open.turn === undefined ? undefined : this.#names.resolve(open.turn);
        inbound.begin(frame, open.content, (body) => inbound.arguments.put(body));
        this.opened.put({ open, stream: frame.stream, tool, turn, inbound, received });
        break;
      }
      case FrameType.accept:
        inbound.accepts.put(this.channel.fieldsOf("accept", frame));
        break;
      case FrameType.reset:
        inbound.resets.put(this.channel.fieldsOf("reset", frame));
        break;
      case FrameType.end: {
        const end = this.channel.fieldsOf("end", frame);
        inbound.begin(frame, end.content, (body) => inbound.ended.put({ end, body }));
        break;
      }
      case FrameType.data:
        this.#data(frame, inbound);
        break;
      default:
        return;
    }
    if ((frame.flags & Flag.final) !== 0) inbound.over = true;
  }

  #data(frame: Frame, inbound: Inbound): void {
    if ((frame.flags & Flag.cont) !== 0) {
      inbound.part(frame);
      if (inbound.beganItem) this.itemOctets += frame.body.length;
      return;
    }
    const data = this.channel.fieldsOf("data", frame);
    inbound.beganItem = beginsItem(frame);
    if (inbound.beganItem) {
      inbound.octets += ITEM_OCTETS;
      this.itemOctets += ITEM_OCTETS + frame.body.length;
    }
    const inbox = data.kind === DataKind.item ? inbound.items : inbound.progress;
    inbound.begin(frame, data.content ?? 0, (body) => inbox.put(body));
  }

  /** Grants what half of a window is used of, on the frame's stream and for items. */
  #grant(frame: Frame): void {
    if (frame.stream === 0) return;
    const { streamCredit, channelCredit } = this.established.own;
    const inbound = this.inbound(frame.stream);
    const limit = this.grantedToPeer.get(frame.stream) ?? streamCredit;
    if (!inbound.over && limit - inbound.octets < streamCredit / 2)
      this.grant(frame.stream, inbound.octets + streamCredit);
    const ofChannel = this.grantedToPeer.get(0) ?? channelCredit;
    if (ofChannel - this.itemOctets < channelCredit / 2) this.grant(0, this.itemOctets + channelCredit);
  }

  /** Says CREDIT. */
  grant(stream: number, limit: number): void {
    this.grantedToPeer.set(stream, limit);
    this.channel.send(build.credit(stream, limit));
  }
}
