/**
 * What arrives for streams and tools: checks each frame against the rules of `docs/spec.md` sections 5, 6 and 8, puts
 * bodies together, and tells the session.
 *
 * @module
 */
import type { Role } from "../channel/states.ts";
import { bodyLength, type Body } from "../content/body.ts";
import { metaOctets } from "../content/meta.ts";
import { isReservedName, isToolName, modelName } from "../contract/names.ts";
import { EMPTY_MAP } from "../empty.ts";
import { codeFromWire } from "../errors/codes.ts";
import { acceptStateFromWire, effectFromWire } from "../errors/effect.ts";
import { outcomeFromWire } from "../errors/outcome.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import type { Rates } from "../channel/rates.ts";
import type { Grants } from "../flow/grants.ts";
import { SHORT_FRAGMENT, type Limits } from "../limits.ts";
import type {
  AcceptFrame,
  DataFrame,
  EndFrame,
  NamedOpenFrame,
  OfferEntry,
  OfferFrame,
  StreamFrame,
} from "../wire/frame.ts";
import { Assembler, type Assembly, type BodyStart } from "./assembly.ts";
import { DataKind, OfferMode } from "./frames.ts";
import { ReceivedNames } from "./interned.ts";
import type { NumberTable } from "./number-table.ts";
import { NO_BODY, type Ending, type PortEvent } from "./port.ts";
import { sameEntry } from "./offers.ts";
import type { Stream } from "./stream.ts";

/** Milliseconds after which a peer that had too many streams may try again. */
const STREAMS_RETRY_MS = 1_000;

/** Milliseconds after which a peer that does not read its answers may try again. */
const UNSENT_RETRY_MS = 1_000;

/** Streams that a peer may open beyond its limit before it has read that they are refused. */
const REFUSED_AT_ONCE = 64;

/** What the intake tells, and asks. The {@link Peer} is it: a record of functions would cost each session as many closures. */
export interface IntakeOwner {
  /** Something for the session to take. */
  tell(event: PortEvent): void;
  /** The peer's offer has changed: see {@link Intake.offered}. */
  offerChanged(): void;
  /** Makes a stream of the peer known. */
  openedByPeer(id: number, priority: number | undefined): Stream;
  /** True while so much waits to be written that no further call is taken. */
  readonly crowded: boolean;
  /** The peer gives a call up. */
  givenUp(stream: Stream, code: "cancelled" | "deadline_exceeded"): void;
  /** Ends a call of the peer. */
  answer(stream: Stream, ending: Ending): void;
  /** An own call is over. */
  forget(stream: Stream): void;
}

/** What the intake works on. */
export interface IntakeOptions {
  readonly owner: IntakeOwner;
  readonly role: Role;
  readonly limits: Limits;
  /** How often the peer may say nothing new. */
  readonly rates: Rates;
  /** Counts what arrives. */
  readonly grants: Grants;
  /** Streams by identifier. */
  readonly streams: Pick<NumberTable<Stream>, "get">;
}

/** One for each session. */
export class Intake {
  readonly #owner: IntakeOwner;
  readonly #role: Role;
  readonly #limits: Limits;
  readonly #rates: Rates;
  readonly #grants: Grants;
  readonly #streams: IntakeOptions["streams"];
  readonly #assembler: Assembler;
  readonly #names = new ReceivedNames();
  #offered: Map<string, OfferEntry> = EMPTY_MAP;
  /** The names of those that are offered, by what a model calls them. */
  #modelNames: Map<string, string> = EMPTY_MAP;
  #offerOctets = 0;
  #lastStream = 0;
  #lastSeen = 0;
  #peerStreams = 0;
  #closedAt: number | undefined;

  constructor(options: IntakeOptions) {
    this.#owner = options.owner;
    this.#role = options.role;
    this.#limits = options.limits;
    this.#rates = options.rates;
    this.#grants = options.grants;
    this.#streams = options.streams;
    this.#assembler = new Assembler(options.limits.message, options.limits.assembling);
  }

  /** The greatest identifier that was taken of those that the peer opened. */
  get lastStream(): number {
    return this.#lastStream;
  }

  /** The greatest identifier that the peer has opened, whether it was taken or not. */
  get lastSeen(): number {
    return this.#lastSeen;
  }

  /** Streams of the peer whose END is not written. */
  get openStreams(): number {
    return this.#peerStreams;
  }

  /** What the peer offers now. A copy. */
  get offered(): ReadonlyMap<string, OfferEntry> {
    return this.#offered.size === 0 ? EMPTY_MAP : new Map(this.#offered);
  }

  /** About the octets of what the peer has sent and is kept: bodies that are being put together, and its offer. */
  get heldOctets(): number {
    return this.#assembler.total + this.#offerOctets;
  }

  /** Streams beyond this one are not taken: GOAWAY has said so (CHAN-003). */
  closeAt(lastStream: number): void {
    this.#closedAt = lastStream;
  }

  /** A stream is over: its unfinished body is let go. */
  release(stream: Stream): void {
    this.#letGo(stream);
    if (stream.side === "receiver") this.#peerStreams -= 1;
  }

  /** Throws {@link ProtocolViolation}. */
  frame(frame: StreamFrame | OfferFrame, now: number): void {
    if (frame.type === "offer") {
      if (!this.#offer(frame)) this.#rates.idle(now);
      return;
    }
    if (frame.type === "open") {
      this.#open(this.#names.named(frame));
      return;
    }
    const stream = this.#streams.get(frame.stream);
    if (stream === undefined) {
      this.#checkLate(frame, now);
      return;
    }
    if (frame.type === "reset" && stream.side === "opener") throw wrongSide(frame);
    if ((frame.type === "accept" || frame.type === "end") && stream.side === "receiver") throw wrongSide(frame);
    stream.received(frame);
    switch (frame.type) {
      case "accept":
        if (!this.#accept(stream, frame)) this.#rates.idle(now);
        return;
      case "data":
        this.#data(stream, frame);
        return;
      case "end":
        this.#grants.arrived(stream, frame.body.length, !frame.more);
        this.#start(stream, frame);
        return;
      case "reset":
        this.#reset(stream, frame.code);
        return;
    }
  }

  #letGo(stream: Stream): void {
    if (stream.assembly !== undefined) this.#assembler.release(stream.assembly);
    stream.assembly = undefined;
  }

  #open(frame: NamedOpenFrame): void {
    const limits = this.#limits;
    const peerIsClient = this.#role === "gateway";
    if ((frame.stream % 2 === 1) !== peerIsClient) {
      throw new ProtocolViolation(
        "STREAM-001",
        `OPEN.stream must be ${peerIsClient ? "odd from a client" : "even from a gateway"}`,
      );
    }
    if (frame.stream <= this.#lastSeen) {
      throw new ProtocolViolation(
        "STREAM-002",
        "OPEN.stream must be greater than every one before",
        "failed_precondition",
      );
    }
    if (frame.final === frame.more) {
      throw new ProtocolViolation("STREAM-006", "OPEN must carry FINAL exactly when it does not carry MORE");
    }
    if (Object.keys(frame.meta ?? {}).length > limits.metaEntries) {
      throw new ProtocolViolation(
        "LIMIT-003",
        `OPEN.meta must have at most ${limits.metaEntries} entries`,
        "resource_exhausted",
      );
    }
    this.#lastSeen = frame.stream;
    if (this.#closedAt !== undefined && frame.stream > this.#closedAt) return;
    this.#lastStream = frame.stream;
    const stream = this.#owner.openedByPeer(frame.stream, frame.priority);
    this.#peerStreams += 1;
    stream.received(frame);
    this.#grants.arrived(stream, frame.body.length, !frame.more);
    if (this.#peerStreams > limits.streams + REFUSED_AT_ONCE) {
      throw new ProtocolViolation(
        "STREAM-010",
        "streams are opened faster than refusals are read",
        "resource_exhausted",
      );
    }
    // STREAM-007
    if (this.#peerStreams > limits.streams) {
      this.#owner.answer(stream, refusal("more streams are open than agreed on", STREAMS_RETRY_MS));
      return;
    }
    // FLOW-010
    if (this.#owner.crowded) {
      const message = `more than ${limits.unsent} octets wait until this peer reads them`;
      this.#owner.answer(stream, refusal(message, UNSENT_RETRY_MS));
      return;
    }
    // Also of those that are never complete.
    stream.argumentOctets = metaOctets(frame.meta);
    this.#start(stream, frame);
  }

  #start(stream: Stream, start: BodyStart): void {
    if (start.more) {
      stream.assembly = this.#assembler.begin(start);
      this.#grew(stream, stream.assembly);
      return;
    }
    const content = start.type === "data" ? start.head.content : start.content;
    this.#complete(stream, start, this.#assembler.whole(content, start.body));
  }

  #data(stream: Stream, frame: DataFrame): void {
    const { head } = frame;
    if (head !== undefined) {
      if (head.kind !== DataKind.progress && head.kind !== DataKind.item) {
        throw new ProtocolViolation("FRAME-007", "DATA.kind must be 1 (progress) or 2 (item)");
      }
      const { length } = frame.body;
      if (head.kind === DataKind.item) this.#grants.itemBegins(stream, length);
      else this.#grants.arrived(stream, length, false);
      this.#start(stream, { ...frame, head });
      return;
    }
    // An item counts from its beginning on.
    if (stream.itemOctets > 0) this.#grants.itemGoesOn(stream, frame.body.length);
    else this.#grants.arrived(stream, frame.body.length, frame.final);
    const assembly = stream.assembly;
    // The END that refused the arguments is on its way; what still comes of them is dropped.
    if (assembly === undefined) return;
    this.#assembler.add(assembly, frame.body);
    this.#grew(stream, assembly);
    if (frame.more || stream.assembly === undefined) return;
    stream.assembly = undefined;
    this.#complete(stream, assembly.start, assembly.oversize ? undefined : this.#assembler.finish(assembly));
  }

  /** What is too large is answered as soon as that is known: a body may go on for ever. A result is the caller's own affair. */
  #grew(stream: Stream, assembly: Assembly): void {
    if (!assembly.oversize) return;
    if (assembly.start.type === "data") throw tooLong();
    if (assembly.start.type === "end") return;
    stream.assembly = undefined;
    this.#owner.answer(
      stream,
      refusal(`the arguments are larger than ${this.#limits.message} octets, or too much is under way`),
    );
  }

  #complete(stream: Stream, start: BodyStart, body: Body | undefined): void {
    switch (start.type) {
      case "open":
        this.#completeOpen(stream, start, body);
        return;
      case "data":
        if (body === undefined) throw tooLong();
        if (start.head.kind === DataKind.item) {
          const octets = this.#grants.itemComplete(stream);
          this.#owner.tell({ type: "item", call: stream.call, body, octets });
        } else this.#owner.tell({ type: "progress", call: stream.call, body });
        return;
      case "end":
        this.#completeEnd(stream, start, body);
        return;
    }
  }

  #completeOpen(stream: Stream, start: NamedOpenFrame, body: Body | undefined): void {
    if (body === undefined) {
      this.#owner.answer(stream, refusal(`the arguments are larger than ${this.#limits.message} octets`));
      return;
    }
    const { tool, callId, key, deadlineMs, priority, turn, lineage, trace, meta } = start;
    stream.argumentOctets += bodyLength(body);
    this.#owner.tell({
      type: "open",
      call: stream.call,
      tool,
      callId,
      key,
      deadlineMs,
      priority,
      turn,
      lineage,
      trace,
      meta,
      body,
    });
  }

  #completeEnd(stream: Stream, start: EndFrame, body: Body | undefined): void {
    const ending = endingOf(start, body);
    this.#owner.tell({ type: "end", call: stream.call, ending });
    this.#owner.forget(stream);
  }

  /** False where it says nothing new. */
  #accept(stream: Stream, frame: AcceptFrame): boolean {
    const state = acceptStateFromWire(frame.state);
    if (state === undefined) throw new ProtocolViolation("FRAME-007", "ACCEPT.state must be 0 to 4");
    const { reason, place, lagMs, deadlineMs } = frame;
    this.#owner.tell({ type: "accept", call: stream.call, accept: { state, reason, place, lagMs, deadlineMs } });
    const { heardAccept: before } = stream;
    stream.heardAccept = frame;
    if (before === undefined || before.state !== frame.state || before.reason !== reason) return true;
    return before.place !== place || before.deadlineMs !== deadlineMs;
  }

  #reset(stream: Stream, wireCode: number): void {
    const code = codeFromWire(wireCode) === "deadline_exceeded" ? "deadline_exceeded" : "cancelled";
    if (stream.ending) {
      this.#owner.givenUp(stream, code);
      return;
    }
    if (stream.assembly !== undefined) {
      // The handler never saw it.
      this.#letGo(stream);
      const message = "cancelled before its arguments were complete";
      this.#owner.answer(stream, { ok: false, code, message, outcome: "not_started", body: NO_BODY });
      return;
    }
    this.#owner.tell({ type: "reset", call: stream.call, code });
    this.#owner.givenUp(stream, code);
  }

  /** A frame of a stream that is not known: late where it is over, a fault where it never was (STREAM-003). */
  #checkLate(frame: StreamFrame, now: number): void {
    const byPeer = (frame.stream % 2 === 1) === (this.#role === "gateway");
    const late = byPeer && frame.stream <= this.#lastSeen;
    if (late && frame.type === "reset") return;
    if (late && frame.type === "data") {
      // The rest of refused arguments. Of each, one part at most is short.
      if (frame.body.length < SHORT_FRAGMENT) this.#rates.reset(now);
      return;
    }
    throw new ProtocolViolation(
      "STREAM-003",
      `${frame.type.toUpperCase()} names a stream that is not open`,
      "failed_precondition",
    );
  }

  /** False where it changes nothing. */
  #offer(frame: OfferFrame): boolean {
    let changes = false;
    if (frame.mode === OfferMode.remove) {
      for (const name of frame.names) if (this.#drop(name)) changes = true;
    } else {
      let before: ReadonlyMap<string, OfferEntry> = this.#offered;
      if (frame.mode === OfferMode.replace) {
        before = new Map(before);
        changes = before.size !== frame.tools.length;
        this.#offered.clear();
        this.#modelNames.clear();
        this.#offerOctets = 0;
      } else if (frame.mode !== OfferMode.add) throw new ProtocolViolation("FRAME-007", "OFFER.mode must be 0, 1 or 2");
      for (const tool of frame.tools) {
        if (!sameEntry(before.get(tool.name), tool)) changes = true;
        this.#take(tool);
      }
    }
    this.#owner.offerChanged();
    return changes;
  }

  /** False where it is not offered. */
  #drop(name: string): boolean {
    const tool = this.#offered.get(name);
    if (tool === undefined) return false;
    this.#offered.delete(name);
    this.#modelNames.delete(modelName(name));
    this.#offerOctets -= entryOctets(tool);
    return true;
  }

  #take(tool: OfferEntry): void {
    if (!isToolName(tool.name)) {
      throw new ProtocolViolation("TOOL-001", "OFFER.tools: a name must be 1 to 64 of A-Z a-z 0-9 _ - .");
    }
    if (isReservedName(tool.name)) {
      throw new ProtocolViolation("TOOL-001", "OFFER.tools: a name must not be one that belongs to the protocol");
    }
    const alias = modelName(tool.name);
    if ((this.#modelNames.get(alias) ?? tool.name) !== tool.name) {
      throw new ProtocolViolation("TOOL-001", "OFFER.tools: two names must not be equal once each . is _");
    }
    if (effectFromWire(tool.effect) === undefined) {
      throw new ProtocolViolation("FRAME-007", "OFFER.tools: an effect must be 0, 1 or 2");
    }
    this.#drop(tool.name);
    if (this.#offered === EMPTY_MAP) {
      this.#offered = new Map();
      this.#modelNames = new Map();
    }
    this.#modelNames.set(alias, tool.name);
    this.#offered.set(tool.name, tool);
    this.#offerOctets += entryOctets(tool);
    if (this.#offered.size > this.#limits.offeredTools) {
      throw new ProtocolViolation(
        "LIMIT-002",
        `more than ${this.#limits.offeredTools} tools are offered`,
        "resource_exhausted",
      );
    }
  }
}

/** About what an offered tool takes in memory. */
function entryOctets({ name, description, revision }: OfferEntry): number {
  return 256 + 2 * (name.length + (description?.length ?? 0) + (revision?.length ?? 0));
}

function refusal(message: string, retryAfterMs?: number): Ending {
  return { ok: false, code: "resource_exhausted", message, outcome: "not_started", retryAfterMs, body: NO_BODY };
}

function endingOf(start: EndFrame, body: Body | undefined): Ending {
  if (start.code === 0) {
    if (body !== undefined) return { ok: true, body };
    const message = "the result is larger than this side takes";
    return { ok: false, code: "resource_exhausted", message, outcome: "completed", retryable: false, body: NO_BODY };
  }
  const outcome = start.outcome === undefined ? undefined : outcomeFromWire(start.outcome);
  if (outcome === undefined)
    throw new ProtocolViolation("ERR-001", "END.outcome must be 0 to 3 where END.code is not 0");
  return {
    ok: false,
    code: codeFromWire(start.code),
    message: start.message ?? "",
    outcome,
    retryable: start.retryable,
    retryAfterMs: start.retryAfterMs,
    body: body ?? NO_BODY,
  };
}

function tooLong(): ProtocolViolation {
  return new ProtocolViolation("LIMIT-001", "a progress report or item is larger than agreed on", "resource_exhausted");
}

function wrongSide(frame: StreamFrame): ProtocolViolation {
  return new ProtocolViolation(
    "STREAM-004",
    `${frame.type.toUpperCase()} came from the wrong side of the stream`,
    "failed_precondition",
  );
}
