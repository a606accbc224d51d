/**
 * What several cases about streams need.
 *
 * @module
 */
import { openFrame, type OutgoingCall } from "../../harness/calls.ts";
import type { Session } from "../../harness/session.ts";
import type { Context } from "../../suite/context.ts";
import * as build from "../../wire/build.ts";
import { Content, FrameType } from "../../wire/constants.ts";
import type { Frame } from "../../wire/frame.ts";

/** A call that is accepted, and goes on until it is cancelled. */
export async function holding(t: Context, session: Session): Promise<OutgoingCall> {
  const call = await t.open(session, { tool: "test.fail", input: { how: "hang" } });
  await call.accepted();
  return call;
}

/** OPEN of `test.echo` that begins its arguments, with octets that begin a JSON string. */
export function beginEcho(session: Session, stream: number, length = 0): Frame {
  const { frame } = openFrame(session, {
    tool: "test.echo",
    input: '"'.padEnd(length, "x"),
    content: Content.text,
    stream,
  });
  return build.open(stream, { tool: "test.echo", callId: `begin-${stream}`, content: Content.text }, frame.body, {
    more: true,
  });
}

/** The first message that arrived on a stream, and all behind it: frames as they came, in order. */
export function framesOn(session: Session, stream: number): readonly Frame[] {
  return session.channel.frames.entries.map(({ frame }) => frame).filter((frame) => frame.stream === stream);
}

/** Those of them that belong to bodies. */
export function bodyFramesOn(session: Session, stream: number): readonly Frame[] {
  const types: readonly number[] = [FrameType.open, FrameType.data, FrameType.end];
  return framesOn(session, stream).filter((frame) => types.includes(frame.type));
}

/** A stream of the suite's kind of identifier, or of the peer's, that nobody has opened. */
export function unopened(session: Session, whose: "suite" | "peer"): number {
  const suiteIsOdd = session.established.side === "client";
  return (whose === "suite") === suiteIsOdd ? 1_000_001 : 1_000_000;
}
