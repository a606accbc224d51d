/** How a client gives a blocked gateway as much to do as it can: what the client and the test have to know. */
import { z } from "zod";
import { defineTools, tool } from "../../src/index.ts";

/** How it floods. */
export type Flood = "offers" | "progress" | "lanes" | "sessions" | "strangers";

/** What the thread gets. */
export interface HostileStart {
  readonly url: string;
  readonly secret: string;
  readonly flood: Flood;
  /** Of {@link State}. */
  readonly state: Int32Array<SharedArrayBuffer>;
}

/** In the memory that both threads have. */
export const State = { idle: 0, ready: 1, begin: 2, done: 3, end: 4 } as const;

export const OFFERED = 1_000;
export const OFFERS = 60;
export const REPORTS = 2_000;
export const REPORT_OCTETS = 20_000;
export const LANE_CALLS = 4_000;
export const SESSIONS = 1_000;
export const STRANGERS = 1_200;

export const anything = { input: z.unknown(), output: z.unknown() };

/** A tool of the gateway, and one of the client. */
export const tools = {
  gateway: defineTools({
    laned: tool({ description: "Takes the lane", ...anything, effect: "read", lane: "session" }),
  }),
  client: defineTools({ report: tool({ description: "Reports", ...anything, progress: z.string(), effect: "read" }) }),
};
