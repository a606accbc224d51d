/**
 * What the cases of the handshake have in common: its steps one by one, and how a handshake that failed is judged.
 *
 * @module
 */
import type { Channel, Patience } from "../../harness/channel.ts";
import { makeChallenge, makeHello, takeHello, type Hello, type HelloOptions } from "../../harness/handshake.ts";
import type { Context } from "../../suite/context.ts";
import { requirementOf } from "../../spec/requirements.ts";
import { Failure, Unsupported } from "../../suite/verdict.ts";
import * as build from "../../wire/build.ts";
import { Code, codeName, type CodeName } from "../../wire/constants.ts";
import type { Frame } from "../../wire/frame.ts";
import type { FieldsOf } from "../../wire/parse.ts";

/** The tag of handshake messages. */
export const ZERO_TAG: Uint8Array = new Uint8Array(8);

/** Says HELLO. */
export function greet(channel: Channel, options: HelloOptions = {}): Hello {
  const hello = makeHello(channel, options);
  channel.send(hello.frame);
  return hello;
}

/** A socket whose host vouches for its peer when that has said `login`. */
export async function lateSocket(t: Context): Promise<Channel> {
  const { late } = await t.urls();
  if (late === undefined) throw new Unsupported("The gateway under test has no URL for a host that vouches late.");
  return t.socket({ url: late });
}

/** HELLO was said, and CHALLENGE has come. */
export interface Challenged {
  readonly hello: Hello;
  readonly challenge: FieldsOf<"challenge">;
  /** CHALLENGE as it came. */
  readonly frame: Frame;
}

/** Says HELLO to a gateway that asks for a proof, and takes its CHALLENGE. */
export async function challenged(channel: Channel, options: HelloOptions = {}): Promise<Challenged> {
  const hello = greet(channel, options);
  const challenge = await channel.take("challenge");
  channel.peerTag = challenge.tag;
  return { hello, challenge, frame: challenge.received.frame };
}

/** What is expected of a REFUSE. */
export interface Refusal {
  readonly code: CodeName;
  /** The clause that is in question. */
  readonly clause: string;
  /** The nonce that it has to echo. Default: whichever, since the gateway need not have understood HELLO. */
  readonly nonce?: Uint8Array | undefined;
  readonly patience?: Patience;
}

/** Waits for REFUSE, and for the end of the channel: no session stands. */
export async function refused(t: Context, channel: Channel, refusal: Refusal): Promise<FieldsOf<"refuse">> {
  const { code, clause, nonce, patience } = refusal;
  const refuse = await channel.take("refuse", () => true, { ...patience, what: `REFUSE ${code}` });
  if (refuse.code !== Code[code]) {
    throw new Failure(`REFUSE has the code ${codeName(refuse.code)}, and should have ${code}.`, clause);
  }
  if (nonce !== undefined && !same(refuse.clientNonce, nonce)) {
    throw new Failure("REFUSE does not echo the nonce of HELLO.", "HAND-004");
  }
  t.expect(refuse.message !== "", "REFUSE says nothing of why.", clause);
  await handshakeOver(t, channel);
  t.expect(!channel.has("welcome"), "A gateway that refuses said WELCOME as well.", clause);
  return refuse;
}

/** The gateway's channel is over before there was a session: its own socket is closed, a host's goes on. */
export async function handshakeOver(t: Context, channel: Channel, close = 1008): Promise<void> {
  if (!t.ownEndpoint) return hostEchoes(t, channel);
  const { code } = await channel.closed();
  if (code !== close)
    throw new Failure(`The gateway closed its socket with ${code}, and should with ${close}.`, "CARR-008.3");
}

/** The gateway's host sends back a message of its own, and nothing of the host's came before that. */
export async function hostEchoes(t: Context, channel: Channel, clause = "CARR-008.1"): Promise<void> {
  const word = `host ${t.random.integer(0, 1e9)}`;
  channel.sendHost(word);
  const answer = await channel.hostMessage();
  if (answer !== word)
    throw new Failure("The next message of the host is not the one that it was to send back.", clause);
}

/** What a client that gives a handshake up has to say. */
export interface GivenUp {
  readonly clause: string;
  readonly code?: CodeName;
  /** What GOAWAY names as broken. */
  readonly requirement?: string;
  readonly patience?: Patience;
}

/** Waits until a client has given up a handshake in which it knows the gateway's tag: GOAWAY, and the end of its session. */
export async function gaveUp(
  t: Context,
  channel: Channel,
  { clause, code, requirement, patience }: GivenUp,
): Promise<void> {
  const goaway = await channel.take("goaway", () => true, { ...patience, what: "GOAWAY of a client that gives up" });
  t.expect(goaway.code !== 0, "A client that gives up a handshake said GOAWAY without a code.", "HAND-012.1");
  if (code !== undefined && goaway.code !== Code[code]) {
    throw new Failure(`GOAWAY has the code ${codeName(goaway.code)}, and should have ${code}.`, clause);
  }
  if (requirement !== undefined && goaway.requirement !== requirementOf(requirement)) {
    throw new Failure(
      `GOAWAY names ${goaway.requirement ?? "no requirement"}, and should name ${requirement}.`,
      clause,
    );
  }
  await noSession(t, channel);
}

/** A client's session never stood, and its own socket is closed. */
export async function noSession(t: Context, channel: Channel, patience: Patience = {}): Promise<void> {
  await t.event(channel, "closed", patience);
  if (t.ownEndpoint) await channel.closed();
}

/** Answers a client's HELLO with a CHALLENGE of the case's making. */
export async function challenge(
  t: Context,
  channel: Channel,
  options: Partial<Parameters<typeof makeChallenge>[2]> = {},
): Promise<{ readonly hello: FieldsOf<"hello">; readonly helloPayload: Uint8Array; readonly frame: Frame }> {
  const { hello, payload } = await takeHello(channel);
  const frame = makeChallenge(channel, hello, { audience: t.audience, ...options });
  channel.send(frame);
  return { hello, helloPayload: payload, frame };
}

/** What a client under test is told so that it answers a CHALLENGE, also on a host's socket, and dials once. */
export function proving(t: Context): { readonly reconnect: boolean; readonly audience: readonly string[] } {
  return { reconnect: false, audience: [t.audience] };
}

/** One frame of each type that belongs into a session, by its name, as a peer might say it first. */
export function sessionFrames(): readonly (readonly [name: string, frame: Frame])[] {
  return [
    ["OPEN", build.open(1, { tool: "test.echo", callId: "early" })],
    ["ACCEPT", build.accept(2)],
    ["DATA", build.cont(1, new Uint8Array(1), { more: true })],
    ["END", build.end(2)],
    ["RESET", build.reset(1)],
    ["CREDIT", build.credit(0, 1 << 24)],
    ["ACK", build.ack(0)],
    ["PING", build.ping(7)],
    ["PONG", build.pong(7)],
    ["OFFER", build.offer(0, [])],
    ["GOAWAY of a drain", build.goaway({ message: "drains" })],
  ];
}

/** Whether the octets are the same. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
