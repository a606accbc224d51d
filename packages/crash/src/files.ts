/**
 * The files of a run, below its working folder.
 *
 * @module
 */

/** Files that several processes write. */
export const FILES = {
  /** What happened to the world. */
  ledger: "ledger.jsonl",
  /** When handlers ran. */
  diary: "diary.jsonl",
  /** What the driver did. */
  driver: "driver.jsonl",
} as const;

/** The store of an application: of `gateway`, `c1`, `c2`, ... */
export function storeFile(name: string): string {
  return `store-${name}.jsonl`;
}

/** The journal of the gateway, or of a client. */
export function journalFile(name: string): string {
  return `journal-${name}.db`;
}

/** The name of a process without its number: `gateway#3` is `gateway`. */
export function nameOf(process: string): string {
  return process.slice(0, process.indexOf("#"));
}
