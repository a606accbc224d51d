/**
 * The suite's end of one channel: frames out, frames in, and a trace of both. It keeps to no rule by itself, so that a case
 * may break any.
 *
 * @module
 */
import { z } from "zod";
import { randomBytes } from "node:crypto";
import { Failure } from "../suite/verdict.ts";
import { FrameType, type FrameName } from "../wire/constants.ts";
import { WireError, frameName, type Frame, type RawFrame, type RawRow } from "../wire/frame.ts";
import { decodeMessage, encodeMessage, type Carriage } from "../wire/message.ts";
import { fields, type FieldsOf } from "../wire/parse.ts";
import { showFrame } from "../wire/show.ts";
import { Inbox } from "./inbox.ts";
import type { SuiteKey } from "./keys.ts";
import type { Socket, SocketEnd } from "./socket.ts";
import type { Trace } from "./trace.ts";

const ZERO_TAG = new Uint8Array(8);
const Envelope = z.object({ host: z.unknown() });

/** A frame that arrived. */
export interface Received {
  readonly frame: Frame;
  /** Which frame it is of all that arrived on the channel, from 0. */
  readonly index: number;
  /** Which message of turnmux it came in, from 0. */
  readonly message: number;
  /** When, by `performance.now()`. */
  readonly at: number;
}

/** What a case may say about a wait. */
export interface Patience {
  /** Milliseconds, before the time scale. Default: 4,000. */
  readonly within?: number;
}

/** How a channel is made. */
export interface ChannelOptions {
  readonly carriage: Carriage;
  readonly trace: Trace;
  readonly timeScale: number;
  /** The key that is proved on it, or asked for, where a case names none. */
  readonly key: SuiteKey;
  /** In front of each line of the trace, where a case has several channels. */
  readonly label?: string;
}

const PATIENCE_MS = 4_000;

/** Octets up to which a message that the suite wrote is known again. */
const REMEMBERED_OCTETS = 1_024;

/** A message as a key: octets and text are never the same one. */
function keyOf(data: Uint8Array | string): string {
  return typeof data === "string" ? `text ${data}` : `octets ${Buffer.from(data).toString("hex")}`;
}

/** One channel on one socket. */
export class Channel {
  readonly socket: Socket;
  readonly carriage: Carriage;
  /** The key that is proved on it, or asked for, where a case names none. */
  readonly key: SuiteKey;
  readonly frames: Inbox<Received> = new Inbox();
  /** Messages of the host, in order. */
  readonly host: Inbox<Uint8Array | string> = new Inbox();
  /** The tag that the suite draws for itself; another one where a host's socket has its next channel. */
  tag: Uint8Array;
  /** The tag that the peer stated. */
  peerTag: Uint8Array = ZERO_TAG;
  /** Sees each frame before anybody who waits does. */
  onframe: ((received: Received) => void) | undefined;
  /** Frames that arrived. */
  arrived = 0;
  readonly #trace: Trace;
  readonly #label: string;
  readonly #timeScale: number;
  /** What was sent as the host's although it begins as messages of turnmux do: whoever sends it back says it as a host. */
  readonly #saidAsHost = new Set<string>();
  /** What the suite wrote, where it is short: a host that was handed it sends it back. */
  readonly #written = new Set<string>();
  #messages = 0;
  #sequenceOut = 0;
  #sequenceIn = 0;
  #pings = 1_000;

  constructor(socket: Socket, options: ChannelOptions) {
    this.socket = socket;
    this.carriage = options.carriage;
    this.key = options.key;
    this.#trace = options.trace;
    this.#label = options.label === undefined ? "" : `[${options.label}] `;
    this.#timeScale = options.timeScale;
    this.tag = randomBytes(8);
    void socket.closed.then((end) => {
      this.note(`the socket is closed: ${end.code} ${end.reason}`);
      const reason = new Failure(`The peer closed the socket with ${end.code}.`);
      this.frames.end(reason);
      this.host.end(reason);
    });
    socket.listen((data) => this.#receive(data));
  }

  /** Messages of turnmux that were sent, and so the number of the next one in wrapped carriage. */
  get sent(): number {
    return this.#sequenceOut;
  }

  /** A line of the trace. */
  note(line: string): void {
    this.#trace.add(this.#label + line);
  }

  /** Milliseconds of patience. */
  patience(options?: Patience): number {
    return Math.round((options?.within ?? PATIENCE_MS) * this.#timeScale);
  }

  /** Sends frames in one message with the peer's tag; with handshake frames in it, with the tag zero. */
  send(...frames: readonly (Frame | RawFrame | RawRow)[]): void {
    const handshake = frames.some((frame) => "type" in frame && frame.type <= FrameType.refuse);
    this.sendTagged(handshake ? ZERO_TAG : this.peerTag, frames);
  }

  /** Sends frames in one message with a tag of the case's choice. `sequence`: wrapped carriage's number, where it is to be a wrong one. */
  sendTagged(tag: Uint8Array, frames: readonly (Frame | RawFrame | RawRow)[], sequence?: number): void {
    for (const frame of frames) {
      this.note(
        "type" in frame
          ? showFrame(frame, "→")
          : `→ ${frame instanceof Object && "octets" in frame ? `octets ${Buffer.from(frame.octets).toString("hex").slice(0, 200)}` : JSON.stringify(frame).slice(0, 200)}`,
      );
    }
    const number = sequence ?? this.#sequenceOut++;
    this.#write(encodeMessage(this.carriage, tag, frames, number));
  }

  /** Sends a message as it is; in wrapped carriage inside the host's envelope. */
  sendMessage(data: Uint8Array | string): void {
    this.note(
      `→ message ${typeof data === "string" ? data.slice(0, 200) : Buffer.from(data).toString("hex").slice(0, 200)}`,
    );
    this.#write(data);
  }

  /** Sends a message of the host. */
  sendHost(data: Uint8Array | string): void {
    this.note(
      `→ host message ${typeof data === "string" ? JSON.stringify(data.slice(0, 80)) : `of ${data.length} octets`}`,
    );
    this.#saidAsHost.add(keyOf(data));
    this.socket.send(data);
  }

  #write(data: Uint8Array | string): void {
    if (data.length <= REMEMBERED_OCTETS) this.#written.add(keyOf(data));
    if (this.carriage !== "wrapped" || typeof data !== "string") this.socket.send(data);
    else this.socket.send(`{"host":${data}}`);
  }

  #receive(data: Uint8Array | string): void {
    let decoded: ReturnType<typeof decodeMessage>;
    try {
      decoded = this.#saidAsHost.has(keyOf(data)) ? undefined : decodeMessage(this.#unwrapped(data));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.note(`← a message that breaks ${error.requirement}: ${error.message}`);
      this.fault(new Failure(`The peer sent what breaks ${error.requirement}: ${error.message}`, error.requirement));
      return;
    }
    if (decoded === undefined) {
      this.note(
        `← host message ${typeof data === "string" ? JSON.stringify(data.slice(0, 80)) : `of ${data.length} octets`}`,
      );
      this.host.put(data);
      return;
    }
    if (decoded.carriage !== this.carriage) {
      // What has no number is text carriage by its looks.
      const unnumbered = this.carriage === "wrapped" && decoded.carriage === "text";
      this.fault(
        new Failure(`The peer answered in ${decoded.carriage} carriage.`, unnumbered ? "CARR-020.1" : "CARR-014.1"),
      );
      return;
    }
    if (Buffer.compare(decoded.tag, this.peerTag) === 0 && this.#written.has(keyOf(this.#unwrapped(data)))) {
      // Handshake messages have the tag zero: they are kept from the host for another reason.
      const kept = this.peerTag.some((octet) => octet !== 0) ? "CARR-005" : "CARR-031";
      this.fault(new Failure("The host was handed a message of turnmux, and sent it back.", kept));
      return;
    }
    // A HELLO that is a first message begins another channel on the socket, which counts anew in both directions (CARR-032).
    if (decoded.sequence === 0 && decoded.frames[0]?.type === FrameType.hello) {
      this.#sequenceIn = 0;
      this.#sequenceOut = 0;
    }
    if (decoded.sequence !== undefined && decoded.sequence !== this.#sequenceIn++) {
      this.fault(new Failure(`The peer's message has the number ${decoded.sequence}.`, "CARR-020"));
      return;
    }
    const handshake = decoded.frames.some((frame) => frame.type <= FrameType.refuse);
    const wanted = handshake ? ZERO_TAG : this.tag;
    if (Buffer.compare(decoded.tag, wanted) !== 0) {
      const whose = handshake ? "zero, as handshake messages have" : "the one that this side stated";
      this.note(`← a message with the tag ${Buffer.from(decoded.tag).toString("hex")}`);
      this.fault(new Failure(`The peer's message has a tag other than ${whose}.`, "CARR-003"));
      return;
    }
    const message = this.#messages++;
    for (const frame of decoded.frames) {
      this.note(showFrame(frame, "←"));
      const received = { frame, index: this.arrived++, message, at: performance.now() };
      this.onframe?.(received);
      this.frames.put(received);
    }
  }

  /** The peer broke a rule that this side checks without being asked: every wait on the channel fails with that. */
  fault(failure: Failure): void {
    this.note(`! ${failure.message}`);
    this.firstFault ??= failure;
    this.frames.end(failure);
  }

  /** What {@link fault} was first called with. A case that ends well all the same has failed by it. */
  firstFault: Failure | undefined;

  #unwrapped(data: Uint8Array | string): Uint8Array | string {
    if (this.carriage !== "wrapped" || typeof data !== "string" || !data.startsWith('{"host":')) return data;
    try {
      const parsed = Envelope.safeParse(JSON.parse(data));
      return parsed.success ? JSON.stringify(parsed.data.host) : data;
    } catch {
      // No JSON, or nested deeper than can be walked: whatever the host's it is, no message of turnmux is in it.
      return data;
    }
  }

  /**
   * The first frame of a kind that arrived and was not taken yet, or the next one to arrive.
   *
   * @throws Failure when none comes in time.
   */
  async take<N extends FrameName>(
    name: N,
    wanted: (frame: FieldsOf<N>, received: Received) => boolean = () => true,
    options?: Patience & { readonly what?: string },
  ): Promise<FieldsOf<N> & { readonly received: Received }> {
    const type: number = FrameType[name];
    const fits = (entry: Received): boolean =>
      entry.frame.type === type && wanted(this.fieldsOf(name, entry.frame), entry);
    const what = options?.what ?? `a frame ${name.toUpperCase()}`;
    const received = await this.frames.take(fits, this.patience(options), what);
    return { ...this.fieldsOf(name, received.frame), received };
  }

  /** The fields of a frame; a bad header is the peer's fault. */
  fieldsOf<N extends FrameName>(name: N, frame: Frame): FieldsOf<N> {
    try {
      return fields(name, frame);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      throw new Failure(`${frameName(frame.type)} breaks ${error.requirement}: ${error.message}`, error.requirement);
    }
  }

  /** True where a frame of the kind has arrived and was not taken. */
  has(name: FrameName, wanted: (frame: Frame) => boolean = () => true): boolean {
    const type: number = FrameType[name];
    return this.frames.entries.some(({ frame }) => frame.type === type && wanted(frame));
  }

  /** An id for a PING that no other PING of the channel has. */
  pingId(): number {
    return this.#pings++;
  }

  /** The next message of the host. */
  hostMessage(options?: Patience): Promise<Uint8Array | string> {
    return this.host.take(() => true, this.patience(options), "a message of the host");
  }

  /** How the socket ended. @throws Failure where it does not within the time. */
  async closed(options?: Patience): Promise<SocketEnd> {
    const within = this.patience(options);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Failure(`The peer did not close the socket within ${within} ms.`)), within);
    });
    try {
      return await Promise.race([this.socket.closed, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
