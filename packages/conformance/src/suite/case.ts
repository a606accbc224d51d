/**
 * The cases: what each holds a peer to, and where they are kept.
 *
 * @module
 */
import type { Context } from "./context.ts";
import type { PeerRole, Way } from "./verdict.ts";

/** Limits that a peer under test is started with, by the name of the set. */
export type LimitSet = "default" | "small" | "quick";

/**
 * What a case needs of a peer beyond the protocol.
 *
 * - `command`: a process that the suite starts, stops and kills
 * - `keys`: the keys of section 15, by name, and not just the one that is proved everywhere
 */
export type Need = "command" | "keys" | "delivery" | "credit";

/** One case. */
export interface Case {
  /** `area.what-it-shows`, unique. */
  readonly id: string;
  /** A sentence that is true of a conformant peer. */
  readonly title: string;
  /** Clauses of the specification: `FRAME-003`, or `FLOW-001.2` where the requirement has several. */
  readonly covers: readonly string[];
  /** Whom it holds to them. `both`: the case runs against either. */
  readonly role: PeerRole | "both";
  /** The ways of reaching the peer on which it makes sense. Default: all. */
  readonly ways?: readonly Way[];
  /** Default: `default`. */
  readonly limits?: LimitSet;
  readonly needs?: readonly Need[];
  /** Where the clauses are SHOULDs a failure is a warning. Default: `must`. */
  readonly level?: "must" | "should";
  /** It disturbs others, by load or by time that it takes from them: it runs while no other does. Default: false. */
  readonly alone?: boolean;
  readonly run: (t: Context) => Promise<void>;
}

const cases = new Map<string, Case>();

/** Registers a case. Throws where its id is taken. */
export function check(definition: Case): void {
  if (cases.has(definition.id)) throw new Error(`There are two cases ${definition.id}.`);
  if (definition.covers.length === 0) throw new Error(`Case ${definition.id} covers no requirement.`);
  cases.set(definition.id, definition);
}

/** All cases that are registered, in the order in which they were. */
export function allCases(): readonly Case[] {
  return [...cases.values()];
}

/** Those that make sense against a peer of a role, reached in a way. */
export function casesFor(role: PeerRole, way: Way): readonly Case[] {
  return allCases().filter(
    (entry) =>
      (entry.role === role || (entry.role === "both" && role !== "behaviour")) &&
      (entry.ways === undefined || role === "behaviour" || entry.ways.includes(way)),
  );
}
