import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { AppendFile, readRecords } from "../src/append-file.ts";

function fresh(): string {
  const folder = mkdtempSync(join(tmpdir(), "append-file-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "lines.jsonl");
}

it("keeps the lines of several writers, each in its order", async () => {
  const path = fresh();
  const writers = [new AppendFile<{ n: number }>(path), new AppendFile<{ n: number }>(path)];
  await Promise.all(writers.flatMap((writer, index) => [0, 2, 4].map((n) => writer.keep({ n: n + index }))));
  for (const writer of writers) writer.close();
  expect(
    readRecords<{ n: number }>(path)
      .map(({ n }) => n)
      .sort((a, b) => a - b),
  ).toEqual([0, 1, 2, 3, 4, 5]);
});

it("has written a line when it says so, whether or not anybody waits for the disk", () => {
  const path = fresh();
  const file = new AppendFile<{ n: number }>(path);
  file.write({ n: 1 });
  expect(readRecords(path)).toEqual([{ n: 1 }]);
  file.close();
});

it("says which line it cannot read", () => {
  const path = fresh();
  expect(readRecords(path)).toEqual([]);
  writeFileSync(path, '{"n":1}\n{"n":\n');
  expect(() => readRecords(path)).toThrow("lines.jsonl:2: this line cannot be read");
});
