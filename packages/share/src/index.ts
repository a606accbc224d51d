/**
 * Shares a turn with child processes, over a Unix socket or a named pipe. For gateway and client, which users have `share()` from.
 *
 * @module
 */
export { shareSession } from "./share.ts";
export { SHARE_LIMITS } from "./limits.ts";

// For the child.
export { SESSION_VARIABLE, sharedAddress, type SharedAddress } from "./environment.ts";
export { dialShared, type DialFailure, type Dialled, type DialListener } from "./dial.ts";
export { SHARE_AUDIENCE } from "./ticket.ts";
export { StreamCarrier } from "./stream-carrier.ts";
