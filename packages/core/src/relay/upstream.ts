/**
 * A session as those see it who make the calls of others through it.
 *
 * @module
 */
import type { Caller } from "../session/caller.ts";
import type { Environment } from "../session/environment.ts";
import type { OutgoingCalls } from "../session/outgoing-calls.ts";

/** What {@link Session.upstream} tells; each figure as it is when it is asked. */
export interface Upstream {
  readonly environment: Environment;
  /** Takes calls whose bodies are octets. */
  readonly caller: Caller;
  /** Takes calls whose arguments are values: through interceptors and tracing. */
  readonly calls: OutgoingCalls;
  /** Calls that the peer takes at once. Undefined where nobody counts them, or nobody is there. */
  readonly streams: number | undefined;
  /** How late the peer's event loop is, as it said last, in milliseconds. */
  readonly lagMs: number | undefined;
  /** True where interceptors or tracing are to see each call: then its arguments have to be values. */
  readonly observed: boolean;
}
