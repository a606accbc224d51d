/**
 * Who a session is to the tools, and what it may do.
 *
 * @module
 */

import type { Grant } from "@turnmux/gateway";

const AGENT = "agent:";

/** What whoever has proved to be a session is granted. Keys of `once` calls belong to this principal. */
export function grantFor(session: string): Grant {
  return { principal: `${AGENT}${session}`, scopes: ["cron.read", "cron.write", "text.read"] };
}

/** The session behind a principal that {@link grantFor} has named. */
export function sessionOf(principal: string): string {
  return principal.slice(AGENT.length);
}
