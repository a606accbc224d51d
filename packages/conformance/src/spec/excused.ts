/**
 * Clauses that no case can be about, since nothing of them can be seen from outside.
 *
 * @module
 */

/** By clause: why it cannot be seen, and which unit test of this repository keeps it, as a sentence. */
export const EXCUSED: Readonly<Record<string, string>> = {
  "CARR-008.2":
    "Whether a message was compressed shows only where the host has agreed on compression with its peer, which the hosts of section 15 do not; kept by packages/e2e/test/shared-socket/compression.test.ts.",
  "AUTH-003.2":
    "A comparison that ends at the first octet which differs is faster by nanoseconds, far less than what a network adds; kept by packages/gateway/test/auth/same-work.test.ts.",
  "KEY-006":
    "Registering a tool is a matter between an implementation and its application, of which nothing is sent; kept by packages/gateway/test/tools.test.ts.",
  "STREAM-009":
    "An opener gives its identifiers itself, two apart, so that it would have to be made to open a thousand million streams; kept by packages/core/test/peer/identifiers.test.ts.",
};
