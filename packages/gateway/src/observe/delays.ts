/**
 * How late this process's event loop was, as a distribution.
 *
 * @module
 */

import { monitorEventLoopDelay, type IntervalHistogram } from "node:perf_hooks";
import type { Lag } from "@turnmux/core";

/** How late the event loop was, in milliseconds: the half, and 99 in 100, of the samples were no later than this. */
export interface EventLoopDelays {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The worst, of a delay that goes on as well. */
  readonly maxMs: number;
}

/** How often the histogram's timer is due, in milliseconds. */
const RESOLUTION_MS = 20;

/** Gives the distribution since it was read last: it knows nothing of a delay that goes on. Runs beside the event loop's own timers, and keeps no process up. */
export class DelayMeter {
  readonly #histogram: IntervalHistogram;
  readonly #lag: Lag;

  /** `lag` knows of what the histogram does not: a delay that goes on, and one that begins right behind a reading. */
  constructor(lag: Lag) {
    this.#lag = lag;
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#histogram.enable();
  }

  /** What was measured since the last reading. */
  read(): EventLoopDelays {
    const histogram = this.#histogram;
    const some = histogram.count > 0;
    const delays = {
      p50Ms: some ? delayOf(histogram.percentile(50)) : 0,
      p99Ms: some ? delayOf(histogram.percentile(99)) : 0,
      maxMs: Math.max(delayOf(histogram.max), this.#lag.takeWorst()),
    };
    histogram.reset();
    return delays;
  }

  /** Stops measuring. */
  close(): void {
    this.#histogram.disable();
  }
}

/** The histogram has the time from one of its timers to the next, in nanoseconds. */
function delayOf(nanoseconds: number): number {
  return Math.max(0, Math.round(nanoseconds / 1e6 - RESOLUTION_MS));
}
