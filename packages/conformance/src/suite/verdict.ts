/**
 * What a run says: of each case, and of all.
 *
 * @module
 */

/**
 * - `pass`: the peer did what the requirement says
 * - `fail`: it did not, and the requirement is a MUST
 * - `warn`: it did not, and the requirement is a SHOULD
 * - `unsupported`: the peer does not offer what the case needs, and need not
 * - `error`: the case itself went wrong: that says nothing about the peer
 */
export type Verdict = "pass" | "fail" | "warn" | "unsupported" | "error";

/** What became of one case. */
export interface CaseResult {
  readonly id: string;
  readonly title: string;
  /** Clauses that the case holds the peer to. */
  readonly covers: readonly string[];
  readonly verdict: Verdict;
  /** Why, unless it passed. */
  readonly sentence?: string;
  /** The clause that was broken, where the case can tell it from the others that it covers. */
  readonly requirement?: string;
  /** Decoded frames and events in the order in which they came and went, one line each. */
  readonly trace?: readonly string[];
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** What became of all cases against one peer. */
export interface RunReport {
  readonly role: PeerRole;
  /** The URL, or the command. */
  readonly peer: string;
  readonly carriage: Way;
  readonly seed: number;
  readonly timeScale: number;
  readonly results: readonly CaseResult[];
  /** How long the run took, in milliseconds: less than its cases together, since several run at once. */
  readonly ms: number;
}

/** What the peer under test is. `behaviour`: driven by lines alone, wherever its gateway is. */
export type PeerRole = "gateway" | "client" | "behaviour";

/** How the peer is reached: on a socket of turnmux's own in one of two carriages, or on one that a host shares. */
export type Way = "binary" | "text" | "shared" | "wrapped";

/** The peer under test did not do what a requirement says. */
export class Failure extends Error {
  override readonly name: string = "Failure";
  /** The clause, where it is known. */
  readonly requirement: string | undefined;

  constructor(message: string, requirement?: string) {
    super(message);
    this.requirement = requirement;
  }
}

/** The peer under test does not offer what the case needs, and need not. */
export class Unsupported extends Error {
  override readonly name: string = "Unsupported";
}

/** The run itself went wrong: the peer cannot be started, say. */
export class HarnessError extends Error {
  override readonly name: string = "HarnessError";
}
