/**
 * Limits as the suite gives them.
 *
 * @module
 */

import { DEFAULT_LIMITS, type Limits } from "@turnmux/client";
import { z } from "zod";

const Given = z.record(z.string(), z.number());

/** Those that there are; a suite may know more. */
export function knownLimits(given: Readonly<Record<string, number>>): Partial<Limits> {
  return Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(DEFAULT_LIMITS, name)));
}

/** Those of the environment. */
export function environmentLimits(): Partial<Limits> {
  const text = process.env["TURNMUX_TEST_LIMITS"] ?? "";
  return text === "" ? {} : knownLimits(Given.parse(JSON.parse(text)));
}
