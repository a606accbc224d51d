/**
 * What the driver and the programs say to each other.
 *
 * @module
 */

/**
 * How clients reach the gateway: its own endpoint in an I/O thread, or in the main thread; a host's WebSocket, which the main thread has; or, without
 * turnmux, a connection for each call.
 */
export type Way = "I/O thread" | "main thread" | "attached" | "old way";

/** What the gateway's program is started with. */
export interface HostSettings {
  /** The module that is the program, as a URL. It is not bundled: its threads are started from files of their own. */
  readonly program: string;
  readonly way: Way;
  /** For the journal. */
  readonly folder: string;
}

/** How the main thread is kept busy: in pieces of `biteMs`, with so much of the time between them that they are this share of it. */
export interface BlockPlan {
  readonly ms: number;
  readonly biteMs: number;
  readonly share: number;
}

/** What handlers of `note` have done. */
export interface Runs {
  readonly distinct: number;
  /** Notes that were written more than once. */
  readonly doubled: number;
}

/** What the gateway's program does beside serving calls. */
export type HostActions = {
  readonly block: (plan: BlockPlan) => Promise<void>;
  readonly runs: () => Runs;
};

/** What the client's program is started with. */
export interface ClientSettings {
  readonly way: Way;
  readonly url: string;
}

/** What clients do, and for how long. */
export interface BusyPlan {
  readonly ms: number;
  /** Calls of each tool a second, over all sessions. */
  readonly callsPerSecond: number;
  /** New clients a second; in the old way connections, with a call each. */
  readonly clientsPerSecond: number;
}

/** How long some things took, and how many failed. */
export interface Timed {
  readonly count: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Why the first one failed. */
  readonly failure?: string | undefined;
}

/** What came of a plan. */
export interface BusySample {
  readonly handshakes: Timed;
  /** From the call to ACCEPT. */
  readonly accepts: Timed;
  /** From the call of a worker tool to its end. */
  readonly workers: Timed;
  /** From the call of a tool of the main thread to its end. */
  readonly ends: Timed;
  /** Calls of the old way. */
  readonly old: Timed;
}
