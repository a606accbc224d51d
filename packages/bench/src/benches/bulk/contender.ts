/**
 * What there is to be compared, from the point of view of the two programs.
 *
 * @module
 */
import { floor } from "./contenders/floor.ts";
import { turnmux } from "./contenders/turnmux.ts";
import type { BulkContender } from "./stream.ts";

const CONTENDERS: Readonly<Record<string, BulkContender>> = { floor, turnmux };

/** The contender of that name. */
export function contender(name: string): BulkContender {
  const found = CONTENDERS[name];
  if (found === undefined) throw new Error(`there is no contender ${name}`);
  return found;
}
