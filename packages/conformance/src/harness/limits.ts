/**
 * The sets of limits that a peer under test is started with, so that a run is short.
 *
 * @module
 */
import type { LimitSet } from "../suite/case.ts";

const SMALL: Readonly<Record<string, number>> = {
  framePayload: 4_096,
  message: 65_536,
  assembling: 131_072,
  streams: 8,
  streamCredit: 8_192,
  channelCredit: 32_768,
  replay: 65_536,
  offeredTools: 64,
  metaEntries: 4,
  handshakeOctets: 4_096,
  heldArguments: 65_536,
  unsent: 65_536,
  pings: 50,
  idleFrames: 50,
  resets: 50,
  shortFragments: 50,
  parkedSessions: 4,
  laneQueue: 2,
};

/** In milliseconds, before `--time-scale`. */
const QUICK: Readonly<Record<string, number>> = {
  handshakeMs: 600,
  heartbeatMs: 300,
  resumeWindowMs: 800,
  deadlineVerdictMs: 100,
  cancelVerdictMs: 500,
  turnOwnerMs: 300,
};

/** The limits of a set, by the names of section 13. Times grow with the time scale, within what a limit may be. */
export function limitsOf(set: LimitSet, timeScale: number): Readonly<Record<string, number>> {
  if (set === "small") return SMALL;
  if (set === "default") return {};
  return Object.fromEntries(Object.entries(QUICK).map(([name, ms]) => [name, Math.round(ms * timeScale)]));
}

/** What the suite takes itself, as its own part of HELLO and WELCOME says. */
export interface StatedLimits {
  readonly framePayload: number;
  readonly message: number;
  readonly streams: number;
  readonly assembling: number;
  readonly replay: number;
  readonly streamCredit: number;
  readonly channelCredit: number;
}

/** The defaults of section 13. */
export const SUITE_LIMITS: StatedLimits = {
  framePayload: 66_560,
  message: 16_777_216,
  streams: 1_024,
  assembling: 33_554_432,
  replay: 4_194_304,
  streamCredit: 524_288,
  channelCredit: 4_194_304,
};
