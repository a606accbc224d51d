/**
 * What the cases of turns and lanes have in common.
 *
 * @module
 */
import { z } from "zod";
import type { CallOptions, Ending, OutgoingCall } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import type { Context } from "../../suite/context.ts";
import { Failure, Unsupported } from "../../suite/verdict.ts";
import type { Value } from "../../wire/body.ts";

const Begun = z.object({ lineage: z.string().min(1) });
const Ended = z.object({ ended: z.boolean() });

/** A turn that has the lane of its session. */
export interface Turn {
  readonly session: Session;
  readonly lineage: string;
}

/** Asks for the lane of a session. */
export function ask(
  t: Context,
  session: Session,
  turn: string,
  more: Pick<CallOptions, "lineage" | "callId" | "deadlineMs"> = {},
): Promise<OutgoingCall> {
  return t.open(session, { tool: "turnmux.turn.begin", input: { turn }, deadlineMs: t.ms(30_000), ...more });
}

/** The turn that a call has begun. */
export async function begun(session: Session, call: OutgoingCall, blames = "LANE-002"): Promise<Turn> {
  const ending = await call.ended();
  if (!ending.ok) throw new Failure(`turnmux.turn.begin ended with ${ending.code}: ${ending.message ?? ""}`, blames);
  const parsed = Begun.safeParse(ending.value);
  if (!parsed.success)
    throw new Failure(`turnmux.turn.begin returned no lineage: ${z.prettifyError(parsed.error)}`, "LANE-002");
  return { session, lineage: parsed.data.lineage };
}

/** Begins a turn in a session whose lane is free, or is to be given to it. */
export async function begin(
  t: Context,
  session: Session,
  turn: string,
  more: Parameters<typeof ask>[3] = {},
  blames = "LANE-002",
): Promise<Turn> {
  return begun(session, await ask(t, session, turn, more), blames);
}

/** Ends a turn, and tells whether there was one. */
export async function end(t: Context, session: Session, input: Value): Promise<boolean> {
  const ending = await (await t.open(session, { tool: "turnmux.turn.end", input })).ended();
  const parsed = Ended.safeParse(ending.value);
  if (!ending.ok || !parsed.success)
    throw new Failure(`turnmux.turn.end did not say whether there was a turn: ${ending.code}`, "LANE-003");
  return parsed.data.ended;
}

/** Shows that a call is not over, and waits for nothing that was said before. */
export async function waits(t: Context, call: OutgoingCall, clause: string): Promise<void> {
  await call.session.roundTrip();
  t.equal(call.inbound.ended.entries.length, 0, "ENDs of a call that has to wait", clause);
}

/** What a refusal was to be. */
export function refused(t: Context, ending: Ending, code: Ending["code"], clause: string): void {
  t.equal([ending.code, ending.outcome], [code, "not_started"], "How it ended", clause);
}

/** A session of a gateway that offers `test.lane`. */
export async function withLaneTool(t: Context): Promise<Session> {
  const session = await t.session();
  await session.roundTrip();
  if (!session.offered.has("test.lane")) throw new Unsupported("The gateway does not offer test.lane.");
  return session;
}
