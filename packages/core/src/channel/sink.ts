/**
 * What stands between a channel and its session.
 *
 * @module
 */
import type { Frame, GoawayFrame, OfferFrame, PeerLimits, StreamFrame } from "../wire/frame.ts";
import type { ChannelEnd } from "./events.ts";

/** The session's side of a channel: takes its frames, and gives those to write. */
export interface FrameSink {
  /** A frame of the session arrived. Throws `ProtocolViolation`. */
  frame(frame: StreamFrame | OfferFrame | GoawayFrame, now: number): void;
  /** The next frame to write, or undefined when there is none at present. The caller hands it to the carrier at once. */
  nextFrame(now: number): Frame | undefined;
  /** The greatest stream identifier taken of those that the peer opened. */
  readonly lastStream: number;
  /** The channel is over. */
  channelEnded(end: ChannelEnd, now: number): void;
}

/** What a peer stated, for the session. */
export interface Agreement {
  readonly peerLimits: PeerLimits;
  readonly peerContents: readonly number[];
  readonly features: readonly string[];
}
