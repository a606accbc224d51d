/**
 * All of a gateway's methods of proof, as one that answers with a grant or with nothing.
 *
 * @module
 */

import { UsageError } from "@turnmux/core";
import { checkGrant } from "./grant.ts";
import type { Grant, ProofMethod, ProofRequest } from "./proof-method.ts";

/** A proof, and the method that the client says it is of. */
export interface AuthenticationRequest extends ProofRequest {
  /** As the client sent it: anything at all. */
  readonly method: string;
}

/** Options of {@link authenticator}. */
export interface AuthenticatorOptions {
  /**
   * Told why a method could not decide, with the method's name and what it threw: a lookup that failed, a key that is none. For the
   * gateway's own log; the client learns nothing of it. Never told of a proof that is merely wrong.
   */
  readonly onFault?: ((fault: { readonly method: string; readonly error: unknown }) => void) | undefined;
  /** The time in milliseconds since the epoch, against which grants expire. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** Decides on proofs. */
export interface Authenticator {
  /** The methods to list in CHALLENGE, in the order given. */
  readonly methods: readonly string[];
  /**
   * The grant that goes with a proof, or undefined. Never rejects, and gives no reason: a wrong proof, an unknown key id,
   * an unknown method, an expired grant and a method that failed all look the same (AUTH-003).
   */
  authenticate(request: AuthenticationRequest): Promise<Grant | undefined>;
}

/**
 * Makes one {@link Authenticator} of several methods.
 *
 * Throws {@link UsageError} when there is no method, or two of one name.
 */
export function authenticator(
  methods: ProofMethod | readonly ProofMethod[],
  options: AuthenticatorOptions = {},
): Authenticator {
  const list = "verify" in methods ? [methods] : [...methods];
  const [first] = list;
  if (first === undefined) throw new UsageError("A gateway needs a method of proof: tokenAuth or ed25519Auth, say");
  const byName = new Map(list.map((method) => [method.name, method]));
  if (byName.size !== list.length) throw new UsageError("Two methods of proof have the same name: merge their keys");
  const now = options.now ?? Date.now;

  return {
    methods: [...byName.keys()],
    async authenticate({ method: name, keyId, proof, octets }) {
      const known = byName.get(name);
      // An unknown method costs the work of a known one, and what that one says counts for nothing.
      const method = known ?? first;
      try {
        const grant = await method.verify({ keyId, proof, octets });
        if (grant === undefined || known === undefined) return undefined;
        checkGrant(grant);
        return grant.expiresAt !== undefined && grant.expiresAt <= now() ? undefined : grant;
      } catch (error) {
        report(options.onFault, method.name, error);
        return undefined;
      }
    },
  };
}

function report(onFault: AuthenticatorOptions["onFault"], method: string, error: unknown): void {
  try {
    onFault?.({ method, error });
  } catch {
    // A log that fails lets nobody in, and keeps nobody out for another reason than the one at hand.
  }
}
