/**
 * What the driver and the programs of this bench say to each other.
 *
 * @module
 */
import type { LoadActions } from "../../load.ts";

/** What clients prove that they know. */
export const SECRET = "not a secret: it is in a bench";

/** What the gateway's program does beside serving. */
export type ServerActions = {
  /** Sockets that it has accepted so far. */
  readonly sockets: () => number;
};

/** Of the process that has the session. */
export interface ParentSettings {
  readonly url: string;
}

/** What it does: it calls, over its session or over a connection for each call, and shares its session. */
export type ParentActions = LoadActions & {
  /** Whether calls are made over a connection each from now on. */
  readonly connectAnew: (anew: boolean) => void;
  /** What a child finds in its environment. */
  readonly share: () => Promise<string>;
};

/** Of a child process. */
export interface ChildSettings {
  readonly session: string;
}
