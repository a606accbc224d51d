/**
 * Endings that the journal has refused the I/O thread so far. The thread tries again, and its successor does so where it dies before that:
 * until then the main thread keeps what it knows of them, within bounds.
 *
 * @module
 */

import { freesKey } from "@turnmux/core";
import type { RunNumber } from "../messages.ts";
import { sizeOf } from "../size.ts";
import type { EndedRun } from "./runs.ts";

/** As many as the thread keeps. */
const MOST_KEPT = 1_000;

/** Octets of their results. */
const MOST_KEPT_OCTETS = 16 * 1024 * 1024;

/** See the module's comment. */
export class KeptEndings {
  /** By their keys. */
  readonly #kept = new Map<string, { readonly ended: EndedRun; readonly octets: number }>();
  #octets = 0;

  /** False where one had to be let go of: whether its call began nobody is told then. */
  add(ended: EndedRun): boolean {
    // A key that is to be free is free as well where its call never began.
    if (freesKey(ended.settled)) return true;
    const { settled } = ended;
    const octets = settled.ok ? sizeOf(settled.value, MOST_KEPT_OCTETS) : 0;
    this.begins(ended.data);
    this.#kept.set(placeOf(ended.data), { ended, octets });
    this.#octets += octets;
    let isWhole = true;
    for (const { ended: oldest } of this.#kept.values()) {
      if (this.#kept.size <= MOST_KEPT && this.#octets <= MOST_KEPT_OCTETS) break;
      this.begins(oldest.data);
      isWhole = false;
    }
    return isWhole;
  }

  /** A call runs under this key: the journal has had the ending before it, and forgotten it. */
  begins(data: EndedRun["data"]): void {
    const place = placeOf(data);
    const kept = this.#kept.get(place);
    if (kept === undefined) return;
    this.#kept.delete(place);
    this.#octets -= kept.octets;
  }

  /** The successor is told, or whoever inherits. It says anew what the journal has. */
  take(): (readonly [RunNumber, EndedRun])[] {
    const taken = [...this.#kept.values()].map(({ ended }) => [ended.data.run, ended] as const);
    this.#kept.clear();
    this.#octets = 0;
    return taken;
  }
}

function placeOf({ context }: EndedRun["data"]): string {
  return JSON.stringify([context.principal, context.key]);
}
