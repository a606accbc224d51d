/**
 * What several cases about calls need.
 *
 * @module
 */
import { openFrame, OutgoingCall, type CallOptions, type Ending } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import type { Context, SessionOptions } from "../../suite/context.ts";
import * as build from "../../wire/build.ts";
import type { PeerProcess } from "../../harness/driver.ts";
import type { CodeName, OutcomeName } from "../../wire/constants.ts";
import { endedWith } from "../support.ts";

/** Makes a call, waits for its end, and checks it. */
export async function fails(
  t: Context,
  session: Session,
  options: CallOptions,
  expected: { readonly code: CodeName; readonly outcome: OutcomeName; readonly clause: string },
): Promise<Ending> {
  const ending = await (await t.open(session, options)).ended();
  endedWith(t, ending, expected);
  return ending;
}

/** Everything that END says to a reader, as one text. */
export function textOf(ending: Ending): string {
  return `${ending.message ?? ""} ${JSON.stringify(ending.value) ?? ""}`;
}

/** A call without a deadline of its own. */
export function openWithoutDeadline(t: Context, session: Session, options: CallOptions): OutgoingCall {
  const { stream, frame } = openFrame(session, options);
  const header = frame.header?.map((place, index) => (index === 3 ? null : place)) ?? null;
  session.send({ ...frame, header });
  t.note(`stream ${stream} has no deadline`);
  return new OutgoingCall(session, stream);
}

/** A session with a process of the case's own, which it may stop. */
export async function ownPeer(
  t: Context,
  options: SessionOptions = {},
): Promise<{ readonly session: Session; readonly process: PeerProcess }> {
  if (t.role === "gateway") {
    const gateway = await t.ownGateway();
    return { session: await t.session({ ...options, url: t.urlOf(gateway.urls) }), process: gateway.process };
  }
  const process = await t.ownClient();
  return { session: await t.session({ ...options, process }), process };
}

/** RESET, and PING in the same message: gives the place of PONG, behind which all was written after RESET was read. */
export async function resetAndAsk(session: Session, stream: number, code = 1): Promise<number> {
  const id = session.channel.pingId();
  session.send(build.reset(stream, { code }), build.ping(id));
  const pong = await session.channel.take("pong", (frame) => frame.id === id, { what: "PONG" });
  return pong.received.index;
}
