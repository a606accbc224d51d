/**
 * Durations as people write them.
 *
 * @module
 */
import { InvalidArgumentError } from "commander";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** The longest that a timer can wait, in milliseconds: 24.8 days. */
const LONGEST = 2 ** 31 - 1;

/** Milliseconds of `500ms`, `5s`, `2m`, `1h`; a number alone is seconds. Throws commander's error for anything else. */
export function duration(text: string): number {
  const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim()) ?? [];
  const milliseconds = number === undefined ? Number.NaN : Math.round(Number(number) * (UNITS[unit] ?? 1));
  if (milliseconds >= 1 && milliseconds <= LONGEST) return milliseconds;
  throw new InvalidArgumentError("It must be a duration from 1ms to 24 days, such as 500ms, 5s or 2m.");
}

/** The same, from 100 ms to an hour. */
export function interval(text: string): number {
  const milliseconds = duration(text);
  if (milliseconds >= 100 && milliseconds <= 3_600_000) return milliseconds;
  throw new InvalidArgumentError("It must be an interval from 100ms to 1h.");
}
