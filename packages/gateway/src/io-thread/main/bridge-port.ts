/**
 * A session's port in the main thread: its calls go to the peer by way of the I/O thread. The peer's calls never come here.
 *
 * @module
 */

import {
  cloneValue,
  endedUnderWay,
  untaken,
  type CallNumber,
  type CallPort,
  type ChannelEnd,
  type Code,
  type Lateness,
  type OpenRequest,
  type PortBody,
  type PortEvent,
  type Pulse,
  type Value,
} from "@turnmux/core";
import type { ToThread } from "../messages.ts";
import { crossing, type Movable } from "../postbox.ts";
import { ownTime, sharedTime } from "../shared.ts";

/** What a {@link BridgePort} works with. */
export interface BridgeOptions {
  readonly sessionId: string;
  readonly post: (message: ToThread, moved?: readonly Movable[]) => void;
  /** There are events: the session is to be pumped soon, and not at once. */
  readonly wake: () => void;
}

/** See the module's comment. */
export class BridgePort implements CallPort, Pulse {
  readonly messageLimit: number = Number.POSITIVE_INFINITY;
  readonly #options: BridgeOptions;
  readonly #open = new Set<CallNumber>();
  #lateness: Lateness | undefined;
  #events: PortEvent[] = [];
  #last: CallNumber = 0;
  #ended = false;

  constructor(options: BridgeOptions) {
    this.#options = options;
  }

  get pulse(): Pulse {
    return this;
  }

  get lateness(): Lateness | undefined {
    return this.#lateness;
  }

  ask(): void {
    const { sessionId, post } = this.#options;
    if (!this.#ended) post({ kind: "ask", sessionId });
  }

  encode(value: unknown): PortBody {
    return { content: "local", value: cloneValue(value) };
  }

  decode(body: PortBody): Value | undefined {
    return body.content === "local" ? body.value : undefined;
  }

  open({ body, deadline, ...request }: OpenRequest): CallNumber {
    this.#last += 1;
    const call = this.#last;
    if (this.#ended) {
      this.#tell({ type: "end", call, ending: untaken("unavailable", "the session takes no further calls") });
      return call;
    }
    this.#open.add(call);
    const deadlineAt = deadline === undefined ? undefined : sharedTime(deadline);
    const { sessionId, post } = this.#options;
    const { value: input, transfer } = crossing(this.decode(body), true);
    post({ kind: "open", sessionId, call, request: { ...request, deadlineAt, input } }, transfer);
    // From here on nobody in this thread can tell that it did not reach the peer, unless the other one says so.
    this.#tell({ type: "sent", call });
    return call;
  }

  consumed(call: CallNumber, octets: number): void {
    const { sessionId, post } = this.#options;
    if (this.#open.has(call)) post({ kind: "consumed", sessionId, call, octets });
  }

  reset(call: CallNumber, code: "cancelled" | "deadline_exceeded"): void {
    const { sessionId, post } = this.#options;
    if (this.#open.has(call)) post({ kind: "reset", sessionId, call, code });
  }

  close(_code: Code, message: string): void {
    const { sessionId, post } = this.#options;
    post({ kind: "endSession", sessionId, how: "close", message });
  }

  fail(): void {
    this.close("internal", "a message between threads was not what it should be");
  }

  // The dispatcher in the I/O thread answers the peer's calls, and offers tools.

  accept(): void {}

  progress(): void {}

  item(): boolean {
    return true;
  }

  end(): void {}

  offer(): void {}

  drain(): void {}

  nextEvent(): PortEvent | undefined {
    return this.#events.shift();
  }

  /** The I/O thread tells of an event. */
  take(event: PortEvent): void {
    // It was told of when the call was opened.
    if (event.type === "sent") return;
    if (event.type === "end") this.#open.delete(event.call);
    this.#tell(event);
  }

  /** The I/O thread tells what the peer has said of its event loop, and when. */
  late(lagMs: number | undefined, heardAt: number): void {
    this.#lateness = { lagMs, at: ownTime(heardAt) };
  }

  /** The session is over. What it knows of its calls is all that will be known. */
  over(end: ChannelEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const call of this.#open) this.#tell({ type: "end", call, ending: endedUnderWay(end) });
    this.#open.clear();
  }

  #tell(event: PortEvent): void {
    this.#events.push(event);
    this.#options.wake();
  }
}
