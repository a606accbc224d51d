/**
 * The calls of one session across a channel: frames in, events out, and the other way round. Without I/O and clock.
 *
 * @module
 */
import type { ChannelEnd } from "../channel/events.ts";
import { Rates } from "../channel/rates.ts";
import type { Agreement, FrameSink, SinkFrame } from "../channel/sink.ts";
import type { Role } from "../channel/states.ts";
import { bodyLength, bodySource, Content, decodeBody, encodeOutgoing, type Body } from "../content/body.ts";
import type { Value } from "../content/value.ts";
import { codeToWire, type Code } from "../errors/codes.ts";
import { UsageError } from "../errors/usage.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import { Grants } from "../flow/grants.ts";
import { channelWindow, NO_WINDOW, streamWindow } from "../flow/window.ts";
import { CREDIT, LEAST_GRANT, ITEM_OCTETS, MAX_STREAM_ID, UNSENT_RESULTS, type Limits } from "../limits.ts";
import { headerLength } from "../wire/carriage.ts";
import { letGo } from "../spare-octets.ts";
import type { AckFrame, CountedFrame, CreditFrame, Frame, GoawayFrame, OfferFrame, PeerLimits } from "../wire/frame.ts";
import type { ChannelControl } from "./channel-control.ts";
import { cutShort, endedBefore, endedUnderWay, notKept, notSent, untaken } from "./endings.ts";
import {
  acceptFrame,
  dataFrame,
  DataKind,
  endFrame,
  endHeaderOctets,
  fitting,
  openFrame,
  openHeaderOctets,
  wireBody,
} from "./frames.ts";
import { Fifo } from "./fifo.ts";
import { Intake, type IntakeOwner } from "./intake.ts";
import { SentNames } from "./interned.ts";
import { NumberTable } from "./number-table.ts";
import { OwnOffers } from "./offers.ts";
import {
  NO_BODY,
  type AcceptInfo,
  type CallNumber,
  type CallPort,
  type Ending,
  type OpenRequest,
  type PortBody,
  type PortEvent,
  type Pulse,
} from "./port.ts";
import { EMPTY_QUEUE, withThing, type Queue } from "./queue.ts";
import { classOf } from "./scheduler.ts";
import { Stream, type BodyKind, type OutgoingBody, type StreamWindows } from "./stream.ts";
import { Writer, type WriterOwner } from "./writer.ts";

/** What a {@link Peer} is made from. */
export interface PeerOptions extends Agreement {
  readonly role: Role;
  readonly limits: Limits;
  readonly control: ChannelControl;
  /** The first stream identifier. Default: 1 for the client, 2 for the gateway. */
  readonly firstStream?: number | undefined;
  /** Octets of a long text, which is well-formed. Default: it is encoded to know. */
  readonly utf8Length?: ((text: string) => number) | undefined;
}

/** A {@link CallPort} whose other end is across a channel. The channel drives it as its {@link FrameSink}. */
export class Peer implements CallPort, FrameSink, IntakeOwner, WriterOwner {
  readonly messageLimit: number;
  readonly rates: Rates;
  readonly #limits: Limits;
  readonly #role: Role;
  readonly #peerLimits: PeerLimits;
  readonly #peerContents: readonly number[];
  readonly #utf8Length: PeerOptions["utf8Length"];
  readonly #control: ChannelControl;
  readonly #events = new Fifo<PortEvent>();
  /** True while the session has not taken the event that the offer has changed: many changes are one. */
  #offerQueued = false;
  readonly #streams = new NumberTable<Stream>();
  readonly #calls = new NumberTable<Stream>();
  readonly #writer: Writer;
  readonly #grants: Grants;
  readonly #windows: StreamWindows;
  /** Own calls that wait for a stream. */
  #waiting: Queue<Stream> = EMPTY_QUEUE;
  readonly #offers = new OwnOffers();
  readonly #intake: Intake;
  readonly #names = new SentNames();
  #nextCall: CallNumber = 1;
  #nextStream: number;
  #openedByUs = 0;
  #draining: { readonly message: string; readonly retryAfterMs: number | undefined } | undefined;
  #peerDrains = false;
  #ended = false;

  constructor(options: PeerOptions) {
    this.#role = options.role;
    this.#peerLimits = options.peerLimits;
    this.#peerContents = options.peerContents;
    this.#utf8Length = options.utf8Length;
    this.#limits = options.limits;
    this.#control = options.control;
    this.messageLimit = Math.min(options.peerLimits.message, options.peerLimits.assembling);
    this.#nextStream = options.firstStream ?? (options.role === "client" ? 1 : 2);
    const { streamCredit = 0, channelCredit = 0 } = options.peerLimits;
    const paced = options.features.includes(CREDIT);
    this.#windows = {
      outgoing: paced ? streamWindow(streamCredit) : NO_WINDOW,
      incoming: paced ? streamWindow(options.limits.streamCredit) : NO_WINDOW,
    };
    const { channelCredit: ownCredit, message } = options.limits;
    this.#grants = new Grants(paced ? channelWindow(ownCredit) : NO_WINDOW, message, options.control);
    this.rates = new Rates(options.limits, options.peerLimits.streams);
    this.#intake = new Intake({
      owner: this,
      role: options.role,
      limits: options.limits,
      rates: this.rates,
      grants: this.#grants,
      streams: this.#streams,
    });
    this.#writer = new Writer({
      owner: this,
      limits: options.peerLimits,
      windows: { stream: this.#windows.outgoing, channel: paced ? channelWindow(channelCredit) : NO_WINDOW },
    });
  }

  get lastStream(): number {
    return this.#intake.lastStream;
  }

  /** What this side has said about draining, once it has. */
  get draining(): { readonly message: string; readonly retryAfterMs: number | undefined } | undefined {
    return this.#draining;
  }

  get streams(): number {
    return this.#peerLimits.streams;
  }

  takes({ content }: PortBody): boolean {
    return content !== "local" && (content !== Content.msgpack || this.#peerContents.includes(content));
  }

  get pulse(): Pulse | undefined {
    return this.#control.pulse;
  }

  /** Octets that the session holds: bodies that wait to be written, or have arrived, and the peer's offer. */
  get heldOctets(): number {
    const { unsent, unsentArguments } = this.#writer;
    let octets = this.#intake.heldOctets + this.#grants.heldOctets + unsent + unsentArguments;
    for (const { argumentOctets } of this.#calls.values()) octets += argumentOctets;
    return octets;
  }

  /** Calls of either side that are not over. */
  get openCalls(): number {
    return this.#calls.size;
  }

  encode(value: unknown): PortBody {
    return encodeOutgoing(value, this.#peerContents, this.#utf8Length);
  }

  decode(body: PortBody): Value | undefined {
    return body.content === "local" ? body.value : decodeBody(body);
  }

  open(request: OpenRequest): CallNumber {
    const header = openHeaderOctets(request);
    if (header > this.#framePayload) this.#checkHeader(request);
    const body = wireBody(request.body);
    const call = this.#nextCall++;
    const stream = new Stream("opener", call, 0, classOf(request.priority), this.#windows);
    stream.deadline = request.deadline;
    this.#calls.set(call, stream);
    const mayOpen = this.#mayOpen;
    if (mayOpen) {
      this.#queueBody(stream, "arguments", body, header, (chunk, more, now) =>
        openFrame(stream.id, request, chunk, more, now),
      );
    } else this.#settle(stream, untaken("unavailable", "the session takes no further calls"), "untaken");
    try {
      if (mayOpen) this.#scheduleOpen(stream);
      else this.#control.wake();
    } catch {
      // It is queued, and perhaps written: the end of the session tells which.
      this.#control.close("internal", "this side has a fault, for which a call could not be written");
    }
    return call;
  }

  accept(call: CallNumber, accept: AcceptInfo): void {
    const stream = this.#calls.get(call);
    if (stream === undefined || stream.ending) return;
    const waiting = stream.control.findIndex((frame) => frame.type === "accept");
    const frame = acceptFrame(stream.id, accept, this.#framePayload);
    if (waiting === -1) stream.control.push(frame);
    else stream.control[waiting] = frame;
    this.#schedule(stream);
  }

  progress(call: CallNumber, body: PortBody): void {
    const stream = this.#calls.get(call);
    if (stream === undefined || stream.ending) return;
    const last = stream.bodies.at(-1);
    const former = last?.kind === "progress" && !last.started ? last : undefined;
    // A report is left out where the peer has much to read before it, unless it takes no more than the one in whose place it comes.
    if (this.crowded && (former === undefined || former.octets.length < bodyLength(wireBody(body)))) return;
    if (former !== undefined) this.#writer.keepBodies(stream, (body) => body !== former);
    this.#queueData(stream, "progress", body);
  }

  item(call: CallNumber, body: PortBody): boolean {
    const stream = this.#calls.get(call);
    if (stream === undefined || stream.ending) return true;
    if (stream.givenUp !== undefined) {
      stream.cutShort = true;
      return true;
    }
    stream.unsentItems += bodyLength(wireBody(body)) + ITEM_OCTETS;
    stream.wantsRoom = stream.unsentItems > this.#unsentItems;
    this.#queueData(stream, "item", body);
    return !stream.wantsRoom;
  }

  end(call: CallNumber, ending: Ending): void {
    const stream = this.#calls.get(call);
    if (stream === undefined || stream.ending) return;
    const length = bodyLength(wireBody(ending.body));
    const { unsent } = this.#writer;
    const most = this.#limits.unsent * UNSENT_RESULTS;
    // One that is alone is kept in any case: it is no more than the peer takes.
    const keeps = length === 0 || unsent === 0 || unsent + length <= most;
    this.answer(stream, keeps ? ending : notKept(ending, most));
  }

  consumed(call: CallNumber, octets: number): void {
    const stream = this.#calls.get(call);
    if (stream !== undefined) this.#grants.consumed(stream, octets);
  }

  reset(call: CallNumber, code: "cancelled" | "deadline_exceeded"): void {
    const stream = this.#calls.get(call);
    if (stream === undefined || stream.resetting !== undefined) return;
    if (stream.id === 0) {
      this.#control.wake();
      this.#settle(stream, notSent(code));
      return;
    }
    // What is left of the arguments is of no use any more: RESET stands for it.
    stream.resetting = { type: "reset", stream: stream.id, code: codeToWire(code) };
    this.#writer.reset(stream);
    // What is unread must not keep END from coming, which tells the truth.
    this.#grants.release(stream);
    this.#control.ready(0, this.#calls.size);
  }

  offer(tools: OfferFrame["tools"]): void {
    if (this.#offers.replace(tools, this.#framePayload)) this.#control.wake();
  }

  drain(message: string, retryAfterMs?: number): void {
    if (this.#draining !== undefined || this.#ended) return;
    this.#draining = { message, retryAfterMs };
    this.#intake.closeAt(this.lastStream);
    this.#control.drain(message, retryAfterMs);
    for (const stream of this.#waiting) this.#settle(stream, untaken("unavailable", message, retryAfterMs), "untaken");
    this.#endWhenDrained();
  }

  close(code: Code, message: string): void {
    if (!this.#ended) this.#control.close(code, message);
  }

  fail(violation: ProtocolViolation): void {
    if (!this.#ended) this.#control.fail(violation);
  }

  nextEvent(): PortEvent | undefined {
    const event = this.#events.take();
    if (event?.type !== "offer") return event;
    this.#offerQueued = false;
    return { type: "offer", tools: this.#intake.offered };
  }

  frame(frame: SinkFrame | AckFrame, now: number): void {
    if (frame.type === "goaway") this.#receiveGoaway(frame);
    else if (frame.type === "credit") this.#receiveCredit(frame, now);
    // A channel lets ACK through where `delivery` was agreed on, and then it ends there (FRAME-011).
    else if (frame.type !== "ack") this.#intake.frame(frame, now);
  }

  /** Without delivery the session waits for nothing. */
  nextTimeout(): undefined {
    return undefined;
  }

  handleTimeout(): void {}

  /** Says again what credit the peer has: what was said on a channel that is lost may not have arrived (FLOW-007). */
  restate(): void {
    this.rates.refill();
    this.#grants.restate(this.#calls.values());
  }

  /** Whoever has CREDIT to say wakes the channel. */
  get due(): boolean {
    return false;
  }

  nextControl(): CountedFrame | CreditFrame | undefined {
    return this.nextCredit() ?? this.nextReset();
  }

  nextFrame(now: number): CountedFrame | CreditFrame | undefined {
    return this.nextControl() ?? this.nextCounted(now, true, true);
  }

  /** Not so where a {@link FrameSink} of delivery stands between, which may send them again. */
  encoded(frames: readonly Frame[]): void {
    for (const frame of frames) letGo(frame);
  }

  /** The next CREDIT to write. It waits for nothing. */
  nextCredit(): CreditFrame | undefined {
    return this.#grants.next();
  }

  /** The next RESET to write. It is counted, and waits neither for bodies nor for credit. */
  nextReset(): CountedFrame | undefined {
    const next = this.#writer.nextReset();
    next?.stream.sent(next.frame);
    return next?.frame;
  }

  /**
   * The next counted frame to write that is no RESET. Without `room`: one of those that never wait for an acknowledgement
   * (DELIV-004). Without `bulk`: none of a large body (FLOW-009).
   */
  nextCounted(now: number, room: boolean, bulk: boolean): CountedFrame | undefined {
    const offer = room ? this.#offers.take() : undefined;
    if (offer !== undefined) return offer;
    const next = this.#writer.next(now, room, bulk);
    if (next === undefined) return undefined;
    const { stream, frame } = next;
    stream.sent(frame);
    if (frame.type === "open") {
      this.#events.add({ type: "sent", call: stream.call });
      return this.#names.written(frame);
    }
    if (stream.side === "receiver" && stream.ended) this.forget(stream);
    return frame;
  }

  channelEnded(end: ChannelEnd, _now: number): void {
    if (this.#ended) return;
    this.#ended = true;
    // What the session has not heard of need not start any more.
    const opens = this.#events.drop(({ type }) => type === "open");
    const unheard = new Set(opens.map((event) => (event.type === "open" ? event.call : 0)));
    for (const stream of this.#calls.values()) {
      if (stream.side === "receiver") {
        if (!unheard.has(stream.call)) this.#events.add({ type: "void", call: stream.call });
        this.forget(stream);
      } else {
        if (stream.id === 0) this.#settle(stream, endedBefore(end), "untaken");
        else this.#settle(stream, endedUnderWay(end), "cut");
      }
    }
    this.#events.add({ type: "ended", end });
  }

  /** For the intake: something for the session to take. */
  tell(event: PortEvent): void {
    this.#events.add(event);
  }

  /** For the intake: true while no further call is taken, as too much waits until the peer reads it (FLOW-010). */
  get crowded(): boolean {
    return this.#writer.unsent > this.#limits.unsent;
  }

  /** For the intake. */
  offerChanged(): void {
    if (this.#offerQueued) return;
    this.#offerQueued = true;
    // What is offered is looked at when the session takes the event.
    this.#events.add({ type: "offer", tools: new Map() });
  }

  #receiveGoaway(frame: GoawayFrame): void {
    // After a resume a side that drains says so again.
    const isNew = !this.#peerDrains;
    this.#peerDrains = true;
    const { message, retryAfterMs } = frame;
    const ending = untaken("unavailable", `the peer took no further calls: ${message}`, retryAfterMs);
    for (const stream of this.#calls.values()) {
      const taken = stream.id !== 0 && stream.id <= frame.lastStream;
      if (stream.side === "opener" && !taken) this.#settle(stream, ending, "untaken");
    }
    if (frame.code === 0 && isNew) this.#events.add({ type: "drain", message, retryAfterMs });
  }

  #receiveCredit({ stream: id, limit }: CreditFrame, now: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined && id !== 0) {
      const isOwn = id % 2 === (this.#role === "client" ? 1 : 0);
      if (id <= (isOwn ? this.#nextStream - 2 : this.#intake.lastSeen)) {
        this.rates.reset(now);
        return;
      }
      throw new ProtocolViolation("FLOW-004", "CREDIT names a stream that was never opened", "failed_precondition");
    }
    const more = stream === undefined ? this.#writer.channelCredit(limit) : this.#writer.credit(stream, limit);
    const { streamCredit = 0, channelCredit = 0 } = this.#peerLimits;
    const window = stream === undefined ? channelCredit : streamCredit;
    if (more < Math.min(LEAST_GRANT, Math.floor(window / 4))) this.rates.idle(now);
    if (more >= 0) return;
    throw new ProtocolViolation("FLOW-004", "CREDIT.limit is below the limit before", "failed_precondition");
  }

  /**
   * Octets of items that a call may have waiting. Where too much waits in the session none: then each goes on, one item at a time,
   * as its own are written. So whoever waits has something that will be, and a call that is read never waits for one that is not.
   */
  get #unsentItems(): number {
    return this.crowded ? 0 : this.#limits.unsentItems;
  }

  get #framePayload(): number {
    return this.#peerLimits.framePayload;
  }

  /** False where the peer takes no further calls, or this side drains and serves none that may need the peer's help. */
  get #mayOpen(): boolean {
    if (this.#ended || this.#peerDrains) return false;
    return this.#draining === undefined || this.#intake.openStreams > 0;
  }

  /** The bound was too high: the header itself is looked at. */
  #checkHeader(request: OpenRequest): void {
    if (headerLength(openFrame(1, request, NO_BODY.octets, true, 0)) <= this.#framePayload) return;
    throw new UsageError("key, turn, trace and meta of a call must fit into one frame together: shorten meta");
  }

  /** For the intake. */
  openedByPeer(id: number, priority: number | undefined): Stream {
    const stream = new Stream("receiver", this.#nextCall++, id, classOf(priority), this.#windows);
    this.#streams.set(id, stream);
    this.#calls.set(stream.call, stream);
    return stream;
  }

  #scheduleOpen(stream: Stream): void {
    if (this.#openedByUs >= this.#peerLimits.streams) {
      if (this.#waiting.size < this.#limits.queuedCalls) {
        this.#waiting = withThing(this.#waiting, stream);
        return;
      }
      this.#control.wake();
      const message = `more than ${this.#limits.queuedCalls} calls wait for a stream`;
      this.#settle(stream, untaken("resource_exhausted", message));
      return;
    }
    this.#openedByUs += 1;
    stream.counted = true;
    this.#schedule(stream);
  }

  /** To be called last: what is ready may be written at once. */
  #schedule(stream: Stream): void {
    this.#writer.schedule(stream);
    const body = stream.bodies.at(-1);
    // END may stand for ACCEPT, and a later report for an earlier one (CALL-001, CALL-008).
    const mayBeReplaced = body === undefined || body.kind === "progress";
    if (mayBeReplaced) this.#control.wake();
    // Behind an item comes another.
    else this.#control.ready(body.octets.length, this.#calls.size + (body.kind === "item" ? 1 : 0));
  }

  /** For the writer: OPEN is about to be written. */
  admit(stream: Stream, now: number): boolean {
    if (stream.deadline !== undefined && stream.deadline <= now) {
      this.#settle(stream, notSent("deadline_exceeded"));
      return false;
    }
    if (this.#nextStream > MAX_STREAM_ID) {
      // Those that are open finish; the others are for the next session.
      const message = "the stream identifiers of this session are used up [STREAM-009]";
      this.drain(message);
      this.#settle(stream, untaken("unavailable", message), "untaken");
      return false;
    }
    stream.id = this.#nextStream;
    this.#nextStream += 2;
    this.#streams.set(stream.id, stream);
    return true;
  }

  /** For the writer. */
  itemWritten(stream: Stream, octets: number): void {
    stream.unsentItems -= octets + ITEM_OCTETS;
    if (!stream.wantsRoom || stream.unsentItems > this.#unsentItems) return;
    stream.wantsRoom = false;
    this.#events.add({ type: "room", call: stream.call });
  }

  #queueData(stream: Stream, kind: "progress" | "item", body: PortBody): void {
    const whole = wireBody(body);
    const { content } = whole;
    this.#queueBody(stream, kind, whole, DATA_HEADER_OCTETS, (chunk, more) =>
      dataFrame(stream.id, DataKind[kind], content, chunk, more),
    );
    this.#schedule(stream);
  }

  /**
   * For the intake: the peer gives a call of its own up. Items of it that have not begun are dropped: they may wait for credit that the readers of
   * other calls hold, and END, which tells the truth and makes room for another stream, would wait behind them (CALL-005).
   */
  givenUp(stream: Stream, code: "cancelled" | "deadline_exceeded"): void {
    stream.givenUp = code;
    if (this.#writer.dropItems(stream) === 0) return;
    stream.cutShort = true;
    if (stream.endsWell) {
      this.#writer.keepBodies(stream, ({ kind }) => kind !== "result");
      this.answer(stream, { ok: true, body: NO_BODY });
    } else this.#schedule(stream);
  }

  /** For the intake, and for {@link end}. */
  answer(stream: Stream, completed: Ending): void {
    const given =
      completed.ok && stream.cutShort && stream.givenUp !== undefined ? cutShort(stream.givenUp) : completed;
    const ending = given.ok ? given : { ...given, message: fitting(given.message, this.#framePayload) };
    stream.ending = true;
    stream.endsWell = ending.ok;
    // END stands for an ACCEPT that was not written (CALL-001), unless items go before it.
    this.#writer.keepBodies(stream, (body) => body.kind === "item" || body.started);
    if (stream.bodies.length === 0 && !stream.accepted) stream.control.length = 0;
    this.#queueBody(stream, "result", wireBody(ending.body), endHeaderOctets(ending), (chunk, more) =>
      endFrame(stream.id, ending, chunk, more),
    );
    this.#schedule(stream);
  }

  #queueBody(stream: Stream, kind: BodyKind, body: Body, header: number, first: OutgoingBody["first"]): void {
    this.#writer.add(stream, { kind, octets: bodySource(body), offset: 0, started: false, header, first });
  }

  /** An own call is over. `again`: see {@link PortEvent}. */
  #settle(stream: Stream, ending: Ending, again?: "untaken" | "cut"): void {
    // Told first: with its last call a session that drains is over.
    this.#events.add({ type: "end", call: stream.call, ending, again });
    this.forget(stream);
  }

  /** For the intake, and wherever a stream is over. */
  forget(stream: Stream): void {
    this.#calls.delete(stream.call);
    if (stream.id !== 0) this.#streams.delete(stream.id);
    this.#waiting.remove(stream);
    this.#writer.forget(stream);
    this.#intake.release(stream);
    this.#grants.forget(stream);
    if (stream.counted) {
      stream.counted = false;
      this.#openedByUs -= 1;
      const next = this.#waiting.take();
      if (next !== undefined) this.#scheduleOpen(next);
    }
    this.#endWhenDrained();
  }

  #endWhenDrained(): void {
    if (this.#draining === undefined || this.#ended || this.#calls.size > 0) return;
    this.#control.drained(this.#draining.message, this.#draining.retryAfterMs);
  }
}

/** Octets of the header of DATA, in binary carriage. */
const DATA_HEADER_OCTETS = 2;
