/**
 * What the cases of delivery have in common.
 *
 * @module
 */
import type { Channel } from "../../harness/channel.ts";
import type { StatedLimits } from "../../harness/limits.ts";
import { isCounted, type Session } from "../../harness/session.ts";
import type { Context } from "../../suite/context.ts";
import { Failure } from "../../suite/verdict.ts";
import { FrameType } from "../../wire/constants.ts";
import { encodePayload, frameName, type Frame } from "../../wire/frame.ts";
import { cut, lasting, resume, resumeClient } from "../resume/support.ts";

/** What a frame counts for beside the octets of its body (DELIV-003). */
export const FRAME_OCTETS = 64;

/** A session that outlives its connections, in which the suite states these limits. */
export function lastingWith(t: Context, limits: Partial<StatedLimits>): Promise<Session> {
  return lasting(t, { hello: { limits }, welcome: { limits } });
}

/** Counted frames that arrived on a channel. Cases of delivery take none of them out. */
export function countedOn(channel: Channel): readonly Frame[] {
  return channel.frames.entries.map(({ frame }) => frame).filter(isCounted);
}

/** Waits, by round trips, until something holds. */
export async function until(session: Session, holds: () => boolean, what: string): Promise<void> {
  for (let times = 0; times < 200; times++) {
    if (holds()) return;
    await session.roundTrip();
  }
  throw new Failure(`Expected ${what}, and it did not come within 200 round trips.`);
}

/**
 * Cuts the connection, and resumes the session on another one, where the suite says that so many frames have arrived. `counted`: how many
 * have for the peer.
 */
export async function resumeFrom(
  t: Context,
  session: Session,
  received: number,
  options: { readonly limits?: Partial<StatedLimits>; readonly meanwhile?: () => unknown } = {},
): Promise<{ readonly channel: Channel; readonly counted: number | undefined }> {
  session.channel.onframe = undefined;
  await cut(session);
  await options.meanwhile?.();
  const stated = { limits: options.limits ?? {} };
  if (t.role === "gateway") {
    const { welcome } = await resume(t, session, { received, hello: stated });
    return { channel: session.channel, counted: welcome.resumedFrom };
  }
  session.receivedCount = received;
  const { hello } = await resumeClient(t, session, { welcome: stated });
  return { channel: session.channel, counted: hello.resume?.received };
}

/** The place of `deadlineMs` in the header of OPEN. */
const DEADLINE = 3;

/** What must be the same where a frame is sent again, for people to read. */
export function wordsOf(frame: Frame): string {
  const { type, flags, stream } = frame;
  const again =
    type === FrameType.open && frame.header !== null
      ? encodePayload({ ...withoutPayload(frame), header: frame.header.with(DEADLINE, null) })
      : encodePayload(frame);
  return `${frameName(type)} flags ${flags} stream ${stream} ${Buffer.from(again).toString("hex")}`;
}

function withoutPayload({ type, flags, stream, header, body }: Frame): Frame {
  return { type, flags, stream, header, body };
}

/** Frames that are sent again must be those that were sent, in their order, and come first. */
export function sameAgain(t: Context, sent: readonly Frame[], again: readonly Frame[], clause: string): void {
  for (const [index, frame] of sent.entries()) {
    const other = again[index];
    if (other === undefined)
      throw new Failure(`Only ${again.length} of ${sent.length} frames were sent again.`, clause);
    const [is, should] = [wordsOf(other), wordsOf(frame)];
    t.expect(
      is === should,
      `Frame ${index + 1} that is sent again is ${is.slice(0, 120)}, and was ${should.slice(0, 120)}.`,
      clause,
    );
  }
}

/** What counted frames make up (DELIV-003). OFFERs aside. */
export function octetsOf(frames: readonly Frame[]): number {
  return frames.reduce((sum, { body }) => sum + FRAME_OCTETS + body.length, 0);
}

/** From now on the suite acknowledges nothing, and has acknowledged all that came before. */
export async function acknowledgeNothing(
  session: Session,
): Promise<{ readonly received: number; readonly since: () => readonly Frame[] }> {
  await session.roundTrip();
  session.automatic.ack = false;
  session.acknowledge();
  await session.roundTrip();
  const { channel, receivedCount } = session;
  const { length } = countedOn(channel);
  return { received: receivedCount, since: () => countedOn(channel).slice(length) };
}
