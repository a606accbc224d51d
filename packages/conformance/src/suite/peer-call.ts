/**
 * Calls that the peer under test is made to make towards the suite, whichever side it is.
 *
 * @module
 */
import type { Patience } from "../harness/channel.ts";
import { IncomingCall, openCall, type OutgoingCall } from "../harness/calls.ts";
import type { PeerProcess } from "../harness/driver.ts";
import type { Session } from "../harness/session.ts";
import type { Value } from "../wire/body.ts";
import { drivenCall, SettledValue, type DrivenCall, type PeerCallOptions, type Settled } from "./driven.ts";
import { Failure, HarnessError } from "./verdict.ts";

/** A call that the peer under test makes. */
export interface PeerCall extends DrivenCall {
  /** The call as it arrives at the suite. */
  incoming(options?: Patience): Promise<IncomingCall>;
}

/** What the suite offers unless a case says otherwise, and so what the peer calls. */
const DEFAULT_TOOL = "suite.read";

/** Calls of gateways under test are made by their tool `test.call`. */
export async function gatewayCalls(session: Session, options: PeerCallOptions): Promise<PeerCall> {
  const { tool = DEFAULT_TOOL, ...rest } = options;
  const input: Record<string, Value> = { tool };
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) input[name] = value;
  const outer = await openCall(session, { tool: "test.call", input });
  return {
    incoming: (patience) => incomingOf(session, tool, patience),
    settled: (patience) => settledOf(outer, patience),
    cancel: () => outer.reset(),
    read: () => {},
    leave: () => {},
    event: () => Promise.reject(new HarnessError("Only a client under test tells of events.")),
  };
}

async function settledOf(outer: OutgoingCall, patience: Patience | undefined): Promise<Settled> {
  const ending = await outer.ended(patience);
  const parsed = SettledValue.safeParse(ending.value);
  if (ending.ok && parsed.success) return parsed.data;
  throw new Failure(`test.call did not say what became of the call: ${ending.code}, "${ending.message ?? ""}"`);
}

async function incomingOf(session: Session, tool: string, patience: Patience | undefined): Promise<IncomingCall> {
  const wait = session.channel.patience(patience);
  return new IncomingCall(
    session,
    await session.opened.take((opened) => opened.tool === tool, wait, `OPEN of ${tool}`),
  );
}

/** Calls of clients under test are asked for by line. */
export function clientCalls(session: Session, process: PeerProcess, name: string, options: PeerCallOptions): PeerCall {
  const { tool = DEFAULT_TOOL } = options;
  const call = drivenCall(process, name, { ...options, tool }, (patience) => session.channel.patience(patience));
  return { ...call, incoming: (patience) => incomingOf(session, tool, patience) };
}
