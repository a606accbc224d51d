/**
 * Files that only grow, and survive the process that writes them.
 *
 * @module
 */

import { closeSync, existsSync, fdatasync, openSync, readFileSync, writeSync } from "node:fs";
import { promisify } from "node:util";

const sync = promisify(fdatasync);

/** Appends lines of JSON. Several processes may append to one file: each line is one write with O_APPEND. */
export class AppendFile<R extends object> {
  readonly #fd: number;
  /** The synchronisation that is under way, and the one that follows it. */
  #current: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(path: string) {
    this.#fd = openSync(path, "a");
  }

  /** Hands a line to the system. It survives the end of this process, however that comes about. */
  write(record: R): void {
    writeSync(this.#fd, `${JSON.stringify(record)}\n`);
  }

  /** Hands a line to the system; resolves when it is on the disk. Lines of one moment share a synchronisation. */
  keep(record: R): Promise<void> {
    this.write(record);
    this.#next ??= this.#sync(this.#current);
    return this.#next;
  }

  close(): void {
    closeSync(this.#fd);
  }

  async #sync(before: Promise<void> | undefined): Promise<void> {
    // What is written while one runs may have come too late for it.
    await before?.catch(() => {});
    const mine = this.#next;
    this.#current = mine;
    this.#next = undefined;
    try {
      await sync(this.#fd);
    } finally {
      if (this.#current === mine) this.#current = undefined;
    }
  }
}

/** The lines of a file; none where there is no such file. Throws for a line that is no JSON. */
export function readRecords<R extends object>(path: string): R[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  const records: R[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === "") continue;
    try {
      records.push(JSON.parse(line) as R);
    } catch (cause) {
      throw new Error(`${path}:${index + 1}: this line cannot be read`, { cause });
    }
  }
  return records;
}
