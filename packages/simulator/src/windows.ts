/**
 * Windows for what is sent, and those who read it, or do not.
 *
 * @module
 */
import type { Limits } from "@turnmux/core";
import type { CallPlan } from "./plan.ts";
import type { Random } from "./random.ts";

/** Windows through which each item has to squeeze, or some, or all pass at once. */
export function windowsOf(random: Random): Partial<Limits> {
  return {
    streamCredit: random.pick([1_024, random.between(1_025, 8_000), 262_144]),
    channelCredit: random.pick([1_024, random.between(1_025, 40_000), 4_194_304]),
    bulkInFlight: random.pick([1_024, 4_096, 524_288]),
    unsent: random.weighted([
      [67_108_864, 12],
      [random.between(1_024, 20_000), 1],
    ]),
  };
}

/** With this one an idle session says little in a minute. */
const LONG_HEARTBEAT_MS = 15_000;

/** For how long readers stop. The longest one is beyond the deadline of every other call. */
const SHORT_STOPS: readonly number[] = [50, 1_000, 6_000];
const LONG_STOPS: readonly number[] = [50, 1_000, 6_000, 70_000];

/** Readers that stop, and some that never begin: those have a deadline, as nothing else would end their calls. */
export function readerOf(
  random: Random,
  { script, timeoutMs }: CallPlan,
  heartbeatMs: number,
): Partial<Pick<CallPlan, "stop" | "unread" | "timeoutMs">> {
  if (script.items === 0) return {};
  const unread = random.chance(0.08);
  if (unread) return { unread, timeoutMs: timeoutMs ?? random.low(20, 6_000) };
  const stop = {
    after: random.low(0, script.items),
    forMs: random.pick(heartbeatMs === LONG_HEARTBEAT_MS ? LONG_STOPS : SHORT_STOPS),
  };
  return random.chance(0.25) ? { stop } : {};
}

/** Windows that stop nobody, and a carrier that takes little at a time: then only priorities say whose turn it is. */
export const WIDE: Partial<Limits> = {
  streamCredit: 1_048_576,
  channelCredit: 4_194_304,
  bulkInFlight: 4_194_304,
  replay: 4_194_304,
  unsentItems: 1_048_576,
  unsent: 67_108_864,
  handOver: 1_024,
};
