/**
 * The numbers of a credit window, which both of its ends work with. `docs/spec.md` section 12.
 *
 * Two things follow from them. A sender that has used up what it was granted hears of more as soon as the receiver has room
 * for it: it never waits for a grant that the receiver holds back because it is small. And a body that has begun goes on
 * without the application's help, since it begins only where that is certain; so what it takes of other limits comes back: a
 * half-sent body that waits for a reader would keep the others from being put together (LIMIT-001).
 *
 * @module
 */
import { ITEM_OCTETS, LEAST_FRAGMENT } from "../limits.ts";

/** Octets. See the module's comment. */
export interface Window {
  /** What the receiver takes before its application has taken anything. */
  readonly size: number;
  /** What came free since the last grant, from which on the receiver grants more (FLOW-006). */
  readonly step: number;
  /** The credit at hand from which on a body may begin that is longer than it (FLOW-008). */
  readonly begin: number;
  /** The least of a body that a frame carries which is not its last (FLOW-008). */
  readonly fragment: number;
}

/** Windows by their size: the sessions of a process have a few sizes, and share them. Peers choose some, so that few are kept. */
const STREAM_WINDOWS = new Map<number, Window>();
const CHANNEL_WINDOWS = new Map<number, Window>();
const KEPT_WINDOWS = 16;

function sharedWindow(windows: Map<number, Window>, size: number, make: (size: number) => Window): Window {
  const known = windows.get(size);
  if (known !== undefined) return known;
  const made = make(size);
  if (windows.size >= KEPT_WINDOWS) windows.clear();
  windows.set(size, made);
  return made;
}

/** The window of one stream and direction. */
export function streamWindow(size: number): Window {
  return sharedWindow(STREAM_WINDOWS, size, newStreamWindow);
}

function newStreamWindow(size: number): Window {
  const least = leastOf(size);
  // Where less than a step came free, a sender has `size - step` at hand, which lets it begin. Where it has begun with
  // `begin` at hand, and has less than `least` left, the receiver has at least a step to grant.
  const step = (size - least) >> 1;
  return { size, step, begin: step + least, fragment: least - ITEM_OCTETS };
}

/**
 * The window that all streams of a direction share. What other streams hold of it may stay for as long as it likes, so that the
 * steps in which it is granted are small.
 */
export function channelWindow(size: number): Window {
  return sharedWindow(CHANNEL_WINDOWS, size, newChannelWindow);
}

function newChannelWindow(size: number): Window {
  return { size, step: Math.min(CHANNEL_STEP, size >> 2), begin: size >> 1, fragment: leastOf(size) - ITEM_OCTETS };
}

/** Where `credit` was not agreed on: nothing waits, and nothing is granted. */
export const NO_WINDOW: Window = {
  size: Number.MAX_SAFE_INTEGER,
  step: Number.POSITIVE_INFINITY,
  begin: 0,
  fragment: 0,
};

/** What came free of the channel's window, at most, before the sender is told. */
const CHANNEL_STEP = 64 * 1024;

/** What the smallest frame of an item takes that is not its last. */
function leastOf(size: number): number {
  return Math.min(LEAST_FRAGMENT + ITEM_OCTETS, size >> 1);
}
