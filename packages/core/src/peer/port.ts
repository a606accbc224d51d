/**
 * What carries a session's calls: a peer across a channel, or the other half of an in-process session.
 *
 * A port deals in calls by local number; bodies are opaque to it. The session above decides what a call means.
 *
 * @module
 */
import type { Body } from "../content/body.ts";
import type { Value } from "../content/value.ts";
import type { AcceptState } from "../errors/effect.ts";
import type { Code } from "../errors/codes.ts";
import type { Outcome } from "../errors/outcome.ts";
import type { ProtocolViolation } from "../errors/violation.ts";
import type { ChannelEnd } from "../channel/events.ts";
import type { Lateness } from "../channel/heartbeat.ts";
import type { OfferEntry } from "../wire/frame.ts";

/** A body that never left the process: a copy of the value, which nobody else holds. */
export interface LocalBody {
  readonly content: "local";
  readonly value: Value | undefined;
}

/** A body as a port carries it. */
export type PortBody = Body | LocalBody;

/** The body of what has none. */
export const NO_BODY: Body = { content: 0, octets: new Uint8Array(0) };

/** A call's number on this side of a port. Not the stream identifier. */
export type CallNumber = number;

/** What opens a call. */
export interface OpenRequest {
  readonly tool: string;
  readonly callId: string;
  readonly key?: string | undefined;
  /** When the caller's deadline is over, on the port's clock. */
  readonly deadline?: number | undefined;
  /** 0 interactive, 1 normal, 2 bulk. */
  readonly priority?: number | undefined;
  readonly turn?: string | undefined;
  readonly lineage?: string | undefined;
  readonly trace?: string | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
  readonly body: PortBody;
}

/** What ACCEPT says. */
export interface AcceptInfo {
  readonly state: AcceptState;
  readonly reason?: string | undefined;
  readonly place?: number | undefined;
  readonly lagMs?: number | undefined;
  readonly deadlineMs?: number | undefined;
}

/** How a call ended: with a result, or with an error and its details. */
export type Ending =
  | { readonly ok: true; readonly body: PortBody }
  | {
      readonly ok: false;
      readonly code: Code;
      readonly message: string;
      readonly outcome: Outcome;
      readonly retryable?: boolean | undefined;
      readonly retryAfterMs?: number | undefined;
      readonly body: PortBody;
      readonly requirement?: string | undefined;
    };

/** What a port tells its session, in order. */
export type PortEvent =
  /** The peer calls; its arguments are complete. `deadlineMs` is what is left. */
  | ({ readonly type: "open"; readonly call: CallNumber; readonly deadlineMs?: number | undefined } & Omit<
      OpenRequest,
      "deadline"
    >)
  /** OPEN of an own call was handed to the carrier: from here on its outcome may be unknown. */
  | { readonly type: "sent"; readonly call: CallNumber }
  | { readonly type: "accept"; readonly call: CallNumber; readonly accept: AcceptInfo }
  | { readonly type: "progress"; readonly call: CallNumber; readonly body: PortBody }
  /** `octets` is what the item counts for: {@link CallPort.consumed} wants it back. */
  | { readonly type: "item"; readonly call: CallNumber; readonly body: PortBody; readonly octets: number }
  /**
   * An own call is over; its number is free. `again` tells of one that may be opened on another port: `untaken`, where the
   * peer never took it, and `cut`, where the session ended under it, so that its key has to tell what became of it.
   */
  | {
      readonly type: "end";
      readonly call: CallNumber;
      readonly ending: Ending;
      readonly again?: "untaken" | "cut" | undefined;
    }
  /** The peer asks to cancel its call. */
  | { readonly type: "reset"; readonly call: CallNumber; readonly code: "cancelled" | "deadline_exceeded" }
  /** A call of the peer for which nothing was answered yet is void: its session is over. */
  | { readonly type: "void"; readonly call: CallNumber }
  /** The call's items waiting to be sent are few enough again. */
  | { readonly type: "room"; readonly call: CallNumber }
  /** What the peer offers, whole. */
  | { readonly type: "offer"; readonly tools: ReadonlyMap<string, OfferEntry> }
  /** The peer drains: it takes no further calls. */
  | { readonly type: "drain"; readonly message: string; readonly retryAfterMs?: number | undefined }
  /** The port is over: the last event. Every open call of either side was told of before. */
  | { readonly type: "ended"; readonly end: ChannelEnd };

/** Whether the peer lives, and how late its event loop is. */
export interface Pulse {
  /** Asks the peer now, unless it was asked a moment ago. */
  ask(): void;
  /** What it has said last. */
  readonly lateness: Lateness | undefined;
}

/** See the module's comment. Inputs that concern a call which is over are ignored. */
export interface CallPort {
  /** Encodes a value for this peer. Throws {@link ValueError}. */
  encode(value: unknown): PortBody;
  /** Decodes a body from this peer. Throws {@link ProtocolViolation}. */
  decode(body: PortBody): Value | undefined;
  /** Octets that the peer takes in one body; infinite in process. */
  readonly messageLimit: number;
  /** Calls that the peer takes at once. Absent where nobody counts them. */
  readonly streams?: number | undefined;
  /**
   * Whether the peer can decode a body as it is, which came from another one (CONT-002). Absent where bodies are no octets, and have to
   * be decoded and encoded anew.
   */
  takes?(body: PortBody): boolean;
  /** Absent in process, where both sides have one event loop, and while there is no channel. */
  readonly pulse?: Pulse | undefined;
  /** Opens a call. Throws `UsageError` where what it is opened with does not fit into a frame; then nothing was queued. */
  open(request: OpenRequest): CallNumber;
  /** Tells the caller that its call was taken, or what became of it since. */
  accept(call: CallNumber, accept: AcceptInfo): void;
  /** Reports progress; replaces a report that was not written yet (CALL-008). */
  progress(call: CallNumber, body: PortBody): void;
  /** Sends an item; drops it where the peer has given the call up. False when the session should wait for `room` before the next one. */
  item(call: CallNumber, body: PortBody): boolean;
  /**
   * The application has taken an item of an own call, or nobody wants it: the peer may send as much again. `octets` is what its
   * event said. Ignored where the call is over, or was given up with {@link reset}: then none of its items count.
   */
  consumed(call: CallNumber, octets: number): void;
  /** Ends a call of the peer. */
  end(call: CallNumber, ending: Ending): void;
  /** Asks the peer to cancel. A call whose OPEN was not written yet ends at once, `not_started`. */
  reset(call: CallNumber, code: "cancelled" | "deadline_exceeded"): void;
  /** States the tools that the peer may call, whole. */
  offer(tools: readonly OfferEntry[]): void;
  /** Takes no further calls; the port ends when the ones under way are over (CHAN-003). */
  drain(message: string, retryAfterMs?: number): void;
  /** Ends the port with a reason that the peer is told. */
  close(code: Code, message: string): void;
  /** Ends the port because the peer broke the protocol (CHAN-004). */
  fail(violation: ProtocolViolation): void;
  /** The next event, or undefined. */
  nextEvent(): PortEvent | undefined;
}
