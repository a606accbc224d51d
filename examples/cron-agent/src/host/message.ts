/**
 * The host protocol: what this gateway spoke on its sockets before it knew turnmux. JSON text, one message each.
 *
 * ```
 * <- {"type":"event","event":"connect.challenge","payload":{"nonce":"..."}}
 * -> {"type":"req","id":"1","method":"connect","params":{"session":"main","role":"runner","proof":"..."}}
 * <- {"type":"res","id":"1","ok":true,"payload":{"principal":"agent:main"}}
 * <- {"type":"event","event":"tick","payload":{"at":1700000000000}}
 * <- {"type":"req","id":"1","method":"chat","params":{"turn":"turn-1","lineage":"...","text":"Please plan ..."}}
 * -> {"type":"event","event":"chat.delta","payload":{"turn":"turn-1","text":"Planned"}}
 * -> {"type":"res","id":"1","ok":true,"payload":{"text":"Planned: ..."}}
 * ```
 *
 * Methods such as `cron.add` can be requested too: that is what the old way does, on a socket of its own.
 *
 * @module
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/** One message of the host protocol. */
export const HostMessage = z.union([
  z.object({ type: z.literal("event"), event: z.string(), payload: z.unknown() }),
  z.object({ type: z.literal("req"), id: z.string(), method: z.string(), params: z.unknown() }),
  z.object({ type: z.literal("res"), id: z.string(), ok: z.literal(true), payload: z.unknown() }),
  z.object({
    type: z.literal("res"),
    id: z.string(),
    ok: z.literal(false),
    error: z.object({ code: z.string(), message: z.string() }),
  }),
]);
export type HostMessage = z.infer<typeof HostMessage>;

/** Parameters of `connect`. A `runner` gets ticks and chat requests; a `tool` only asks. */
export const ConnectParams = z.object({
  session: z.string().min(1).max(64),
  role: z.enum(["runner", "tool"]),
  proof: z.string().max(128),
});
export type ConnectParams = z.infer<typeof ConnectParams>;

/** The payload of `connect.challenge`. */
export const Challenge = z.object({ nonce: z.string() });

/** Parameters of `chat`. Calls that carry the turn's `lineage` are on its behalf, and do not wait for it. */
export const ChatRequest = z.object({ turn: z.string(), lineage: z.string(), text: z.string() });
export type ChatRequest = z.infer<typeof ChatRequest>;

/** The answer to `chat`, and the payload of `chat.delta`. */
export const ChatReply = z.object({ text: z.string() });
export const ChatDelta = z.object({ turn: z.string(), text: z.string() });

/** An error that may be told to the other side, with a code that programs can read. */
export class HostError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "HostError";
    this.code = code;
  }
}

/** The proof that whoever connects knows the token, without saying it. */
export function proofOf(token: string, nonce: string): string {
  return createHmac("sha256", token).update(nonce).digest("base64url");
}

/** Compares two secrets in constant time, whatever their lengths. */
export function sameSecret(left: string, right: string): boolean {
  const digest = (text: string) => createHmac("sha256", "compare").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
