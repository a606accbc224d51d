/**
 * Rows of the database, with their types checked, and texts that survive it.
 *
 * @module
 */

import type { SQLOutputValue } from "node:sqlite";
import { RowError } from "./failure.ts";

/** A row as `node:sqlite` gives it. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** An integer column. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw new RowError(column);
  return value;
}

/** An integer column that may be null. */
export function optionalInteger(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : integer(row, column);
}

/** A text column that {@link storedText} wrote. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new RowError(column);
  if (!value.startsWith('"')) return value;
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed === "string") return parsed;
  } catch {
    // Below.
  }
  throw new RowError(column);
}

/** A text column that may be null. */
export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

/** A column of octets that may be null. */
export function octets(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (value === null) return new Uint8Array();
  if (!(value instanceof Uint8Array)) throw new RowError(column);
  return value;
}

/**
 * How a string is kept: as it is, or as JSON where the way through UTF-8 and C would change it, so that two strings that
 * differ never become equal.
 */
export function storedText(value: string): string {
  return value.startsWith('"') || value.includes("\0") || !value.isWellFormed() ? JSON.stringify(value) : value;
}
