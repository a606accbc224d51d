/**
 * What the children of one turn may have.
 *
 * @module
 */
import {
  DEFAULT_LIMITS,
  RELAY_LIMITS,
  UsageError,
  type Limits,
  type ShareLimits,
  type ShareOptions,
} from "@turnmux/core";

const MIB = 2 ** 20;

/** Where nobody says otherwise. */
export const SHARE_LIMITS: ShareLimits = Object.freeze({ ...RELAY_LIMITS, children: 64, handshakes: 32 });

/** What a limit of {@link ShareLimits} may be at most. */
const MOST: Readonly<Record<keyof ShareLimits, number>> = {
  children: 1_024,
  handshakes: 1_024,
  calls: 65_536,
  heldArguments: 2 ** 40,
};

/**
 * Of the channel between a child and the process that shares its session. There are many of them, so that each may hold less than a gateway's. The
 * system tells when a process is gone; one that is merely stopped is not to lose its calls, so heartbeats are rare.
 */
export const CHILD_LIMITS: Limits = Object.freeze({
  ...DEFAULT_LIMITS,
  streams: 256,
  assembling: 16 * MIB,
  unsent: 16 * MIB,
  heldArguments: 16 * MIB,
  heartbeatMs: 600_000,
});

/** The limits that count. Throws {@link UsageError}. */
export function shareLimits(overrides: NonNullable<ShareOptions["limits"]> = {}): ShareLimits {
  const names = Object.keys(MOST);
  for (const [name, value] of Object.entries(overrides)) {
    const most: number | undefined = Object.hasOwn(MOST, name) ? MOST[name as keyof ShareLimits] : undefined;
    if (most === undefined)
      throw new UsageError(`limits.${name}: there is no such limit; there are ${names.join(", ")}`);
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= most)) continue;
    throw new UsageError(`limits.${name} must be an integer from 1 to ${most}`);
  }
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  return { ...SHARE_LIMITS, ...Object.fromEntries(given) };
}
