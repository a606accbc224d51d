/**
 * The two messages that each call takes, as lists: names of properties would be most of what is written and read for a short one.
 *
 * @module
 */

import type { RunContext, SessionIdentity } from "@turnmux/core";
import type { RunData, RunNumber, ToolNumber } from "./messages.ts";
import { ownTime, sharedTime } from "./shared.ts";

/** What most runs do without. */
interface RunMore {
  readonly claimed: RunData["claimed"];
  readonly context: RunContext;
}

/** A {@link RunData}: of a plain call its number, word, tool, session, call, deadline (on the clock of all threads) and arguments; of any other all of it behind them. */
export type RunMessage = readonly [
  run: RunNumber,
  word: number,
  tool: ToolNumber,
  sessionId: string,
  callId: string,
  deadlineAt: number | undefined,
  input: unknown,
  more?: RunMore,
];

/** A run has given this result. */
export type ResultMessage = readonly [run: RunNumber, value: unknown];

/** `identity` is the session's, as the other side knows it. */
export function packRun(
  data: RunData,
  identity: Pick<SessionIdentity, "principal" | "scopes"> | undefined,
): RunMessage {
  const { run, word, tool, sessionId, context, input, claimed } = data;
  const { callId, deadlineAt: at } = context;
  const deadlineAt = at === undefined ? undefined : sharedTime(at);
  return claimed === undefined && isPlain(context, identity)
    ? [run, word, tool, sessionId, callId, deadlineAt, input]
    : [run, word, tool, sessionId, callId, deadlineAt, input, { context, claimed }];
}

/** `identity` is the session's: it is there where {@link packRun} had it. */
export function unpackRun(
  message: RunMessage,
  identity: Pick<SessionIdentity, "principal" | "scopes"> | undefined,
): RunData {
  const [run, word, tool, sessionId, callId, at, input, more] = message;
  const deadlineAt = at === undefined ? undefined : ownTime(at);
  const context =
    more === undefined
      ? {
          callId,
          key: undefined,
          turn: undefined,
          lineage: undefined,
          principal: identity?.principal ?? "",
          scopes: identity?.scopes ?? [],
          deadlineAt,
          trace: undefined,
          meta: {},
        }
      : { ...more.context, deadlineAt };
  return { run, word, tool, sessionId, context, input, claimed: more?.claimed };
}

/** The result of a run that gave one. */
export function packResult(run: RunNumber, value: unknown): ResultMessage {
  return [run, value];
}

function isPlain(context: RunContext, identity: Pick<SessionIdentity, "principal" | "scopes"> | undefined): boolean {
  const { key, turn, lineage, trace, meta, principal, scopes } = context;
  if (key !== undefined || turn !== undefined || lineage !== undefined || trace !== undefined) return false;
  if (identity === undefined || principal !== identity.principal) return false;
  if (scopes !== identity.scopes && !isSame(scopes, identity.scopes)) return false;
  for (const _name in meta) return false;
  return true;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((scope, index) => scope === b[index]);
}
