/**
 * Comparing figures with targets.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Row } from "./bench.ts";

const Target = z
  .strictObject({
    /** The bench. */
    bench: z.string(),
    /** The name of the row. */
    row: z.string(),
    /** Its concurrency, where rows of one name differ by it. */
    concurrency: z.number().optional(),
    figure: z.string(),
    atLeast: z.number().optional(),
    atMost: z.number().optional(),
    /** What the figure is, in words. */
    says: z.string(),
  })
  .refine(
    ({ atLeast, atMost }) => (atLeast === undefined) !== (atMost === undefined),
    "give one of atLeast and atMost",
  );

/** A figure that a bench must show. */
export type Target = Readonly<z.infer<typeof Target>>;

/** Reads targets from a JSON file: an array with at least one of this bench. Throws an error that says what is wrong with it. */
export function readTargets(file: string, bench: string): readonly Target[] {
  const read = z.array(Target).safeParse(parsed(readFileSync(file, "utf8")));
  if (!read.success) throw new Error(`these are no targets: ${z.prettifyError(read.error)}`);
  if (read.data.some((target) => target.bench === bench)) return read.data;
  throw new Error(`there is no target of ${bench}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`this is no JSON: ${cause instanceof Error ? cause.message : ""}`, { cause });
  }
}

/** What came of a check. */
export interface Verdict {
  /** A sentence for each target that was missed, or of which there is no figure. */
  readonly missed: readonly string[];
  /** A line for each target that was met. */
  readonly met: readonly string[];
  /** A line for each target that says nothing about this run. */
  readonly left: readonly string[];
}

/**
 * Holds the rows of a bench against its targets.
 *
 * @param partial true where some things were left out on purpose: a target of which there is no figure is not missed then
 */
export function checkTargets(
  bench: string,
  rows: readonly Row[],
  targets: readonly Target[],
  partial: boolean = false,
): Verdict {
  const missed: string[] = [];
  const met: string[] = [];
  const left: string[] = [];
  for (const target of targets.filter((one) => one.bench === bench)) {
    const { row: name, concurrency, figure, atLeast, atMost, says } = target;
    const at = concurrency === undefined ? "" : ` at concurrency ${concurrency}`;
    const what = `${name}${at}: ${says} (${figure})`;
    const row = rows.find((one) => one.name === name && (concurrency === undefined || one.concurrency === concurrency));
    const value = row?.[figure];
    const bound = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
    if (value === undefined && partial) left.push(`${what} was left out`);
    else if (typeof value !== "number") missed.push(`${what} must be ${bound}, and was not measured.`);
    // Written so that a figure that is no number misses, too.
    else if (atLeast === undefined ? value <= (atMost ?? 0) : value >= atLeast)
      met.push(`${what} is ${value}, ${bound}`);
    else missed.push(`${what} is ${value}, and must be ${bound}.`);
  }
  return { missed, met, left };
}
