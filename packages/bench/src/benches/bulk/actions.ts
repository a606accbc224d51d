/**
 * What both programs do.
 *
 * @module
 */
import type { End } from "./stream.ts";

/** How much a process has grown. */
export interface Growth {
  /** The most that was resident beyond what was at the beginning, in octets. */
  readonly octets: number;
}

/** What a program of this bench can be asked for. */
export type BulkActions = {
  /** Has the other end send so many pieces. Resolves when they are there, with how long that took, in seconds. */
  readonly read: (pieces: number) => Promise<{ readonly octets: number; readonly seconds: number }>;
  /** Begins to look at how much is resident. */
  readonly watch: () => void;
  /** Ends that. */
  readonly watched: () => Growth;
};

const LOOK_MS = 20;

/** Makes them. `end` resolves when there is a connection. */
export function actionsOf(end: Promise<End>): BulkActions {
  let [before, most] = [0, 0];
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  return {
    read: async (pieces) => {
      const at = performance.now();
      const octets = await (await end).read(pieces);
      return { octets, seconds: (performance.now() - at) / 1_000 };
    },
    watch: () => {
      globalThis.gc?.();
      before = process.memoryUsage.rss();
      most = before;
      timer = setInterval(look, LOOK_MS);
    },
    watched: () => {
      clearInterval(timer);
      look();
      return { octets: most - before };
    },
  };
}
