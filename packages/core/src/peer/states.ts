/**
 * The states of a stream, in one table for both of its sides. A frame without an entry is the protocol error
 * STREAM-004; no other file decides which frame may come when.
 *
 * @module
 */
import type { StreamFrame } from "../wire/frame.ts";

/** What the opener of a stream still says. */
export type OpenerState =
  /** OPEN is due. */
  | "idle"
  /** The arguments go on. */
  | "arguments"
  /** The arguments are complete; RESET may come. */
  | "waiting"
  /** RESET was sent; nothing may come. */
  | "reset";

/** What the receiver of a stream still says. */
export type ReceiverState =
  /** ACCEPT or END is due. */
  | "pending"
  /** ACCEPT was sent. */
  | "accepted"
  /** A progress report or an item goes on. */
  | "body"
  /** END was sent, and its body goes on. */
  | "ending"
  /** All was said. */
  | "ended";

/** A frame as the tables see it: its type, whether it starts a body or goes on with one, and whether more follows. */
export type StreamInput =
  | "open"
  | "openMore"
  | "accept"
  | "start"
  | "startMore"
  | "cont"
  | "contMore"
  | "end"
  | "endMore"
  | "reset";

type Table<S extends string> = { readonly [State in S]: { readonly [I in StreamInput]?: S } };

/** What the opener may send in each of its states. */
export const OPENER_STATES: Table<OpenerState> = {
  idle: { open: "waiting", openMore: "arguments" },
  arguments: { cont: "waiting", contMore: "arguments", reset: "reset" },
  waiting: { reset: "reset" },
  reset: {},
};

/** What the receiver may send in each of its states. */
export const RECEIVER_STATES: Table<ReceiverState> = {
  pending: { accept: "accepted", end: "ended", endMore: "ending" },
  accepted: { accept: "accepted", start: "accepted", startMore: "body", end: "ended", endMore: "ending" },
  body: { accept: "body", cont: "accepted", contMore: "body" },
  ending: { cont: "ended", contMore: "ending" },
  ended: {},
};

/** How the tables call a frame. */
export function streamInput(frame: StreamFrame): StreamInput {
  switch (frame.type) {
    case "open":
      return frame.more ? "openMore" : "open";
    case "accept":
      return "accept";
    case "data":
      if (frame.head === undefined) return frame.more ? "contMore" : "cont";
      return frame.more ? "startMore" : "start";
    case "end":
      return frame.more ? "endMore" : "end";
    case "reset":
      return "reset";
  }
}
