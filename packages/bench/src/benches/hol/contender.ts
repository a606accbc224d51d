/**
 * What there is to be compared, from the point of view of the two programs.
 *
 * @module
 */
import { floor } from "./contenders/floor.ts";
import { turnmux } from "./contenders/turnmux.ts";
import type { LargeKind } from "./contract.ts";

/** One connection, shared by three. Each resolves with whether the answer was the right one. */
export interface Shared {
  /** A small call with that number. */
  small(number: number): Promise<boolean>;
  /** A call with a large result. */
  large(kind: LargeKind): Promise<boolean>;
  /** A message of the host's own, which the host at the other end sends back. */
  host(number: number): Promise<boolean>;
}

/** One way to share a WebSocket. */
export interface HolContender {
  /** Listens on a port of 127.0.0.1 that is free; large results have so many octets. Resolves with its URL. */
  serve(octets: number): Promise<string>;
  connect(url: string, octets: number): Promise<Shared>;
}

const CONTENDERS: Readonly<Record<string, HolContender>> = { floor, turnmux };

/** All of them. */
export const NAMES: readonly string[] = Object.keys(CONTENDERS);

/** The contender of that name. */
export function contender(name: string): HolContender {
  const found = CONTENDERS[name];
  if (found === undefined) throw new Error(`there is no contender ${name}`);
  return found;
}
