/**
 * What the driver and the two programs say to each other.
 *
 * @module
 */
import type { LargeKind } from "./contract.ts";

/** What the programs are started with. */
export interface HolSettings {
  readonly name: string;
  /** Of a large result. */
  readonly octets: number;
  /** Where the server listens. The server's own has none. */
  readonly url?: string;
}

/** What is to be done. */
export interface HolPlan {
  /** The large results that loop, each for itself. */
  readonly large: readonly LargeKind[];
  /** It ends after so many milliseconds, with so many small calls and pings at least, and one large result of each kind. */
  readonly ms: number;
  readonly calls: number;
}

/** How long something took, each time, in milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What came of a plan. */
export interface HolSample {
  readonly small: Latencies;
  readonly host: Latencies;
  readonly large: Latencies;
  readonly seconds: number;
}

/** What the client's program does. */
export type HolActions = { readonly run: (plan: HolPlan) => Promise<HolSample> };
