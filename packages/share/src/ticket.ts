/**
 * The secret that lets a process into a shared turn. It never crosses the socket: the child proves that it knows it (AUTH-001).
 *
 * @module
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { ProofRequest } from "@turnmux/core";

/** The method of proof, as in the handshake of a gateway. */
export const TICKET_METHOD = "token";

/** Whom a child proves it to. No gateway has this name, and so no proof of a ticket is of use anywhere else (AUTH-005). */
export const SHARE_AUDIENCE = "turnmux-share";

/** 256 random bits. */
export function newTicket(): string {
  return randomBytes(32).toString("base64url");
}

/** Whether a proof was made with the ticket. It takes as long for a wrong one. */
export function provesTicket(ticket: string, { method, keyId, proof, octets }: ProofRequest): boolean {
  const right = createHmac("sha256", ticket).update(octets).digest();
  const given = new Uint8Array(right.length);
  given.set(proof.subarray(0, right.length));
  const equal = timingSafeEqual(given, right);
  return equal && proof.length === right.length && method === TICKET_METHOD && keyId === "";
}
