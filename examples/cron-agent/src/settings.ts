/**
 * Every number that the run depends on, in one place, in milliseconds unless it says otherwise.
 *
 * The original report had a timeout of 10,000 ms and an event loop that stood still for 11 s. Both are scaled down
 * here by the same idea (the loop stands still for longer than the timeout), so that the whole run takes seconds.
 *
 * @module
 */

/** How long the old way waits for an answer. 10,000 in the original report. */
export const OLD_TIMEOUT_MS = 1_000;

/** How long the gateway's event loop stands still when the first `cron.add` of a row arrives. */
export const BLOCK_MS = 1_500;

/** How long an impatient caller gives the first `cron.add`: so much less than the block that it runs out in any case. */
export const IMPATIENT_TIMEOUT_MS = 500;

/** How often the gateway sends its `tick` event on the session's socket. 30,000 in the original gateway. */
export const TICK_MS = 200;

/** How long a socket of the host may take to authenticate. */
export const CONNECT_LIMIT_MS = 10_000;

/** How long the gateway waits, when it stops, for what is still running. */
export const DRAIN_MS = 2_000;

/** How long the whole run may take with the scripted model, and with a real one. */
export const RUN_LIMIT_MS = { scripted: 90_000, real: 600_000 } as const;

/** The most rounds (model, tools, model, ...) of one turn. */
export const MAX_ROUNDS = 16;

/** Octets of one of the texts that are sent beside the calls in the loaded row, and how many of them are under way at once. */
export const TEXT_OCTETS: number = 8 * 1_048_576;
export const TEXTS_AT_ONCE = 2;

/** Where the gateway takes connections of turnmux's own, beside the sockets of its sessions. */
export const TURNMUX_PATH = "/turnmux";

/** The session whose turn is measured. */
export const SESSION = "main";
