/**
 * The calls of one session across a channel: frames in, events out, and the other way round. Without I/O and clock.
 *
 * @module
 */
import type { ChannelEnd } from "../channel/events.ts";
import type { Agreement, FrameSink } from "../channel/sink.ts";
import type { Role } from "../channel/states.ts";
import { decodeBody, encodeBody, type Body } from "../content/body.ts";
import type { Value } from "../content/value.ts";
import { codeToWire, type Code } from "../errors/codes.ts";
import { UsageError } from "../errors/usage.ts";
import type { ProtocolViolation } from "../errors/violation.ts";
import { MAX_STREAM_ID, type Limits } from "../limits.ts";
import type { Frame, GoawayFrame, OfferFrame, ResetFrame, StreamFrame } from "../wire/frame.ts";
import {
  acceptFrame,
  dataFrame,
  DataKind,
  endFrame,
  endHeaderOctets,
  offerFrames,
  openFrame,
  openHeaderOctets,
  wireBody,
} from "./frames.ts";
import { Intake } from "./intake.ts";
import {
  NO_BODY,
  type AcceptInfo,
  type CallNumber,
  type CallPort,
  type Ending,
  type OpenRequest,
  type PortBody,
  type PortEvent,
} from "./port.ts";
import { Ring } from "./ring.ts";
import { Stream, type BodyKind } from "./stream.ts";

/** How a peer moves its channel. The owner passes these on with the present time. */
export interface ChannelControl {
  drain(message: string, retryAfterMs?: number): void;
  close(code: Code, message: string, retryAfterMs?: number): void;
  fail(violation: ProtocolViolation): void;
  /** There is something to write, or an event to take. */
  wake(): void;
}

/** What a {@link Peer} is made from. */
export interface PeerOptions extends Agreement {
  readonly role: Role;
  readonly limits: Limits;
  readonly control: ChannelControl;
  /** The first stream identifier. Default: 1 for the client, 2 for the gateway. */
  readonly firstStream?: number | undefined;
}

/** A {@link CallPort} whose other end is across a channel. The channel drives it as its {@link FrameSink}. */
export class Peer implements CallPort, FrameSink {
  readonly messageLimit: number;
  readonly #limits: Limits;
  readonly #options: PeerOptions;
  readonly #control: ChannelControl;
  readonly #events: PortEvent[] = [];
  readonly #streams = new Map<number, Stream>();
  readonly #calls = new Map<CallNumber, Stream>();
  readonly #ring = new Ring();
  readonly #waiting = new Set<Stream>();
  readonly #offers: OfferFrame[] = [];
  readonly #intake: Intake;
  #nextCall: CallNumber = 1;
  #nextStream: number;
  #openedByUs = 0;
  #draining: { readonly message: string; readonly retryAfterMs: number | undefined } | undefined;
  #peerDrains = false;
  #ended = false;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#limits = options.limits;
    this.#control = options.control;
    this.messageLimit = options.peerLimits.message;
    this.#nextStream = options.firstStream ?? (options.role === "client" ? 1 : 2);
    this.#intake = new Intake({
      role: options.role,
      limits: options.limits,
      streams: this.#streams,
      event: (event) => this.#events.push(event),
      opened: (id) => this.#openedByPeer(id),
      answer: (stream, ending) => this.#queueEnd(stream, ending),
      over: (stream) => this.#forget(stream),
    });
  }

  get lastStream(): number {
    return this.#intake.lastStream;
  }

  /** Calls of either side that are not over. */
  get openCalls(): number {
    return this.#calls.size;
  }

  encode(value: unknown): PortBody {
    return encodeBody(value, this.#options.peerContents);
  }

  decode(body: PortBody): Value | undefined {
    return body.content === "local" ? body.value : decodeBody(body);
  }

  open(request: OpenRequest): CallNumber {
    const header = openHeaderOctets(request);
    if (header > this.#options.peerLimits.framePayload) {
      throw new UsageError("key, turn, trace and meta of a call must fit into one frame together: shorten meta");
    }
    const call = this.#nextCall++;
    const stream = new Stream("opener", call, 0);
    this.#calls.set(call, stream);
    this.#control.wake();
    if (this.#ended || this.#peerDrains || this.#draining !== undefined) {
      this.#settleUntaken(stream, "unavailable", "the session takes no further calls");
      return call;
    }
    this.#queueBody(stream, "arguments", wireBody(request.body), (chunk, more, now) =>
      openFrame(stream.id, request, chunk, more, now),
    );
    stream.firstRoom = this.#options.peerLimits.framePayload - header;
    this.#scheduleOpen(stream);
    return call;
  }

  accept(call: CallNumber, accept: AcceptInfo): void {
    const stream = this.#calls.get(call);
    if (stream === undefined || stream.ending) return;
    const waiting = stream.control.findIndex((frame) => frame.type === "accept");
    const frame = acceptFrame(stream.id, accept);
    if (waiting === -1) stream.control.push(frame);
    else stream.control[waiting] = frame;
    this.#schedule(stream);
  }

  progress(call: CallNumber, body: PortBody): void {
    const stream = this.#calls.get(call);
    if (stream === undefined || stream.ending) return;
    const last = stream.bodies.at(-1);
    if (last?.kind === "progress" && !last.started) stream.bodies.pop();
    this.#queueData(stream, "progress", body);
  }

  item(call: CallNumber, body: PortBody): boolean {
    const stream = this.#calls.get(call);
    if (stream === undefined || stream.ending) return true;
    this.#queueData(stream, "item", body);
    stream.unsentItems += wireBody(body).octets.length + ITEM_OCTETS;
    stream.wantsRoom = stream.unsentItems > this.#limits.unsentItems;
    return !stream.wantsRoom;
  }

  end(call: CallNumber, ending: Ending): void {
    const stream = this.#calls.get(call);
    if (stream === undefined || stream.ending) return;
    this.#queueEnd(stream, ending);
  }

  reset(call: CallNumber, code: "cancelled" | "deadline_exceeded"): void {
    const stream = this.#calls.get(call);
    if (stream === undefined || stream.resetting) return;
    this.#control.wake();
    if (stream.id === 0) {
      const message = code === "cancelled" ? "cancelled before it was sent" : "not sent before its deadline";
      this.#settle(stream, { ok: false, code, message, outcome: "not_started", body: NO_BODY });
      return;
    }
    // What is left of the arguments is of no use any more: RESET stands for it.
    stream.resetting = true;
    stream.bodies.length = 0;
    const frame: ResetFrame = { type: "reset", stream: stream.id, code: codeToWire(code) };
    stream.control.push(frame);
    this.#schedule(stream);
  }

  offer(tools: OfferFrame["tools"]): void {
    this.#offers.length = 0;
    this.#offers.push(...offerFrames(tools, this.#options.peerLimits.framePayload));
    this.#control.wake();
  }

  drain(message: string, retryAfterMs?: number): void {
    if (this.#draining !== undefined || this.#ended) return;
    this.#draining = { message, retryAfterMs };
    this.#intake.closeAt(this.lastStream);
    this.#control.drain(message, retryAfterMs);
    this.#refuseWaiting(message, retryAfterMs);
    this.#endWhenDrained();
  }

  close(code: Code, message: string): void {
    if (!this.#ended) this.#control.close(code, message);
  }

  fail(violation: ProtocolViolation): void {
    if (!this.#ended) this.#control.fail(violation);
  }

  nextEvent(): PortEvent | undefined {
    return this.#events.shift();
  }

  frame(frame: StreamFrame | OfferFrame | GoawayFrame, _now: number): void {
    if (frame.type === "goaway") this.#receiveGoaway(frame);
    else this.#intake.frame(frame);
  }

  nextFrame(now: number): Frame | undefined {
    const offer = this.#offers.shift();
    if (offer !== undefined) return offer;
    for (;;) {
      const stream = this.#ring.take();
      if (stream === undefined) return undefined;
      const frame = this.#frameOf(stream, now);
      if (frame === undefined) continue;
      stream.sent(frame);
      if (frame.type === "open") this.#events.push({ type: "sent", call: stream.call });
      if (stream.side === "receiver" && stream.ended) this.#forget(stream);
      else if (stream.control.length > 0 || stream.bodies.length > 0) this.#ring.add(stream);
      return frame;
    }
  }

  channelEnded(end: ChannelEnd, _now: number): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const stream of this.#calls.values()) {
      if (stream.side === "receiver") {
        this.#calls.delete(stream.call);
        this.#events.push({ type: "void", call: stream.call });
      } else if (stream.id === 0) {
        const message = `the session ended before the call was sent: ${end.message}`;
        this.#settleUntaken(stream, codeOfEnd(end), message, end.retryAfterMs);
      } else {
        this.#settle(stream, {
          ok: false,
          code: codeOfEnd(end),
          message: `the session ended while the call was under way: ${end.message}`,
          outcome: "unknown",
          retryAfterMs: end.retryAfterMs,
          requirement: end.requirement,
          body: NO_BODY,
        });
      }
    }
    this.#streams.clear();
    this.#waiting.clear();
    this.#events.push({ type: "ended", end });
  }

  #receiveGoaway(frame: GoawayFrame): void {
    this.#peerDrains = true;
    const retryAfterMs = frame.retryAfterMs;
    for (const stream of this.#calls.values()) {
      if (stream.side !== "opener" || (stream.id !== 0 && stream.id <= frame.lastStream)) continue;
      this.#settleUntaken(stream, "unavailable", `the peer took no further calls: ${frame.message}`, retryAfterMs);
    }
    if (frame.code === 0) this.#events.push({ type: "drain", message: frame.message, retryAfterMs });
  }

  #refuseWaiting(message: string, retryAfterMs: number | undefined): void {
    for (const stream of this.#waiting) this.#settleUntaken(stream, "unavailable", message, retryAfterMs);
  }

  #openedByPeer(id: number): Stream {
    const stream = new Stream("receiver", this.#nextCall++, id);
    this.#streams.set(id, stream);
    this.#calls.set(stream.call, stream);
    return stream;
  }

  #scheduleOpen(stream: Stream): void {
    if (this.#openedByUs >= this.#options.peerLimits.streams) {
      this.#waiting.add(stream);
      return;
    }
    this.#openedByUs += 1;
    stream.counted = true;
    this.#schedule(stream);
  }

  #schedule(stream: Stream): void {
    this.#ring.add(stream);
    this.#control.wake();
  }

  #frameOf(stream: Stream, now: number): StreamFrame | undefined {
    const body = stream.bodies[0];
    // RESET and ACCEPT need no room and wait for nothing, except that nothing precedes OPEN.
    const control = stream.control.shift();
    if (control !== undefined) return control;
    if (body === undefined) return undefined;
    if (stream.id === 0 && !this.#assignId(stream)) return undefined;
    const room = body.started ? this.#options.peerLimits.framePayload : stream.firstRoom;
    const chunk = body.octets.subarray(body.offset, body.offset + room);
    const more = body.offset + chunk.length < body.octets.length;
    const frame: StreamFrame = body.started
      ? {
          type: "data",
          stream: stream.id,
          more,
          final: !more && (body.kind === "arguments" || body.kind === "result"),
          body: chunk,
        }
      : body.first(chunk, more, now);
    body.started = true;
    body.offset += chunk.length;
    if (!more) {
      stream.bodies.shift();
      if (body.kind === "item") this.#itemWritten(stream, body.octets.length + ITEM_OCTETS);
      this.#setFirstRoom(stream);
    }
    return frame;
  }

  #assignId(stream: Stream): boolean {
    if (this.#nextStream > MAX_STREAM_ID) {
      this.#control.close("unavailable", "the stream identifiers of this session are used up [STREAM-009]");
      return false;
    }
    stream.id = this.#nextStream;
    this.#nextStream += 2;
    this.#streams.set(stream.id, stream);
    return true;
  }

  #itemWritten(stream: Stream, octets: number): void {
    stream.unsentItems -= octets;
    if (!stream.wantsRoom || stream.unsentItems > this.#limits.unsentItems) return;
    stream.wantsRoom = false;
    this.#events.push({ type: "room", call: stream.call });
  }

  #queueData(stream: Stream, kind: "progress" | "item", body: PortBody): void {
    const { content, octets } = wireBody(body);
    this.#queueBody(stream, kind, { content, octets }, (chunk, more) =>
      dataFrame(stream.id, DataKind[kind], content, chunk, more),
    );
    this.#schedule(stream);
  }

  #queueEnd(stream: Stream, ending: Ending): void {
    stream.ending = true;
    // END stands for an ACCEPT that was not written (CALL-001), unless items go before it.
    const hasBodies = stream.bodies.some((body) => body.kind === "item" || body.started);
    stream.bodies = stream.bodies.filter((body) => body.kind === "item" || body.started);
    if (!hasBodies && !stream.accepted) stream.control.length = 0;
    stream.endHeader = endHeaderOctets(ending);
    this.#queueBody(stream, "result", wireBody(ending.body), (chunk, more) => endFrame(stream.id, ending, chunk, more));
    this.#schedule(stream);
  }

  #queueBody(stream: Stream, kind: BodyKind, body: Body, first: Stream["bodies"][number]["first"]): void {
    stream.bodies.push({ kind, octets: body.octets, offset: 0, started: false, first });
    this.#setFirstRoom(stream);
  }

  /** The first frame of a body holds a header, too. OPEN's is known when the call is made. */
  #setFirstRoom(stream: Stream): void {
    const next = stream.bodies[0];
    if (next === undefined || next.started || next.kind === "arguments") return;
    stream.firstRoom = this.#options.peerLimits.framePayload - (next.kind === "result" ? stream.endHeader : 2);
  }

  #settle(stream: Stream, ending: Ending): void {
    this.#forget(stream);
    this.#events.push({ type: "end", call: stream.call, ending });
  }

  #settleUntaken(stream: Stream, code: Code, message: string, retryAfterMs?: number): void {
    this.#forget(stream);
    const ending: Ending = { ok: false, code, message, outcome: "not_started", retryAfterMs, body: NO_BODY };
    this.#events.push({ type: "end", call: stream.call, ending, untaken: true });
  }

  #forget(stream: Stream): void {
    this.#calls.delete(stream.call);
    if (stream.id !== 0) this.#streams.delete(stream.id);
    this.#waiting.delete(stream);
    this.#ring.remove(stream);
    this.#intake.release(stream);
    stream.bodies.length = 0;
    stream.control.length = 0;
    if (stream.counted) {
      stream.counted = false;
      this.#openedByUs -= 1;
      const [next] = this.#waiting;
      if (next !== undefined) {
        this.#waiting.delete(next);
        this.#scheduleOpen(next);
      }
    }
    this.#endWhenDrained();
  }

  #endWhenDrained(): void {
    if (this.#draining === undefined || this.#ended || this.#calls.size > 0) return;
    this.#control.close("unavailable", this.#draining.message, this.#draining.retryAfterMs);
  }
}

/** What an item that waits takes beside its octets: many small ones must not count as nothing. */
const ITEM_OCTETS = 64;

/** What the calls of a session end with when it is over. */
function codeOfEnd(end: ChannelEnd): Code {
  if (end.requirement !== undefined && end.cause !== "timeout") return "internal";
  return end.cause === "closed" && !end.byPeer ? "cancelled" : "unavailable";
}
