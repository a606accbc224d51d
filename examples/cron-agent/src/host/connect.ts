/**
 * The client's part of the host's greeting.
 *
 * @module
 */

import { Challenge, type ConnectParams, proofOf } from "./message.ts";
import type { HostPeer } from "./peer.ts";

/** Waits for the challenge on a new socket and proves who we are. Rejects when the signal is aborted before that. */
export async function openHostSocket(
  peer: HostPeer,
  { token, session, role }: { token: string } & Omit<ConnectParams, "proof">,
  signal: AbortSignal,
): Promise<void> {
  const { nonce } = Challenge.parse(await peer.next("connect.challenge", signal));
  await peer.request("connect", { session, role, proof: proofOf(token, nonce) }, signal);
}
