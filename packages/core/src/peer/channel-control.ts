/**
 * What the calls of a session need of the channel that carries them.
 *
 * @module
 */
import type { Code } from "../errors/codes.ts";
import type { ProtocolViolation } from "../errors/violation.ts";
import type { Pulse } from "./port.ts";

/** How a peer moves its channel. The owner passes these on with the present time. */
export interface ChannelControl {
  /** Of the channel, while there is one. */
  readonly pulse?: Pulse | undefined;
  drain(message: string, retryAfterMs?: number): void;
  /** This side drains, and no call is left. */
  drained(message: string, retryAfterMs?: number): void;
  close(code: Code, message: string, retryAfterMs?: number): void;
  fail(violation: ProtocolViolation): void;
  /** There is something to write, or an event to take: at the end of the event-loop turn. */
  wake(): void;
  /**
   * A frame with so many octets of a body is ready, and so many frames may share its message, itself included. One that is alone
   * is written at once, behind the code that runs now; and so is the first part of many, for the other side to work on while this
   * one makes the rest. So whoever says this is done with its own work.
   */
  ready(octets: number, company: number): void;
}
