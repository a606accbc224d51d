/**
 * What a session does with the calls of its peer. A side that implements no tools does without all that runs them.
 *
 * @module
 */
import { callsToolName, outcomeToolName, type CallOutcome, type CallsResult } from "../contract/outcome.ts";
import { describeToolName, type DescribeResult } from "../contract/describe.ts";
import type { ToolHandlers } from "../contract/infer.ts";
import type { ToolTree } from "../contract/tree.ts";
import { missingPart } from "../errors/missing-part.ts";
import type { Limits } from "../limits.ts";
import { NO_BODY, type CallNumber, type CallPort, type PortEvent } from "../peer/port.ts";
import type { OfferEntry } from "../wire/frame.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Environment } from "./environment.ts";
import type { Interceptor } from "./interceptor.ts";

/** What a session is to whoever takes its peer's calls, at present. */
export interface IncomingContext {
  readonly environment: Environment;
  readonly deadlines: Deadlines;
  readonly limits: Limits;
  readonly interceptors: readonly Interceptor[];
  readonly identity: { readonly id: string };
  /** Who calls, and what it may do. */
  readonly caller: string;
  readonly scopes: ReadonlySet<string>;
  /** The same as a list that nobody changes. */
  readonly scopeList: readonly string[];
  /** True where the peer may do everything: on a client, whose gateway has no scopes. */
  readonly allowsAll: boolean;
  /** To be called when {@link IncomingCalls.offered} gives something else. */
  toolsChanged(): void;
}

/** One for each session: answers each call of the peer exactly once (CALL-004). */
export interface IncomingCalls {
  /** Calls of the peer that are not over. */
  readonly running: number;
  /** The tools that the peer may call at present (TOOL-002). */
  offered(): OfferEntry[];
  /** Offers tools, and gives back what takes them away again. */
  implement<T extends ToolTree>(tools: T, handlers: ToolHandlers<T>): () => void;
  /** The peer calls. */
  open(port: CallPort, event: Extract<PortEvent, { type: "open" }>): void;
  /** The peer asks to cancel (CALL-005). */
  reset(call: CallNumber, code: "cancelled" | "deadline_exceeded"): void;
  /** The session is over for this call. */
  makeVoid(call: CallNumber): void;
  /** The port has room for a further item of this call. */
  room(call: CallNumber): void;
  /** The port is gone, and what it has not told of is void. */
  abandon(): void;
  /** The session has no channel at present, and may get another one. */
  suspended(): void;
  /** It has one again. */
  resumed(): void;
  /**
   * The session is about to end: what was not begun does not begin, but what its tool keeps. Where the grant was `revoked` that does not
   * begin either.
   */
  ending(revoked: boolean): void;
  /** The session is over. */
  leave(): void;
}

/** Makes it for a session. `toolServer` gives the one that runs tools. */
export type TakesCalls = (context: IncomingContext) => IncomingCalls;

/** What the tools of the protocol answer where there are none of anybody's (TOOL-004 to TOOL-006). */
const ANSWERS: Readonly<Record<string, DescribeResult | CallOutcome | CallsResult>> = {
  [describeToolName]: { tools: [] },
  [outcomeToolName]: { state: "none" },
  [callsToolName]: { calls: [] },
};

/** What the caller of a tool is told that is not there (CALL-010). */
export function noSuchTool(name: string): {
  readonly code: "unimplemented";
  readonly message: string;
  readonly outcome: "not_started";
} {
  return { code: "unimplemented", message: `there is no tool ${name}`, outcome: "not_started" };
}

/** Of a session that implements nothing. */
export const takesNoCalls: IncomingCalls = {
  running: 0,
  offered: () => [],
  implement() {
    throw missingPart("what runs tools", "implementing", "implement");
  },
  open(port, { call, tool }) {
    if (Object.hasOwn(ANSWERS, tool)) port.end(call, { ok: true, body: port.encode(ANSWERS[tool]) });
    else port.end(call, { ok: false, ...noSuchTool(tool), body: NO_BODY });
  },
  reset: nothing,
  makeVoid: nothing,
  room: nothing,
  abandon: nothing,
  suspended: nothing,
  resumed: nothing,
  ending: nothing,
  leave: nothing,
};

/** Each call was over when it came. */
function nothing(): void {}
