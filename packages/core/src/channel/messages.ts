/**
 * What kind of frame something is.
 *
 * @module
 */
import type { CountedFrame, Frame, HandshakeFrame } from "../wire/frame.ts";

/** A tag-zero message may hold one handshake frame; all else travels under the receiver's tag. */
const HANDSHAKE_TYPES: ReadonlySet<string> = new Set(["hello", "challenge", "proof", "welcome", "refuse"]);

/** True for HELLO, CHALLENGE, PROOF, WELCOME and REFUSE. */
export function isHandshake(frame: Frame): frame is HandshakeFrame {
  return HANDSHAKE_TYPES.has(frame.type);
}

/** Frames that `delivery` counts (DELIV-001). */
const COUNTED_TYPES: ReadonlySet<string> = new Set(["open", "accept", "data", "end", "reset", "offer"]);

/** True for OPEN, ACCEPT, DATA, END, RESET and OFFER. */
export function isCounted(frame: Frame): frame is CountedFrame {
  return COUNTED_TYPES.has(frame.type);
}
