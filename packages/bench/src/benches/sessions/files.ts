/**
 * How many files a process may have open: each connection is one.
 *
 * @module
 */
import { z } from "zod";

const Limits = z.object({ userLimits: z.object({ open_files: z.object({ hard: z.unknown() }) }) });

/** The most that a process may have open, or undefined where nothing says so. Node takes all that the system allows. */
export function openFilesLimit(): number | undefined {
  const read = Limits.safeParse(process.report.getReport());
  const hard = read.success ? read.data.userLimits.open_files.hard : undefined;
  return typeof hard === "number" ? hard : undefined;
}
