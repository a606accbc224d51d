/**
 * Faults in counting, acknowledging, keeping and sending again.
 *
 * @module
 */
import { plant, type PlantedFault } from "./fault.ts";

const DELIVERY = "delivery/delivery.ts";
const KEPT = "delivery/kept.ts";

/** See the module's comment. */
export const deliveryFaults: readonly PlantedFault[] = [
  plant(
    "an ACK tells of one frame too many",
    100,
    DELIVERY,
    'return { type: "ack", received: this.#received };',
    'return { type: "ack", received: this.#received + 1 };',
  ),
  plant(
    "an ACK tells of one frame too few",
    100,
    DELIVERY,
    'return { type: "ack", received: this.#received };',
    'return { type: "ack", received: Math.max(0, this.#received - 1) };',
  ),
  plant(
    "a replay skips every other frame",
    1_000,
    DELIVERY,
    "this.#again = this.#again + 1 < this.#kept.size ? this.#again + 1 : undefined;",
    "this.#again = this.#again + 2 < this.#kept.size ? this.#again + 2 : undefined;",
  ),
  plant(
    "a replay begins behind the first frame that is missing",
    1_000,
    DELIVERY,
    "this.#again = this.#kept.size === 0 ? undefined : 0;",
    "this.#again = this.#kept.size < 2 ? undefined : 1;",
  ),
  plant(
    "a replay leaves RESET out",
    1_000,
    DELIVERY,
    "    return frame;\n  }\n\n  #told(): void {",
    '    return frame?.type === "reset" ? this.#nextAgain(now) : frame;\n  }\n\n  #told(): void {',
  ),
  plant(
    "an END is not kept for a replay",
    1_000,
    DELIVERY,
    "if (frame !== undefined) this.#kept.add(frame, now);",
    'if (frame !== undefined && frame.type !== "end") this.#kept.add(frame, now);',
  ),
  plant("acknowledged frames stay in memory", 1_000, DELIVERY, "this.#kept.drop(count);", ""),
  plant("the octets of acknowledged frames count for ever", 1_000, KEPT, "this.#octets -= octets;", ""),
  plant(
    "more is kept for a replay than the limit allows",
    1_000,
    DELIVERY,
    "nextCounted(now, this.#kept.octets < replay, bulk)",
    "nextCounted(now, this.#kept.octets >= 0, bulk)",
  ),
  plant(
    "a deadline starts anew when its OPEN is sent again",
    1_000,
    KEPT,
    "return { ...frame, deadlineMs: wholeMs(Math.max(0, deadline - now)) };",
    "return frame;",
  ),
  plant(
    "an ACK that is due does not wait for its carrier",
    1_000,
    DELIVERY,
    "    this.#ackAt = undefined;\n    this.#ackDue = true;\n  }\n\n  /** The channel is over.",
    "  }\n\n  /** The channel is over.",
  ),
];
