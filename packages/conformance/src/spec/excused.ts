/**
 * Clauses that no case can be about, for one role or both, since nothing of them can be seen from outside.
 *
 * @module
 */
import type { SpecRole } from "./extract.ts";

/** Why no case holds a peer to a clause. */
export interface Excuse {
  /** Whom no case can hold to it; the other role has cases. */
  readonly role: SpecRole;
  /** Why it cannot be seen, and which unit test of this repository keeps it, as a sentence. */
  readonly why: string;
}

/** Excuses by clause. */
export type Excuses = Readonly<Record<string, Excuse>>;

/** All excuses. */
export const EXCUSED: Excuses = {
  "CARR-008.2": {
    role: "both",
    why: "Whether a message was compressed shows only where the host has agreed on compression with its peer, which the hosts of section 15 do not; kept by packages/e2e/test/shared-socket/compression.test.ts.",
  },
  "AUTH-003.2": {
    role: "gateway",
    why: "A comparison that ends at the first octet which differs is faster by nanoseconds, far less than what a network adds; kept by packages/gateway/test/auth/same-work.test.ts.",
  },
  "STREAM-009": {
    role: "both",
    why: "An opener gives its identifiers itself, two apart, so that it would have to be made to open a thousand million streams; kept by packages/core/test/peer/identifiers.test.ts.",
  },
  "CALL-014": {
    role: "gateway",
    why: "What a gateway's call came to is told by the END of test.call, in the very session that has ended; kept by packages/core/test/session/reconnect.test.ts.",
  },
  "KEY-006": {
    role: "both",
    why: "Registering a tool is a matter between an implementation and its application, of which nothing is sent; kept by packages/gateway/test/tools.test.ts.",
  },
  "CHAN-003.1": {
    role: "client",
    why: "A client drains only where its identifiers are used up (STREAM-009), which it cannot be made to come to; kept by packages/core/test/peer/identifiers.test.ts.",
  },
  "CHAN-003.4": {
    role: "client",
    why: "A client drains only where its identifiers are used up (STREAM-009), which it cannot be made to come to; kept by packages/core/test/peer/identifiers.test.ts.",
  },
  "RESUME-009.3": {
    role: "client",
    why: "A client drains only where its identifiers are used up (STREAM-009), which it cannot be made to come to; the code is the same on either side; kept by packages/core/test/delivery/grant-and-drain.test.ts.",
  },
};

/** Why no case holds a peer of this role to a clause; undefined where nothing excuses that. */
export function excuseFor(excuses: Excuses, clause: string, role: SpecRole): string | undefined {
  const excuse = Object.hasOwn(excuses, clause) ? excuses[clause] : undefined;
  return excuse?.role === "both" || excuse?.role === role ? excuse.why : undefined;
}
