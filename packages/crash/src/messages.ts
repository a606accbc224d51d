/**
 * What the driver and its processes say to each other, over the channel that Node opens for a forked process.
 *
 * @module
 */

import type { Plant } from "./plants.ts";

/** What every process is started with: the last argument, as JSON. */
export interface ProcessSettings {
  /** Its name and number, such as `gateway#3`. */
  readonly process: string;
  /** The working folder. */
  readonly folder: string;
  readonly seed: number;
  readonly clients: number;
  /** The port of the proxy. */
  readonly port: number;
  /** True where the faults are over already, and nothing new is begun. */
  readonly calm: boolean;
  /** Faults that this run has. */
  readonly plants: readonly Plant[];
}

/** What a process tells the driver. */
export type FromProcess =
  /** It can be used: a client has a session. A gateway says where it listens. */
  | { readonly say: "ready"; readonly port?: number }
  /** What it has done since it said so last. */
  | { readonly say: "counts"; readonly calls: number; readonly pending: number }
  /** Another connection stands: it goes on with the session that was, or with a new one. */
  | { readonly say: "connected"; readonly resumed: boolean }
  /** After `calm`: nothing is left to do. */
  | { readonly say: "finished" }
  /** After `leave`: it ends next, in order. */
  | { readonly say: "left" };

/** What the driver tells a process. */
export type ToProcess =
  /** Nothing new: finish what was begun, and ask again about all that is not known. */
  | { readonly say: "calm" }
  /** End in order. */
  | { readonly say: "leave" };
