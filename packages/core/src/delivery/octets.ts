/**
 * What a frame counts for while it waits for its acknowledgement.
 *
 * @module
 */
import { FRAME_OVERHEAD } from "../limits.ts";
import type { CountedFrame } from "../wire/frame.ts";

/** The octets of a frame's body, and an allowance for the rest (DELIV-003). */
export function frameOctets(frame: CountedFrame): number {
  switch (frame.type) {
    case "open":
    case "data":
    case "end":
      return FRAME_OVERHEAD + frame.body.length;
    case "offer":
      return FRAME_OVERHEAD * (1 + frame.tools.length + frame.names.length);
    default:
      return FRAME_OVERHEAD;
  }
}
