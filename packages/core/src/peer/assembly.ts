/**
 * Puts bodies together from frames (STREAM-005), within limits that hold before memory is taken (STREAM-008).
 *
 * @module
 */
import { Content, type Body } from "../content/body.ts";
import type { DataFrame, EndFrame, NamedOpenFrame } from "../wire/frame.ts";
import { NO_BODY } from "./port.ts";
import { OctetParts, TextParts, type Parts } from "./parts.ts";

/** A frame that starts a body. */
export type BodyStart = NamedOpenFrame | EndFrame | (DataFrame & { readonly head: NonNullable<DataFrame["head"]> });

/** A body of which some frames have arrived. */
export interface Assembly {
  readonly start: BodyStart;
  readonly content: number;
  /** Octets that have arrived. */
  octets: number;
  /** True once a limit was exceeded: further octets are dropped. */
  oversize: boolean;
  /** What has arrived; undefined once it was let go. */
  parts: Parts | undefined;
}

/** Counts what all unfinished bodies of a session hold. */
export class Assembler {
  readonly #messageLimit: number;
  readonly #totalLimit: number;
  #octets = 0;
  #held = 0;

  /** Limits of one body, and of all that are unfinished, in octets that arrive. */
  constructor(messageLimit: number, totalLimit: number) {
    this.#messageLimit = messageLimit;
    this.#totalLimit = totalLimit;
  }

  /**
   * About what unfinished bodies hold of memory at present, in octets. That may be twice what has arrived: text that is not
   * ASCII takes two octets a character, and octets are views of the messages that they came in.
   */
  get total(): number {
    return this.#held;
  }

  /** A whole body in one frame, or undefined when it is too large. */
  whole(content: number, octets: Uint8Array): Body | undefined {
    return octets.length > this.#messageLimit ? undefined : { content, octets };
  }

  /**
   * Begins a body that goes on in further frames.
   *
   * @throws ProtocolViolation as {@link add} does.
   */
  begin(start: BodyStart): Assembly {
    const content = start.type === "data" ? start.head.content : start.content;
    const parts = content === Content.text ? new TextParts() : new OctetParts();
    const assembly: Assembly = { start, content, octets: 0, oversize: false, parts };
    this.add(assembly, start.body);
    return assembly;
  }

  /**
   * Adds octets, or marks the body as too large and lets go of what it held.
   *
   * @throws ProtocolViolation CONT-003 where text is not well-formed.
   */
  add(assembly: Assembly, octets: Uint8Array): void {
    const { parts } = assembly;
    const { length } = octets;
    if (parts === undefined || length === 0) return;
    const before = parts.held;
    const fits = assembly.octets + length <= this.#messageLimit && this.#octets + length <= this.#totalLimit;
    if (!fits || !parts.add(octets)) {
      assembly.oversize = true;
      this.release(assembly);
      return;
    }
    assembly.octets += length;
    this.#octets += length;
    this.#held += parts.held - before;
  }

  /**
   * The body, complete. The assembly is over.
   *
   * @throws ProtocolViolation CONT-003 where text ends within a character.
   */
  finish(assembly: Assembly): Body {
    const { parts, content, octets } = assembly;
    this.release(assembly);
    return parts?.body(content, octets) ?? NO_BODY;
  }

  /** Lets go of an unfinished body. */
  release(assembly: Assembly): void {
    this.#octets -= assembly.octets;
    this.#held -= assembly.parts?.held ?? 0;
    assembly.octets = 0;
    assembly.parts = undefined;
  }
}
