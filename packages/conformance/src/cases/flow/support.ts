/**
 * What the cases of flow have in common.
 *
 * @module
 */
import type { IncomingCall } from "../../harness/calls.ts";
import type { StatedLimits } from "../../harness/limits.ts";
import type { Session } from "../../harness/session.ts";
import { ITEM_OCTETS } from "../../harness/streams.ts";
import type { Context, SessionOptions } from "../../suite/context.ts";
import type { PeerCall } from "../../suite/peer-call.ts";
import * as build from "../../wire/build.ts";
import { Content } from "../../wire/constants.ts";

/** Options of a session in which the suite states these limits, whichever side it plays. */
export function stating(limits: Partial<StatedLimits>): SessionOptions {
  return { hello: { limits }, welcome: { limits } };
}

/** A step and what is enough to begin, of a stream's window: the table behind FLOW-012. */
export function windowOf(octets: number): { readonly step: number; readonly enough: number } {
  if (octets < 2_176) return { step: octets / 4, enough: (octets * 3) / 4 };
  return { step: (octets - 1_088) / 2, enough: (octets + 1_088) / 2 };
}

/** A call of the peer whose application reads none of the items that it is sent. */
export async function unread(
  t: Context,
  session: Session,
): Promise<{ readonly call: PeerCall; readonly incoming: IncomingCall }> {
  const call = await t.peerCalls(session, { tool: "suite.stream", take: -1, timeoutMs: t.ms(20_000) });
  const incoming = await call.incoming();
  incoming.accept();
  return { call, incoming };
}

/** Sends an item of text whose body has so many octets, whether there is credit or not; with what it counts for beside them. */
export function sendItem(session: Session, stream: number, octets: number): void {
  session.useCredit(stream, octets + ITEM_OCTETS);
  session.useCredit(0, octets + ITEM_OCTETS);
  const content = octets === 0 ? Content.none : Content.text;
  session.send(build.item(stream, content, Buffer.alloc(octets, "x")));
}

/** Uses up so much of a stream's credit with items that fit into frames; the octets that count. */
export function fillWithItems(session: Session, stream: number, octets: number): void {
  const most = 3_000;
  for (let left = octets; left > 0; ) {
    // What would be left must be enough for another item.
    const counts = left <= most ? left : left < most + ITEM_OCTETS ? ITEM_OCTETS : most;
    sendItem(session, stream, counts - ITEM_OCTETS);
    left -= counts;
  }
}

/** Octets of bodies that are in no case more than these have arrived on the stream, and nothing more is under way. */
export async function atMost(
  t: Context,
  session: Session,
  stream: number,
  { octets, clause }: { readonly octets: number; readonly clause: string },
): Promise<void> {
  for (let times = 0; times < 3; times++) await session.roundTrip();
  const arrived = session.inbound(stream).octets;
  t.expect(arrived <= octets, `${arrived} octets were sent on a stream that had credit for ${octets}.`, clause);
}
