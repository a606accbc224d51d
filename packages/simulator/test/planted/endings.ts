/**
 * Faults in what callers are told.
 *
 * @module
 */
import { plant, type PlantedFault } from "./fault.ts";

/** See the module's comment. */
export const endingFaults: readonly PlantedFault[] = [
  plant(
    "a call that was cut before is said not to have started",
    4_000,
    "session/outgoing.ts",
    'outcome === "not_started" && this.cut !== undefined ? "unknown" : outcome',
    "outcome",
  ),
  plant(
    "a call that was sent and given up is said not to have started",
    1_000,
    "session/caller.ts",
    'call.sent ? "unknown" : "not_started"',
    '"not_started"',
  ),
  plant(
    "a call that was broken off is said to have had no effect",
    1_000,
    "session/settled.ts",
    'return effect === "once" ? "unknown" : "failed";',
    'return "failed";',
  ),
  plant(
    "items start anew where some of them were read",
    5_000,
    "session/caller.ts",
    "if (call.itemsReceived === 0) this.#reopen(call);",
    "if (call.itemsReceived >= 0) this.#reopen(call);",
  ),
  plant(
    "a peer that is silent is waited for",
    1_000,
    "channel/heartbeat.ts",
    'if (now >= this.#silentAt()) return "silent";',
    "",
  ),
];
