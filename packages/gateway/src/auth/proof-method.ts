/**
 * How a gateway checks who a client is. `docs/spec.md` section 4.
 *
 * @module
 */

/** What a proof, or a host, entitles a client to. */
export interface Grant {
  /** Who the client is. Journal and sessions go by it. Not empty. */
  readonly principal: string;
  /** What the client may call. */
  readonly scopes: readonly string[];
  /** When the grant ends, in milliseconds since the epoch. Without it the grant lasts as long as the session. */
  readonly expiresAt?: number | undefined;
}

/** What the client sent in PROOF, and the octets that its proof must be over. */
export interface ProofRequest {
  /** As the client sent it: anything at all. At most 1,024 octets of UTF-8. */
  readonly keyId: string;
  /** As the client sent it: anything at all. At most 4,096 octets. */
  readonly proof: Uint8Array;
  /** The transcript, as `proofOctets` makes it out of what crossed the wire. */
  readonly octets: Uint8Array;
}

/** One way to prove who one is. The stock ones are `tokenAuth` and `ed25519Auth`. */
export interface ProofMethod {
  /** As CHALLENGE lists it, and PROOF names it. */
  readonly name: string;
  /**
   * The grant that goes with a right proof, or undefined for any other.
   *
   * It takes the same work for a wrong proof and for a key id that nobody has, and compares in constant time (AUTH-003). It may
   * be called with a proof for another method: then its answer counts for nothing. What it throws ends the handshake
   * as a wrong proof does; only the gateway's own log tells the difference.
   */
  verify(request: ProofRequest): Promise<Grant | undefined> | Grant | undefined;
}
