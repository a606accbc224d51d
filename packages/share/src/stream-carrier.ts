/**
 * turnmux over a stream of octets: each message behind its length. `docs/sharing.md`.
 *
 * @module
 */
import type { Socket } from "node:net";
import { UsageError, type Carrier, type CarrierListener, type CarrierMessage } from "@turnmux/core";

/** Octets of the length before each message: a 32-bit unsigned number, big-endian. */
const LENGTH_OCTETS = 4;

/** Octets of the longest message: a batch of frames is far below. */
export const LONGEST_MESSAGE: number = 4 * 2 ** 20;

/** Messages up to here are copied behind their length, which costs less than to write two pieces. */
const COPIED = 16 * 1024;

/** How long the other side may take to close its end, in milliseconds. */
const CLOSE_MS = 1_000;

/** A {@link Carrier} on a socket of its own, which is connected. */
export class StreamCarrier implements Carrier {
  readonly carriage = "binary";
  readonly shared = false;
  readonly blocked = false;
  /** Octets of the longest message that is taken. */
  longest: number = LONGEST_MESSAGE;
  readonly #socket: Socket;
  #listener: CarrierListener | undefined;
  #state: "new" | "started" | "over" = "new";
  /** The length that is arriving, and how many octets of it are there. */
  readonly #length = Buffer.alloc(LENGTH_OCTETS);
  #lengthRead = 0;
  /** Octets that lack to the message; 0 while its length does. */
  #missing = 0;
  /** What is there of a message that came in several pieces. */
  #partial: Uint8Array | undefined;
  #reason = "the process at the other end closed the connection";
  #toldBuffered = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get buffered(): number {
    const octets = this.#socket.writableLength;
    if (octets > 0) this.#toldBuffered = true;
    return octets;
  }

  get taken(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  start(listener: CarrierListener): void {
    if (this.#state !== "new") throw new UsageError("This carrier was started before. Make a new one");
    this.#state = "started";
    this.#listener = listener;
    const socket = this.#socket;
    socket.on("data", this.#data);
    socket.on("error", this.#failed);
    socket.on("close", this.#closed);
    if (socket.destroyed) queueMicrotask(this.#closed);
  }

  send(message: CarrierMessage): void {
    if (this.#state === "over" || !(message instanceof Uint8Array) || !this.#socket.writable) return;
    const { length } = message;
    const small = length <= COPIED;
    const head = Buffer.allocUnsafe(small ? LENGTH_OCTETS + length : LENGTH_OCTETS);
    head.writeUInt32BE(length, 0);
    if (small) {
      head.set(message, LENGTH_OCTETS);
      this.#socket.write(head, this.#written);
      return;
    }
    this.#socket.cork();
    this.#socket.write(head);
    this.#socket.write(message, this.#written);
    this.#socket.uncork();
  }

  detach(): void {
    this.#leave();
  }

  close(): void {
    if (this.#socket.destroyed) return;
    this.#socket.end();
    // What waits to be written is, unless the other side reads nothing.
    const late = setTimeout(() => this.#socket.destroy(), CLOSE_MS);
    late.unref();
    this.#socket.once("close", () => clearTimeout(late));
    this.#socket.resume();
  }

  readonly #data = (chunk: Buffer): void => {
    let at = 0;
    while (at < chunk.length && this.#state === "started") {
      at += this.#missing === 0 ? this.#readLength(chunk, at) : this.#readMessage(chunk, at);
    }
  };

  #readLength(chunk: Buffer, at: number): number {
    const taken = Math.min(chunk.length - at, LENGTH_OCTETS - this.#lengthRead);
    chunk.copy(this.#length, this.#lengthRead, at, at + taken);
    this.#lengthRead += taken;
    if (this.#lengthRead < LENGTH_OCTETS) return taken;
    this.#lengthRead = 0;
    const octets = this.#length.readUInt32BE(0);
    if (octets > 0 && octets <= this.longest) this.#missing = octets;
    else this.#break(`a message of ${octets} octets was announced, and 1 to ${this.longest} are taken [SHARE-003]`);
    return taken;
  }

  #readMessage(chunk: Buffer, at: number): number {
    const piece = chunk.subarray(at, at + this.#missing);
    // What is whole is not copied. A message in many small pieces is one buffer all the same.
    if (this.#partial === undefined && piece.length === this.#missing) {
      this.#missing = 0;
      this.#listener?.message(piece);
      return piece.length;
    }
    this.#partial ??= new Uint8Array(this.#missing);
    const message = this.#partial;
    message.set(piece, message.length - this.#missing);
    this.#missing -= piece.length;
    if (this.#missing === 0) {
      this.#partial = undefined;
      this.#listener?.message(message);
    }
    return piece.length;
  }

  /** What follows cannot be told apart any more. */
  #break(reason: string): void {
    this.#reason = reason;
    this.#socket.destroy();
  }

  readonly #written = (): void => {
    if (!this.#toldBuffered || this.#state !== "started") return;
    this.#toldBuffered = this.#socket.writableLength > 0;
    this.#listener?.drained();
  };

  readonly #failed = (error: Error): void => {
    this.#reason = error.message;
  };

  readonly #closed = (): void => {
    const listener = this.#listener;
    if (this.#state !== "started") return;
    this.#leave();
    listener?.lost({ reason: this.#reason });
  };

  #leave(): void {
    this.#state = "over";
    this.#socket.off("data", this.#data);
    this.#socket.off("close", this.#closed);
    this.#partial = undefined;
    this.#listener = undefined;
  }
}
