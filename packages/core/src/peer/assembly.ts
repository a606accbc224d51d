/**
 * Puts bodies together from frames (STREAM-005), within limits that hold before memory is taken (STREAM-008).
 *
 * @module
 */
import type { Body } from "../content/body.ts";
import type { DataFrame, EndFrame, NamedOpenFrame } from "../wire/frame.ts";

/** A frame that starts a body. */
export type BodyStart = NamedOpenFrame | EndFrame | (DataFrame & { readonly head: NonNullable<DataFrame["head"]> });

/** A body of which some frames have arrived. */
export interface Assembly {
  readonly start: BodyStart;
  readonly content: number;
  readonly chunks: Uint8Array[];
  octets: number;
  /** True once a limit was exceeded: further octets are dropped. */
  oversize: boolean;
}

/** Counts what all unfinished bodies of a session hold. */
export class Assembler {
  readonly #messageLimit: number;
  readonly #totalLimit: number;
  #total = 0;

  constructor(messageLimit: number, totalLimit: number) {
    this.#messageLimit = messageLimit;
    this.#totalLimit = totalLimit;
  }

  /** Octets that unfinished bodies hold at present. */
  get total(): number {
    return this.#total;
  }

  /** A whole body in one frame, or undefined when it is too large. */
  whole(content: number, octets: Uint8Array): Body | undefined {
    return octets.length > this.#messageLimit ? undefined : { content, octets };
  }

  /** Begins a body that goes on in further frames. */
  begin(start: BodyStart): Assembly {
    const content = start.type === "data" ? start.head.content : start.content;
    const assembly: Assembly = { start, content, chunks: [], octets: 0, oversize: false };
    this.add(assembly, start.body);
    return assembly;
  }

  /** Adds octets, or marks the body as too large and lets go of what it held. */
  add(assembly: Assembly, octets: Uint8Array): void {
    if (assembly.oversize) return;
    const { length } = octets;
    if (assembly.octets + length > this.#messageLimit || this.#total + length > this.#totalLimit) {
      assembly.oversize = true;
      this.release(assembly);
      return;
    }
    if (length === 0) return;
    assembly.octets += length;
    this.#total += length;
    // A small view would keep the whole message alive that it came in, uncounted.
    assembly.chunks.push(length * 4 < octets.buffer.byteLength ? new Uint8Array(octets) : octets);
  }

  /** The body, complete. The assembly is over. */
  finish(assembly: Assembly): Body {
    const octets = joined(assembly.chunks, assembly.octets);
    this.release(assembly);
    return { content: assembly.content, octets };
  }

  /** Lets go of an unfinished body. */
  release(assembly: Assembly): void {
    this.#total -= assembly.octets;
    assembly.octets = 0;
    assembly.chunks.length = 0;
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
