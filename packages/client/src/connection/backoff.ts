/**
 * How long to wait before the next attempt.
 *
 * @module
 */
import { UsageError, type Environment } from "@turnmux/core";

/** Exponential backoff with jitter: attempt `n` waits at most `initialMs * factor ** n`, and at most `maxMs`. */
export interface BackoffOptions {
  /** The longest first wait, in milliseconds. Default: 250. */
  readonly initialMs?: number | undefined;
  /** By how much the longest wait grows with each attempt. Default: 2. */
  readonly factor?: number | undefined;
  /** The longest wait, in milliseconds. Default: 30,000. A gateway that asks for a longer one gets it. */
  readonly maxMs?: number | undefined;
  /**
   * The share of each wait that is drawn at random, from 0 to 1. Default: 1, so that clients which lost the same gateway
   * do not come back together.
   */
  readonly jitter?: number | undefined;
}

/** The waits of one outage after the other. */
export class Backoff {
  readonly #initialMs: number;
  readonly #factor: number;
  readonly #maxMs: number;
  readonly #jitter: number;
  readonly #environment: Environment;
  #attempt = 0;
  #longestMs = 0;

  /** Throws {@link UsageError} where an option is not what it should be. */
  constructor(options: BackoffOptions, environment: Environment) {
    const { initialMs = 250, factor = 2, maxMs = 30_000, jitter = 1 } = options;
    check("initialMs", initialMs, 0, Number.MAX_SAFE_INTEGER);
    check("factor", factor, 1, Number.MAX_SAFE_INTEGER);
    check("maxMs", maxMs, 0, Number.MAX_SAFE_INTEGER);
    check("jitter", jitter, 0, 1);
    this.#initialMs = initialMs;
    this.#factor = factor;
    this.#maxMs = maxMs;
    this.#jitter = jitter;
    this.#environment = environment;
  }

  /** Attempts since the last one that counted as a success. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Milliseconds to wait now. What the gateway asked for is waited in full, and the jitter comes on top. */
  next(retryAfterMs: number = 0): number {
    this.#longestMs = Math.min(this.#maxMs, this.#initialMs * this.#factor ** this.#attempt);
    this.#attempt += 1;
    return retryAfterMs + this.#longestMs * (1 - this.#jitter * this.#random());
  }

  /** A connection stood for this long. One that outlived the wait before it ends the row of attempts. */
  stood(milliseconds: number): void {
    if (milliseconds >= this.#longestMs) this.#attempt = 0;
  }

  /** From 0 to less than 1. */
  #random(): number {
    const octets = this.#environment.randomOctets(4);
    return new DataView(octets.buffer, octets.byteOffset).getUint32(0) / 2 ** 32;
  }
}

function check(name: string, value: number, least: number, most: number): void {
  if (typeof value === "number" && value >= least && value <= most) return;
  throw new UsageError(`reconnect.${name} must be a number from ${least}${most === 1 ? " to 1" : ""}`);
}
