/**
 * What stands between a channel and its session.
 *
 * @module
 */
import type { AckFrame, CountedFrame, CreditFrame, Frame, GoawayFrame, PeerLimits } from "../wire/frame.ts";
import type { ChannelEnd } from "./events.ts";
import type { Rates } from "./rates.ts";

/** A frame that a channel passes on to its session's calls. */
export type SinkFrame = CountedFrame | CreditFrame | GoawayFrame;

/** The session's side of a channel: takes its frames, and gives those to write. */
export interface FrameSink {
  /** A frame of the session arrived. Throws `ProtocolViolation`. */
  frame(frame: SinkFrame | AckFrame, now: number): void;
  /** The next frame to write, or undefined when there is none at present. The caller hands it to the carrier at once. */
  nextFrame(now: number): Frame | undefined;
  /** Frames of {@link nextFrame} are a message now, which has a copy of their bodies. */
  encoded?(frames: readonly Frame[]): void;
  /** The next frame that answers the peer and waits for nothing: ACK or CREDIT. {@link nextFrame} gives these first. */
  nextControl(now: number): Frame | undefined;
  /** True where the peer is to hear something of what has arrived, and nobody was woken for it. */
  readonly due: boolean;
  /** How often the peer may do what is of no use. */
  readonly rates: Rates;
  /** The greatest stream identifier taken of those that the peer opened. */
  readonly lastStream: number;
  /** When the session has something to say that it has not to say yet, or undefined. */
  nextTimeout(): number | undefined;
  /**
   * That time has come: what was to be said leaves as soon as the carrier takes it. The peer was heard last at `heardAt`. Until
   * `tookAt` what was written may have waited in the socket.
   */
  handleTimeout(now: number, heardAt: number, tookAt?: number): void;
  /** The channel is over. */
  channelEnded(end: ChannelEnd, now: number): void;
}

/** What a peer stated, for the session. */
export interface Agreement {
  readonly peerLimits: PeerLimits;
  readonly peerContents: readonly number[];
  readonly features: readonly string[];
}
