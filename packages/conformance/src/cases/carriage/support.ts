/**
 * What the cases of carriage have in common: a conversation with much in it, and hosts that hear.
 *
 * @module
 */
import { openCall } from "../../harness/calls.ts";
import type { Channel } from "../../harness/channel.ts";
import type { Session } from "../../harness/session.ts";
import type { Context, SessionOptions } from "../../suite/context.ts";
import type { Value } from "../../wire/body.ts";
import { encodeMessage, type Carriage } from "../../wire/message.ts";
import type { Frame } from "../../wire/types.ts";

const octets = Uint8Array.from({ length: 600 }, (_, index) => index & 0xff);

/** Values that every carriage has to bring through: text, octets, and what JSON escapes. */
const VALUES: readonly Value[] = [
  "text",
  'quotes " and \\ and \u0000 and \u2028',
  "\u{1f600}\u20ac".repeat(400),
  octets,
  { deep: [{ data: octets }] },
  { turnmux: [1, "0000000000000000", []] },
];

/**
 * Calls either way, with all kinds of bodies, items, progress, errors and cancellation. What arrives is judged by the decoder, frame by
 * frame, and each value has to be what it was.
 */
export async function converse(t: Context, session: Session): Promise<void> {
  for (const input of VALUES) {
    const call = await openCall(session, { tool: "test.echo", input });
    t.equal((await call.ended()).value, input, "What test.echo gave");
  }
  const streamed = await openCall(session, { tool: "test.stream", input: { items: 20, size: 500 } });
  t.equal((await streamed.ended()).value, { items: 20 }, "What test.stream gave");
  const failed = await openCall(session, { tool: "test.fail", input: { how: "error" } });
  t.expect(!(await failed.ended()).ok, "test.fail did not fail.");
  const slow = await openCall(session, { tool: "test.slow", input: { ms: 10_000, progress: 2 } });
  await slow.accepted();
  slow.reset();
  t.expect(!(await slow.ended()).ok, "A call that was cancelled did not end.");
  const call = await t.peerCalls(session, { input: "x".repeat(5_000) });
  const incoming = await call.incoming();
  t.equal(await incoming.input(), "x".repeat(5_000), "The arguments of the peer's call");
  await incoming.end("done");
  await call.settled();
  await session.roundTrip();
}

/** A session whose receiver takes short frames alone, so that there are many of them. */
export const SHORT: SessionOptions = {
  hello: { limits: { framePayload: 1_024 } },
  welcome: { limits: { framePayload: 1_024 } },
};

/** A client's end on the suite's socket as a host's, whatever the carriage; it neither reconnects nor asks for a challenge. */
export const AS_HOST: SessionOptions = {
  connect: { shared: true, reconnect: false },
  welcome: { challenge: false },
};

/** A message as octets or text, as another carriage or another tag would have it. */
export function messageIn(carriage: Carriage, tag: Uint8Array, ...frames: readonly Frame[]): Uint8Array | string {
  return encodeMessage(carriage, tag, frames, 0);
}

/** A tag that nobody has. */
export function strangeTag(): Uint8Array {
  return Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
}

/** The peer's host hears this next, and as it is. */
export async function hostHears(t: Context, of: Channel, message: Uint8Array | string, clause: string): Promise<void> {
  of.sendHost(message);
  await heard(t, of, message, clause);
}

async function heard(t: Context, of: Channel, message: Uint8Array | string, clause: string): Promise<void> {
  if (t.role === "gateway") {
    const answer = await of.hostMessage();
    const same = typeof message === "string" ? answer === message : Buffer.from(answer).equals(message);
    t.expect(same && typeof answer === typeof message, "The host did not get the message as it was.", clause);
    return;
  }
  const event = await t.event(of, "host");
  t.equal(event["text"], message, "What the client's host heard", clause);
}

/** A word of the host's passes, and it is what the host hears next: nothing came before it. */
export async function hostHearsNothingElse(t: Context, of: Channel, clause: string): Promise<void> {
  await hostHears(t, of, `host ${t.random.integer(0, 1e9)}`, clause);
}
