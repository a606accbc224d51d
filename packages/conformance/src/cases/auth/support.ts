/**
 * What the cases of proof have in common.
 *
 * @module
 */
import type { Channel } from "../../harness/channel.ts";
import { prove, type SuiteKey } from "../../harness/keys.ts";
import type { Context, SocketOptions } from "../../suite/context.ts";
import * as build from "../../wire/build.ts";
import { encodePayload, type Frame } from "../../wire/frame.ts";
import type { FieldsOf } from "../../wire/parse.ts";
import { challenged, refused, type Challenged } from "../handshake/support.ts";

/** PROOF as a case makes it up. */
export interface ProofFields {
  readonly method: string;
  readonly keyId: string;
  readonly proof: Uint8Array;
}

/** The octets of a key's own proof in a handshake. */
export function rightProof(key: SuiteKey, { hello, frame }: Challenged): Uint8Array {
  return prove(key, hello.payload, frame.payload ?? encodePayload(frame));
}

/** Answers CHALLENGE with a PROOF, and takes the REFUSE that must follow. */
export async function refusedProof(
  t: Context,
  clause: string,
  make: (shaken: Challenged) => ProofFields,
  options: SocketOptions = {},
): Promise<FieldsOf<"refuse">> {
  const channel = await t.socket(options);
  const shaken = await challenged(channel);
  channel.send(proofFrame(shaken, make(shaken)));
  return refused(t, channel, { code: "unauthenticated", clause, nonce: shaken.hello.nonce });
}

/** PROOF with these fields. */
export function proofFrame({ hello }: Challenged, fields: ProofFields): Frame {
  return build.proof({ clientNonce: hello.nonce, ...fields });
}

/** All that has arrived on a channel and was not taken, as octets: what was said, whoever reads it. */
export function allOctets(channel: Channel): Buffer {
  return Buffer.concat(channel.frames.entries.map(({ frame }) => encodePayload(frame)));
}
