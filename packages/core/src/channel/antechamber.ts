/**
 * What comes before WELCOME: its octets are counted, and what comes behind PROOF waits (HAND-006, HAND-007).
 *
 * @module
 */
import type { CarrierMessage } from "../carrier/carrier.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import type { Frame } from "../wire/frame.ts";
import { utf8Length } from "../wire/utf8.ts";

/** One for each channel. */
export class Antechamber {
  readonly #most: number;
  #octets = 0;
  #held: (readonly Frame[])[] = [];

  /** `most` octets may come. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Counts a message. Throws {@link ProtocolViolation} when it is one too many. */
  count(message: CarrierMessage): void {
    this.#octets += octetsOf(message, this.#most);
    if (this.#octets <= this.#most) return;
    throw new ProtocolViolation("HAND-007", `more than ${this.#most} octets came before WELCOME`, "resource_exhausted");
  }

  /** Keeps the frames of a message that was counted. */
  hold(frames: readonly Frame[]): void {
    if (frames.length > 0) this.#held.push(frames);
  }

  /** Gives out what was kept, in order, and keeps it no more. */
  leave(): readonly (readonly Frame[])[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }
}

function octetsOf(message: CarrierMessage, most: number): number {
  if (message instanceof Uint8Array) return message.length;
  if (typeof message === "string") return message.length > most ? message.length : utf8Length(message);
  return jsonOctets(message, most);
}

/** About what a JSON value takes as text: no less than its strings do. Stops counting beyond `most`. */
function jsonOctets(value: unknown, most: number): number {
  const parts: unknown[] = [value];
  let octets = 0;
  while (parts.length > 0 && octets <= most) {
    const part = parts.pop();
    octets += 2;
    if (typeof part === "string") octets += part.length > most ? part.length : utf8Length(part);
    else if (typeof part === "object" && part !== null) {
      for (const [key, member] of Object.entries(part)) {
        if (!Array.isArray(part)) octets += key.length;
        parts.push(member);
      }
    }
  }
  return octets;
}
