/**
 * What the cases of resuming have in common: connections that are lost, and the two sides' ways to another one.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { Channel } from "../../harness/channel.ts";
import {
  clientHandshake,
  gatewayHandshake,
  type ClientHandshake,
  type ClientHandshakeOptions,
  type GatewayHandshake,
  type GatewayHandshakeOptions,
} from "../../harness/handshake.ts";
import type { Session } from "../../harness/session.ts";
import type { Context, SessionOptions, SocketOptions } from "../../suite/context.ts";
import { Failure } from "../../suite/verdict.ts";
import type { Frame } from "../../wire/frame.ts";

/** A session that outlives its connections, as the suite waits for it. */
export async function lasting(t: Context, options: SessionOptions = {}): Promise<Session> {
  const session = await t.session(options);
  session.lasts = true;
  return session;
}

/** Cuts the connection, as a network does, and waits until it is gone. */
export async function cut(session: Session): Promise<void> {
  session.channel.socket.cut();
  await session.channel.closed();
}

/** The token that resumes a session. */
export function tokenOf(session: Pick<Session, "resumeToken">): Uint8Array {
  if (session.resumeToken === undefined) throw new Failure("WELCOME gave no resume token.", "RESUME-001");
  return session.resumeToken;
}

/** Frames that were handed over and never arrive: the suite counts them as sent. */
export function loseOnTheWay(session: Session, ...frames: readonly Frame[]): void {
  session.sent.push(...frames);
  for (const frame of frames) session.channel.note(`→ lost on the way: a frame of type ${frame.type}`);
}

/** Sends again what the peer does not have, as it says by its count. */
export function sendAgain(session: Session, received: number): void {
  const frames = session.sent.slice(received);
  if (frames.length > 0) session.channel.send(...frames);
}

/** How a session is resumed. */
export interface ResumeOptions extends SocketOptions {
  readonly hello?: ClientHandshakeOptions;
  /** What the suite says that it has of the gateway's frames. Default: what it has. */
  readonly received?: number;
  readonly token?: Uint8Array;
}

/** Asks a gateway to resume a session on a new socket, and leaves it at that: nothing is said behind the handshake. */
export async function ask(
  t: Context,
  session: Session,
  options: ResumeOptions = {},
): Promise<ClientHandshake & { readonly channel: Channel }> {
  const { hello, received = session.receivedCount, token = tokenOf(session), ...socket } = options;
  const channel = await t.socket({ label: "resumes", ...socket });
  const { id: sessionId } = session;
  const handshake = await clientHandshake(channel, { resume: { sessionId, token, received }, ...hello });
  return { ...handshake, channel };
}

/** Resumes a session at a gateway, as a client does: ACK is its first word, and what the gateway does not have is sent again. */
export async function resume(t: Context, session: Session, options: ResumeOptions = {}): Promise<ClientHandshake> {
  // RESUME-003: nothing more is read there.
  session.channel.onframe = undefined;
  const handshake = await ask(t, session, options);
  const { resumedFrom, notResumed, resumeToken } = handshake.welcome;
  if (resumedFrom === undefined) throw new Failure(`The session was not resumed: ${notResumed ?? "no word of why"}`);
  if (options.received !== undefined) session.receivedCount = options.received;
  session.resumeToken = resumeToken;
  session.move(handshake.channel);
  session.acknowledge();
  sendAgain(session, resumedFrom);
  return handshake;
}

/** The gateway did not resume: it granted another session, and says why (HAND-010). Gives the sentence. */
export function notResumed(session: Session, { welcome }: ClientHandshake, clause: string): string {
  if (welcome.resumedFrom !== undefined || welcome.sessionId === session.id) {
    throw new Failure("The session was resumed, and must not be.", clause);
  }
  if (welcome.notResumed === undefined || welcome.notResumed === "") {
    throw new Failure("WELCOME of a session that was not resumed does not say why.", "HAND-010");
  }
  return welcome.notResumed;
}

/** A client that has lost its connection, on the next one: it asked for its session, and was resumed. */
export interface Resumed extends GatewayHandshake {
  readonly channel: Channel;
}

/** Takes the client's next HELLO, which must ask for its session, and resumes that. `on`: where it is not another socket. */
export async function resumeClient(
  t: Context,
  session: Session,
  options: { readonly welcome?: GatewayHandshakeOptions; readonly on?: Channel; readonly again?: boolean } = {},
): Promise<Resumed> {
  const channel = options.on ?? (await t.nextSocket(session.channel, "resumes"));
  const handshake = await gatewayHandshake(channel, {
    audience: t.audience,
    challenge: t.ownEndpoint,
    session: { id: session.id, resumedFrom: session.receivedCount },
    ...options.welcome,
  });
  const { resume: wanted } = handshake.hello;
  if (wanted?.sessionId !== session.id)
    throw new Failure("HELLO does not ask for the session that was lost.", "RESUME-005.1");
  session.resumeToken = handshake.established.resumeToken;
  session.move(channel);
  if (options.again !== false) sendAgain(session, wanted.received);
  return { ...handshake, channel };
}

/** The suite's end of the next channel on a host's socket, whose channel before is over; on turnmux's own the next socket. */
export async function nextChannel(t: Context, session: Session): Promise<Channel> {
  if (t.ownEndpoint) return t.nextSocket(session.channel, "next");
  if (session.channel.has("hello")) {
    // It was quicker than the case.
    session.channel.tag = randomBytes(8);
    return session.channel;
  }
  const { carriage, trace, timeScale, key } = t;
  return new Channel(session.channel.socket, { carriage, trace, timeScale, key, label: "next" });
}
