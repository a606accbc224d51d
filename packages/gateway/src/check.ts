/**
 * Checks of single options.
 *
 * @module
 */

import { UsageError } from "@turnmux/core";

/** Throws {@link UsageError} where a time is not a positive number of milliseconds. */
export function checkMs(name: string, value: number | undefined): void {
  if (value !== undefined && !(typeof value === "number" && value > 0)) {
    throw new UsageError(`${name} must be a positive number of milliseconds`);
  }
}

/** Throws {@link UsageError} where a time is not a number of milliseconds. */
export function checkDelay(name: string, value: number | undefined): void {
  if (value !== undefined && !(typeof value === "number" && value >= 0)) {
    throw new UsageError(`${name} must be a number of milliseconds, zero or more`);
  }
}

/** Throws {@link UsageError} where a limit is not a whole number above zero. */
export function checkCount(name: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
    throw new UsageError(`${name} must be a whole number above zero`);
  }
}
