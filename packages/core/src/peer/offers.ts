/**
 * What this side offers: the OFFERs that have still to be written, and none that would tell the peer what it knows.
 *
 * @module
 */
import type { OfferEntry, OfferFrame } from "../wire/frame.ts";
import { offerFrames } from "./frames.ts";

const NONE: readonly OfferFrame[] = Object.freeze([]);

/** One for each session. */
export class OwnOffers {
  /** What the frames that are written state, once all of {@link #frames} are. Undefined where a part of that was given up. */
  #stated: readonly OfferFrame[] | undefined;
  /** What the frames that wait belong to. */
  #next: readonly OfferFrame[] = NONE;
  #frames: readonly OfferFrame[] = NONE;

  /** These tools are offered from now on. False where there is nothing to write for it (RATE-002). */
  replace(tools: readonly OfferEntry[], framePayload: number): boolean {
    const frames = offerFrames(tools, framePayload);
    const begun = this.#next === this.#stated;
    if (this.#stated !== undefined && statesTheSame(this.#stated, frames)) {
      // What waits is the rest of it, or was never begun.
      if (!begun) this.#frames = NONE;
      return false;
    }
    if (begun && this.#frames.length > 0) this.#stated = undefined;
    this.#next = frames;
    this.#frames = frames;
    return true;
  }

  /** The next OFFER to write. */
  take(): OfferFrame | undefined {
    const [frame] = this.#frames;
    if (frame === undefined) return undefined;
    this.#frames = this.#frames.length === 1 ? NONE : this.#frames.slice(1);
    this.#stated = this.#next;
    return frame;
  }
}

/** True where two entries of one name offer the same. */
export function sameEntry(a: OfferEntry | undefined, b: OfferEntry): boolean {
  if (a === undefined || a.effect !== b.effect || a.deadlineMs !== b.deadlineMs) return false;
  return a.description === b.description && a.streams === b.streams && a.revision === b.revision;
}

/** In whatever order. */
function statesTheSame(a: readonly OfferFrame[], b: readonly OfferFrame[]): boolean {
  const before = new Map(a.flatMap(({ tools }) => tools.map((tool) => [tool.name, tool])));
  const after = b.flatMap(({ tools }) => tools);
  return before.size === after.length && after.every((tool) => sameEntry(before.get(tool.name), tool));
}
