/**
 * The two ends of an in-process session: the same calls and rules as across a channel, without octets.
 *
 * Values are copied when they pass, so that the two sides share nothing that either could change.
 *
 * @module
 */
import { cloneValue } from "../content/body.ts";
import type { Value } from "../content/value.ts";
import type { Code } from "../errors/codes.ts";
import type { ProtocolViolation } from "../errors/violation.ts";
import type { ChannelEnd } from "../channel/events.ts";
import {
  NO_BODY,
  type AcceptInfo,
  type CallNumber,
  type CallPort,
  type Ending,
  type OpenRequest,
  type PortBody,
  type PortEvent,
} from "../peer/port.ts";
import type { OfferEntry } from "../wire/frame.ts";

/** What both ends share. */
interface Shared {
  readonly now: () => number;
  readonly wake: () => void;
  /** Runs something after the event loop has turned. */
  readonly later: (run: () => void) => void;
  /** Calls that are open, with the end that opened each. */
  readonly calls: Map<CallNumber, LocalPort>;
  nextCall: CallNumber;
  ended: boolean;
}

/** Items that a handler may send before the event loop turns: an endless one must not keep everybody else from running. */
const ITEMS_IN_A_ROW = 64;

/** One end. The other one is {@link LocalPort.other}. */
class LocalPort implements CallPort {
  readonly messageLimit: number = Number.POSITIVE_INFINITY;
  readonly #shared: Shared;
  readonly #events: PortEvent[] = [];
  other: LocalPort | undefined;
  #burst = 0;
  #drains: { readonly message: string; readonly retryAfterMs: number | undefined } | undefined;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  encode(value: unknown): PortBody {
    return { content: "local", value: cloneValue(value) };
  }

  decode(body: PortBody): Value | undefined {
    return body.content === "local" ? body.value : undefined;
  }

  open(request: OpenRequest): CallNumber {
    const shared = this.#shared;
    const call = shared.nextCall++;
    if (shared.ended || this.other?.drains !== undefined || this.#drains !== undefined) {
      const ending: Ending = {
        ok: false,
        code: "unavailable",
        message: "the session takes no further calls",
        outcome: "not_started",
        body: NO_BODY,
      };
      this.#tell(this, { type: "end", call, ending, untaken: true });
      return call;
    }
    shared.calls.set(call, this);
    const { deadline, ...rest } = request;
    const deadlineMs = deadline === undefined ? undefined : Math.max(0, deadline - shared.now());
    this.#tell(this, { type: "sent", call });
    this.#tellOther({ ...rest, type: "open", call, deadlineMs });
    return call;
  }

  accept(call: CallNumber, accept: AcceptInfo): void {
    if (this.#isOpen(call)) this.#tellOther({ type: "accept", call, accept });
  }

  progress(call: CallNumber, body: PortBody): void {
    if (this.#isOpen(call)) this.#tellOther({ type: "progress", call, body });
  }

  item(call: CallNumber, body: PortBody): boolean {
    if (!this.#isOpen(call)) return true;
    this.#tellOther({ type: "item", call, body });
    this.#burst += 1;
    if (this.#burst < ITEMS_IN_A_ROW) return true;
    this.#shared.later(() => {
      this.#burst = 0;
      this.#tell(this, { type: "room", call });
    });
    return false;
  }

  end(call: CallNumber, ending: Ending): void {
    if (!this.#isOpen(call)) return;
    this.#shared.calls.delete(call);
    this.#tellOther({ type: "end", call, ending });
    this.#endWhenDrained();
    this.other?.endWhenDrained();
  }

  reset(call: CallNumber, code: "cancelled" | "deadline_exceeded"): void {
    if (this.#isOpen(call)) this.#tellOther({ type: "reset", call, code });
  }

  offer(tools: readonly OfferEntry[]): void {
    this.#tellOther({ type: "offer", tools: new Map(tools.map((tool) => [tool.name, tool])) });
  }

  drain(message: string, retryAfterMs?: number): void {
    if (this.#drains !== undefined || this.#shared.ended) return;
    this.#drains = { message, retryAfterMs };
    this.#tellOther({ type: "drain", message, retryAfterMs });
    this.#endWhenDrained();
  }

  close(code: Code, message: string): void {
    this.#end({ cause: "closed", code, message, byPeer: false });
  }

  fail(violation: ProtocolViolation): void {
    const { code, message, requirement } = violation;
    this.#end({ cause: "violation", code, message, requirement, byPeer: false });
  }

  nextEvent(): PortEvent | undefined {
    return this.#events.shift();
  }

  /** What this end has said about draining. */
  get drains(): { readonly message: string } | undefined {
    return this.#drains;
  }

  /** For the other end. */
  endWhenDrained(): void {
    this.#endWhenDrained();
  }

  #endWhenDrained(): void {
    if (this.#drains === undefined || this.#shared.calls.size > 0) return;
    this.#end({
      cause: "closed",
      code: "unavailable",
      message: this.#drains.message,
      retryAfterMs: this.#drains.retryAfterMs,
      byPeer: false,
    });
  }

  #end(end: ChannelEnd): void {
    const shared = this.#shared;
    if (shared.ended) return;
    shared.ended = true;
    for (const [call, opener] of shared.calls) {
      const receiver = opener.other;
      const code: Code = opener === this && end.cause === "closed" ? "cancelled" : "unavailable";
      const ending: Ending = {
        ok: false,
        code,
        message: `the session ended while the call was under way: ${end.message}`,
        outcome: "unknown",
        body: NO_BODY,
      };
      this.#tell(opener, { type: "end", call, ending });
      if (receiver !== undefined) this.#tell(receiver, { type: "void", call });
    }
    shared.calls.clear();
    this.#tell(this, { type: "ended", end });
    this.#tellOther({ type: "ended", end: { ...end, cause: "goaway", byPeer: true } });
  }

  #isOpen(call: CallNumber): boolean {
    return this.#shared.calls.has(call);
  }

  #tellOther(event: PortEvent): void {
    if (this.other !== undefined) this.#tell(this.other, event);
  }

  #tell(port: LocalPort, event: PortEvent): void {
    port.#events.push(event);
    this.#shared.wake();
  }
}

/**
 * Two connected ports.
 *
 * @param now the clock of both sides
 * @param later runs something after the event loop has turned
 * @param wake called when either port has events to take; call `pump` of both sessions soon, not at once
 */
export function localPorts(
  now: () => number,
  wake: () => void,
  later: (run: () => void) => void,
): readonly [client: CallPort, gateway: CallPort] {
  const shared: Shared = { now, wake, later, calls: new Map(), nextCall: 1, ended: false };
  const client = new LocalPort(shared);
  const gateway = new LocalPort(shared);
  client.other = gateway;
  gateway.other = client;
  return [client, gateway];
}
