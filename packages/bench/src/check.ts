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

/** Reads targets from a JSON file: an array. Throws an error that says what is wrong with it. */
export function readTargets(file: string): readonly Target[] {
  const read = z.array(Target).safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (read.success) return read.data;
  throw new Error(`${file} has no targets: ${z.prettifyError(read.error)}`);
}

/** What came of a check. */
export interface Verdict {
  /** A sentence for each target that was missed, or of which there is no figure. */
  readonly missed: readonly string[];
  /** A line for each target that was met. */
  readonly met: readonly string[];
}

/** Holds the rows of a bench against its targets. */
export function checkTargets(bench: string, rows: readonly Row[], targets: readonly Target[]): Verdict {
  const missed: string[] = [];
  const met: string[] = [];
  for (const target of targets.filter((one) => one.bench === bench)) {
    const { row: name, concurrency, figure, atLeast, atMost, says } = target;
    const at = concurrency === undefined ? "" : ` at concurrency ${concurrency}`;
    const what = `${name}${at}: ${says} (${figure})`;
    const row = rows.find((one) => one.name === name && (concurrency === undefined || one.concurrency === concurrency));
    const value = row?.[figure];
    const bound = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
    if (typeof value !== "number") missed.push(`${what} must be ${bound}, and was not measured.`);
    // Written so that a figure that is no number misses, too.
    else if (atLeast === undefined ? value <= (atMost ?? 0) : value >= atLeast)
      met.push(`${what} is ${value}, ${bound}`);
    else missed.push(`${what} is ${value}, and must be ${bound}.`);
  }
  return { missed, met };
}
