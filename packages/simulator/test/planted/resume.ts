/**
 * Faults in resuming sessions.
 *
 * @module
 */
import { plant, type PlantedFault } from "./fault.ts";

const RESUMABLE = "session/resumable-sessions.ts";
const STANDING = "session/standing-session.ts";

/** See the module's comment. */
export const resumeFaults: readonly PlantedFault[] = [
  plant("frames of the former channel count on the new one", 5_000, RESUMABLE, "holder?.takenOver();", ""),
  plant(
    "a gateway that resumes tells of one frame too few",
    1_000,
    "session/conversation.ts",
    "resumedFrom: delivery.received }",
    "resumedFrom: Math.max(0, delivery.received - 1) }",
  ),
  plant(
    "a client that resumes tells of one frame too few",
    1_000,
    "session/resumption.ts",
    "received: lifeline.delivery.received };",
    "received: Math.max(0, lifeline.delivery.received - 1) };",
  ),
  plant(
    "a client that was resumed does not say so",
    1_000,
    "session/resumption.ts",
    "lifeline.delivery.acknowledgeNow();",
    "",
  ),
  plant("a token is good after its successor was used", 3_000, STANDING, "if (read) this.#former = undefined;", ""),
  plant("any token is good", 3_000, STANDING, "return isLatest || isFormer;", "return isLatest || isFormer || true;"),
  plant(
    "another principal resumes a session",
    3_000,
    RESUMABLE,
    "session === undefined || session.identity.principal !== principal",
    "session === undefined",
  ),
  plant(
    "a session without a channel never ends",
    1_000,
    RESUMABLE,
    "const until = environment.now() + limits.resumeWindowMs;",
    "const until = environment.now() + limits.resumeWindowMs + 2 ** 40;",
  ),
];
