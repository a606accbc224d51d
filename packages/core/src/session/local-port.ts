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
import { ITEM_OCTETS, LOCAL_UNREAD_ITEMS } from "../limits.ts";
import type { ProtocolViolation } from "../errors/violation.ts";
import type { ChannelEnd } from "../channel/events.ts";
import { endedBefore, endedUnderWay, notSent, untaken } from "../peer/endings.ts";
import { NumberTable } from "../peer/number-table.ts";
import type { AcceptInfo, CallNumber, CallPort, Ending, OpenRequest, PortBody, PortEvent } from "../peer/port.ts";
import type { OfferEntry } from "../wire/frame.ts";

/** What both ends share. */
interface Shared {
  readonly now: () => number;
  readonly wake: () => void;
  /** Runs something after the event loop has turned. */
  readonly later: (run: () => void) => void;
  /** Calls that are open. */
  readonly calls: NumberTable<LocalCall>;
  nextCall: CallNumber;
  ended: boolean;
}

interface LocalCall {
  readonly opener: LocalPort;
  /** True once the other end has heard of it: before that it is as if it had never been made. */
  taken: boolean;
  /** Items that its opener has not read. */
  unread: number;
  /** True while the other end waits for the opener to read some of them. */
  wantsRoom: boolean;
}

/** Items that a handler may send before the event loop turns: an endless one must not keep everybody else from running. */
const ITEMS_IN_A_ROW = 64;

/** One end. The other one is {@link LocalPort.other}. */
export class LocalPort implements CallPort {
  readonly messageLimit: number = Number.POSITIVE_INFINITY;
  /** Called when the session takes the last event. */
  onEnded: (end: ChannelEnd) => void = () => {};
  readonly #shared: Shared;
  #events: PortEvent[] = [];
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
    if (!this.#mayOpen) {
      // No other port will follow, so that it cannot be opened anew.
      this.#tell(this, { type: "end", call, ending: untaken("unavailable", "the session takes no further calls") });
      return call;
    }
    shared.calls.set(call, { opener: this, taken: false, unread: 0, wantsRoom: false });
    // One by one: a spread costs more than all the rest of this.
    const { tool, callId, key, deadline, priority, turn, lineage, trace, meta, body } = request;
    const deadlineMs = deadline === undefined ? undefined : Math.max(0, deadline - shared.now());
    this.#tellOther({ type: "open", call, tool, callId, key, deadlineMs, priority, turn, lineage, trace, meta, body });
    return call;
  }

  accept(call: CallNumber, accept: AcceptInfo): void {
    if (this.#isOpen(call)) this.#tellOther({ type: "accept", call, accept });
  }

  progress(call: CallNumber, body: PortBody): void {
    if (this.#isOpen(call)) this.#tellOther({ type: "progress", call, body });
  }

  item(call: CallNumber, body: PortBody): boolean {
    const open = this.#shared.calls.get(call);
    if (open === undefined) return true;
    this.#tellOther({ type: "item", call, body, octets: ITEM_OCTETS });
    open.unread += 1;
    if (open.unread >= LOCAL_UNREAD_ITEMS) open.wantsRoom = true;
    this.#burst += 1;
    if (this.#burst < ITEMS_IN_A_ROW) return !open.wantsRoom;
    this.#shared.later(() => {
      this.#burst = 0;
      if (!open.wantsRoom) this.#tell(this, { type: "room", call });
    });
    return false;
  }

  consumed(call: CallNumber): void {
    const open = this.#shared.calls.get(call);
    if (open === undefined) return;
    open.unread -= 1;
    if (!open.wantsRoom || open.unread * 2 > LOCAL_UNREAD_ITEMS) return;
    open.wantsRoom = false;
    this.#tellOther({ type: "room", call });
  }

  end(call: CallNumber, ending: Ending): void {
    if (!this.#isOpen(call)) return;
    this.#tellOther({ type: "end", call, ending });
    this.#over(call);
  }

  reset(call: CallNumber, code: "cancelled" | "deadline_exceeded"): void {
    const open = this.#shared.calls.get(call);
    if (open?.taken === true) {
      this.#tellOther({ type: "reset", call, code });
    } else if (open !== undefined) {
      this.other?.unsay(call);
      this.#over(call);
      this.#tell(this, { type: "end", call, ending: notSent(code) });
    }
  }

  offer(tools: readonly OfferEntry[]): void {
    this.#tellOther({ type: "offer", tools: new Map(tools.map((tool) => [tool.name, tool])) });
  }

  drain(message: string, retryAfterMs?: number): void {
    if (this.#drains !== undefined || this.#shared.ended) return;
    this.#drains = { message, retryAfterMs };
    this.#tellOther({ type: "drain", message, retryAfterMs });
    this.endWhenDrained();
  }

  close(code: Code, message: string): void {
    this.#end({ cause: "closed", code, message, byPeer: false });
  }

  fail(violation: ProtocolViolation): void {
    const { code, message, requirement } = violation;
    this.#end({ cause: "violation", code, message, requirement, byPeer: false });
  }

  nextEvent(): PortEvent | undefined {
    const event = this.#events.shift();
    if (event?.type === "open") {
      const call = this.#shared.calls.get(event.call);
      if (call !== undefined) {
        call.taken = true;
        // Before anything that the other end may say of it.
        this.#tell(call.opener, { type: "sent", call: event.call });
      }
    }
    if (event?.type === "ended") this.onEnded(event.end);
    return event;
  }

  /** What this end has said about draining. */
  get drains(): { readonly message: string } | undefined {
    return this.#drains;
  }

  /** For the other end: a call that this one has not heard of is none any more. */
  unsay(call: CallNumber): void {
    this.#events = this.#events.filter((event) => event.type !== "open" || event.call !== call);
  }

  /** For the other end. */
  endWhenDrained(): void {
    if (this.#drains === undefined || this.#shared.calls.size > 0) return;
    const { message, retryAfterMs } = this.#drains;
    this.#end({ cause: "closed", code: "unavailable", message, retryAfterMs, byPeer: false });
  }

  /** As across a channel (CHAN-003): a side that drains may ask for what the calls that it still serves need. */
  get #mayOpen(): boolean {
    if (this.#shared.ended || this.other?.drains !== undefined) return false;
    if (this.#drains === undefined) return true;
    for (const { opener } of this.#shared.calls.values()) if (opener !== this) return true;
    return false;
  }

  #over(call: CallNumber): void {
    this.#shared.calls.delete(call);
    this.endWhenDrained();
    this.other?.endWhenDrained();
  }

  #end(end: ChannelEnd): void {
    const shared = this.#shared;
    if (shared.ended) return;
    shared.ended = true;
    const told: ChannelEnd = { ...end, cause: "goaway", byPeer: true };
    for (const call of shared.calls.keys()) {
      const open = shared.calls.get(call);
      if (open === undefined) continue;
      const { opener, taken } = open;
      const why = opener === this ? end : told;
      if (!taken) opener.other?.unsay(call);
      this.#tell(opener, { type: "end", call, ending: taken ? endedUnderWay(why) : endedBefore(why) });
      if (taken && opener.other !== undefined) this.#tell(opener.other, { type: "void", call });
    }
    shared.calls.clear();
    this.#tell(this, { type: "ended", end });
    this.#tellOther({ type: "ended", end: told });
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
): readonly [client: LocalPort, gateway: LocalPort] {
  const shared: Shared = { now, wake, later, calls: new NumberTable(), nextCall: 1, ended: false };
  const client = new LocalPort(shared);
  const gateway = new LocalPort(shared);
  client.other = gateway;
  gateway.other = client;
  return [client, gateway];
}
