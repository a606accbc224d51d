/**
 * The conformance suite of turnmux for programs: its cases, how to run them, and its own encoder. What it is for, and the command line:
 * README.md.
 *
 * @module
 */
import "./cases/index.ts";

export { allCases, casesFor, check, type Case, type LimitSet, type Need } from "./suite/case.ts";
export { EXCUSED, excuseFor, type Excuse, type Excuses } from "./spec/excused.ts";
export { allClauses, allRequirements, clause, requirement, requirementOf } from "./spec/requirements.ts";
export type { Clause, Requirement, SpecRole } from "./spec/extract.ts";
export { run, type RunOptions } from "./suite/runner.ts";
export type { Context, SessionOptions, SocketOptions } from "./suite/context.ts";
export type { Target } from "./harness/targets.ts";
export {
  Failure,
  HarnessError,
  Unsupported,
  type CaseResult,
  type PeerRole,
  type RunReport,
  type Verdict,
  type Way,
} from "./suite/verdict.ts";
export * from "./wire/constants.ts";
export { type Frame, type HeaderValue, type RawFrame, type RawRow, WireError } from "./wire/types.ts";
