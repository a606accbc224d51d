import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A path in a folder of the test's own, which is removed behind it. */
export function temporaryFile(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), "bench-file-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}
