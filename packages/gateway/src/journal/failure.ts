/**
 * What went wrong with a journal's file, in sentences that say what to do. None has a value of the application in it.
 *
 * @module
 */

/** The file cannot be opened. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** Whether the configuration, or the file that it names, is at fault, rather than the machine. */
  readonly usage: boolean;

  constructor(message: string, usage = true, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.usage = usage;
  }
}

/** SQLite's primary result codes, as far as they are told apart here. */
export const Sqlite = {
  busy: 5,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notDatabase: 26,
} as const;

/** The primary result code of an error that `node:sqlite` threw; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

/** What failed, and what to do, for an error while records were read or written. */
export function explain(error: unknown): string {
  switch (sqliteCode(error)) {
    case Sqlite.full:
      return "the disk is full; make room, and it goes on by itself";
    case Sqlite.readOnly:
    case Sqlite.cannotOpen:
      return "the file or its folder cannot be written; mend that, and it goes on by itself";
    case Sqlite.ioError:
      return `the disk reports an error (SQLite ${extended(error)}); look at the disk and the system's log`;
    case Sqlite.corrupt:
    case Sqlite.notDatabase:
      return 'the file is damaged; stop the gateway, and see "Repair" in docs/operations.md';
    case undefined:
      return error instanceof RowError ? error.message : "its thread does not know what to do with what it was told";
    default:
      return `SQLite reports error ${extended(error)}`;
  }
}

function extended(error: unknown): number {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode : 0;
}

/** A row does not have what the schema says. */
export class RowError extends Error {
  override readonly name = "RowError";

  constructor(column: string) {
    super(`column "${column}" of a record has no fitting value; the file was changed by something else`);
  }
}
