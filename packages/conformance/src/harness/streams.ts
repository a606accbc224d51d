/**
 * What arrives on the streams of a session, put together: bodies out of frames, tool names out of numbers, octets counted.
 *
 * @module
 */
import { Failure } from "../suite/verdict.ts";
import { decodeBody, type Value } from "../wire/body.ts";
import { DataKind, Flag } from "../wire/constants.ts";
import { WireError, type Frame } from "../wire/frame.ts";
import type { FieldsOf } from "../wire/parse.ts";
import { Inbox } from "./inbox.ts";

/** A body that is complete. */
export interface Body {
  readonly content: number;
  readonly octets: Uint8Array;
  /** The frames that it came in. */
  readonly frames: number;
}

/** END, with the body behind it. */
export interface Ended {
  readonly end: FieldsOf<"end">;
  readonly body: Body;
}

/** What of one stream has arrived. */
export class Inbound {
  readonly accepts: Inbox<FieldsOf<"accept">> = new Inbox();
  readonly items: Inbox<Body> = new Inbox();
  readonly progress: Inbox<Body> = new Inbox();
  readonly arguments: Inbox<Body> = new Inbox();
  readonly ended: Inbox<Ended> = new Inbox();
  readonly resets: Inbox<FieldsOf<"reset">> = new Inbox();
  /** Octets that count for the stream's credit (FLOW-001). */
  octets = 0;
  /** Frames of bodies. */
  bodyFrames = 0;
  /** The body that arrived last, or arrives, is an item. */
  beganItem = false;
  /** Nothing that needs credit will come any more. */
  over = false;
  readonly #parts: Uint8Array[] = [];
  #finish: ((body: Body) => void) | undefined;
  #content = 0;

  /** What ends every wait on this stream. */
  stop(reason: Error): void {
    for (const inbox of [this.accepts, this.items, this.progress, this.arguments, this.ended, this.resets])
      inbox.end(reason);
  }

  /** A body begins with this frame. */
  begin(frame: Frame, content: number, finish: (body: Body) => void): void {
    if (this.#finish !== undefined) throw new Failure("A body began inside of another one.", "STREAM-005");
    this.#finish = finish;
    this.#content = content;
    this.part(frame);
  }

  /** A body goes on with this frame. */
  part(frame: Frame): void {
    if (this.#finish === undefined) throw new Failure("DATA with CONT goes on with no body.", "STREAM-005");
    this.octets += frame.body.length;
    this.bodyFrames++;
    this.#parts.push(frame.body);
    if ((frame.flags & Flag.final) !== 0 && (frame.flags & Flag.more) !== 0) {
      throw new Failure("A frame has FINAL although its body goes on.", "STREAM-006");
    }
    if ((frame.flags & Flag.more) !== 0) return;
    const finish = this.#finish;
    this.#finish = undefined;
    const frames = this.#parts.length;
    finish({ content: this.#content, octets: Buffer.concat(this.#parts.splice(0)), frames });
  }
}

/** Octets that an item counts for beside its body (FLOW-001). */
export const ITEM_OCTETS = 64;

/** Whether a frame begins an item. */
export function beginsItem(frame: Frame): boolean {
  return (frame.flags & Flag.cont) === 0 && frame.header?.[0] === DataKind.item;
}

/** The value of a body. A body that is not well-formed is the peer's fault (CONT-003). */
export function valueOf(body: Body): Value | undefined {
  try {
    return decodeBody(body.content, body.octets);
  } catch (error) {
    throw new Failure(
      `A body is not well-formed: ${error instanceof Error ? error.message : String(error)}`,
      error instanceof WireError ? error.requirement : "CONT-003",
    );
  }
}

/** Names that numbers stand for in one direction (CALL-016). */
export class NameTable {
  readonly #slots: string[] = [];
  #next = 0;

  /** The name that a place of OPEN stands for; a string takes the next slot where it is not in the table yet. */
  resolve(place: string | number): string {
    if (typeof place === "number") {
      const name = this.#slots[place];
      if (name === undefined) throw new Failure(`OPEN names slot ${place}, which is empty.`, "CALL-017");
      return name;
    }
    if (!this.#slots.includes(place)) {
      this.#slots[this.#next] = place;
      this.#next = (this.#next + 1) % 64;
    }
    return place;
  }
}
