/**
 * Carries the calls of child processes through the session of their turn.
 *
 * Each child has a channel of its own to the process that shares its session, with everything that belongs to one: handshake, credit, priorities,
 * cancellation. What it calls goes on as a call of the turn, with the turn's lineage, so that it never waits for a lane that its turn
 * has. Bodies pass undecoded. `docs/sharing.md`.
 *
 * @module
 */
import { UsageError } from "../errors/usage.ts";
import { effectFromWire, priorityFromWire } from "../errors/effect.ts";
import { BUILTIN } from "../contract/answer.ts";
import { isReservedName } from "../contract/names.ts";
import { NO_BODY, type CallNumber, type CallPort, type PortEvent } from "../peer/port.ts";
import { NO_OPTIONS } from "../session/caller.ts";
import { noSuchTool, type IncomingCalls, type IncomingContext, type TakesCalls } from "../session/incoming-calls.ts";
import type { KnownTool } from "../session/outgoing-calls.ts";
import type { Session } from "../session/session.ts";
import type { OfferEntry } from "../wire/frame.ts";
import { NarrowAnswers } from "./answers.ts";
import { Gate, gateUser, type GateUser } from "./gate.ts";
import { ObservedCall } from "./observed-call.ts";
import { keptOctets } from "./pass.ts";
import { isTurnTool, type Permissions } from "./permissions.ts";
import { RelayedCall, type RelayedCallOwner } from "./relayed-call.ts";
import { Repeats } from "./repeats.ts";
import type { RelayedRun, RelayTurn } from "./run.ts";

/** Limits of what children may have in a session. */
export interface RelayLimits {
  /** Calls of all children of a session that are under way at once. At most half of what the session's peer takes. */
  readonly calls: number;
  /** Octets of arguments of all children of a turn whose calls are not over. */
  readonly heldArguments: number;
}

/** 512 calls, and 64 MiB. */
export const RELAY_LIMITS: RelayLimits = Object.freeze({ calls: 512, heldArguments: 64 * 2 ** 20 });

/** What a {@link Relay} works with. */
export interface RelayOptions {
  readonly session: Session;
  readonly turn: RelayTurn;
  readonly permissions: Permissions;
  readonly limits: RelayLimits;
}

type OpenEvent = Extract<PortEvent, { type: "open" }>;

/** One for each session, over all of its turns that are shared. */
const gates = new WeakMap<Session, Gate>();

function gateOf(session: Session, most: number): Gate {
  let gate = gates.get(session);
  if (gate === undefined) {
    gate = new Gate(() => Math.min(most, Math.ceil((session.upstream.streams ?? most * 2) / 2)));
    gates.set(session, gate);
  }
  return gate;
}

/** What is shared of one turn: the children of all of its processes. */
export class Relay {
  readonly options: RelayOptions;
  readonly gate: Gate;
  readonly repeats: Repeats;
  readonly answers: NarrowAnswers;
  /** Octets of arguments of calls that are not over. */
  held = 0;

  constructor(options: RelayOptions) {
    this.options = options;
    const { environment } = options.session.upstream;
    this.repeats = new Repeats(() => environment.now());
    this.gate = gateOf(options.session, options.limits.calls);
    this.answers = new NarrowAnswers(options);
  }

  /** Takes the calls of one child's session. */
  readonly takesCalls: TakesCalls = (context) => new ChildCalls(this, context);
}

/** The calls of one child. */
class ChildCalls implements IncomingCalls, RelayedCallOwner {
  readonly #relay: Relay;
  readonly #user: GateUser = gateUser();
  readonly #runs = new Map<CallNumber, RelayedRun>();
  /** Takes a call out of the gate that waits there. */
  readonly #waiting = new Map<CallNumber, () => boolean>();
  readonly #unlisten: () => void;
  #port: CallPort | undefined;
  #over = false;

  constructor(relay: Relay, context: IncomingContext) {
    this.#relay = relay;
    this.#unlisten = relay.options.permissions.listen(() => context.toolsChanged());
  }

  get running(): number {
    return this.#runs.size;
  }

  offered(): OfferEntry[] {
    return this.#relay.options.permissions.offered();
  }

  implement(): never {
    throw new UsageError("a session that is shared takes tools from its owner: implement them there");
  }

  open(port: CallPort, event: OpenEvent): void {
    this.#port = port;
    const { options, answers } = this.#relay;
    const { tool, call } = event;
    if (this.#over || isTurnTool(tool)) {
      const message = this.#over
        ? "the turn that shared its session is over"
        : "a turn is begun and ended by the process that has the session, not by those inside the turn";
      port.end(call, {
        ok: false,
        code: this.#over ? "failed_precondition" : "permission_denied",
        message,
        outcome: "not_started",
        body: NO_BODY,
      });
      return;
    }
    if (!options.permissions.all && isReservedName(tool)) {
      const answer = answers.answer(port, event);
      if (answer.kind === "ends") port.end(call, answer.ending);
      else this.#enter(event, this.#observed(port, event, BUILTIN, false, answer.share));
      return;
    }
    if (!options.permissions.allows(tool)) {
      port.end(call, { ok: false, ...noSuchTool(tool), body: NO_BODY });
      return;
    }
    this.#take(port, event);
  }

  #take(port: CallPort, event: OpenEvent): void {
    const relay = this.#relay;
    const { session, limits } = relay.options;
    const octets = keptOctets(event.body);
    if (octets > 0 && relay.held + octets > limits.heldArguments) {
      const message = `the processes of this turn have more than ${limits.heldArguments} octets of arguments under way (heldArguments)`;
      const about = { code: "resource_exhausted", outcome: "not_started", retryable: true } as const;
      port.end(event.call, { ok: false, message, ...about, body: NO_BODY });
      return;
    }
    if (!relay.options.permissions.all) relay.answers.made(event);
    if (session.upstream.observed) {
      const offer = session.offers.get(event.tool);
      const effect = offer === undefined ? undefined : effectFromWire(offer.effect);
      const contract = isReservedName(event.tool) ? BUILTIN : effect && { effect };
      this.#enter(event, this.#observed(port, event, contract, offer?.streams === true, undefined));
      return;
    }
    relay.held += octets;
    this.#enter(event, this.#relayed(port, event));
  }

  #relayed(child: CallPort, event: OpenEvent): RelayedCall {
    const { repeats, options } = this.#relay;
    const { environment, caller } = options.session.upstream;
    const { tool, callId, call: childNumber, deadlineMs, priority, trace, meta, body } = event;
    const repeated = event.key === undefined ? undefined : repeats.take(tool, body);
    const urgency = priority === undefined ? undefined : priorityFromWire(priority);
    return new RelayedCall(
      {
        tool,
        callId,
        input: undefined,
        key: repeated ?? event.key,
        deadline: deadlineMs === undefined ? undefined : environment.now() + deadlineMs,
        turn: options.turn.turn,
        lineage: options.turn.lineage,
        trace,
        meta,
        options: urgency === undefined ? NO_OPTIONS : { priority: urgency },
        cancellation: undefined,
        effect: undefined,
        verify: undefined,
      },
      { caller, body, child, childNumber, repeats: repeated !== undefined, owner: this },
    );
  }

  #observed(
    child: CallPort,
    event: OpenEvent,
    contract: KnownTool | undefined,
    streams: boolean,
    share: ((result: unknown) => unknown) | undefined,
  ): ObservedCall {
    const { session, turn } = this.#relay.options;
    return new ObservedCall({
      calls: session.upstream.calls,
      child,
      event,
      turn,
      contract,
      streams,
      share,
      over: () => this.#ended(event.call),
    });
  }

  #enter({ call }: OpenEvent, run: RelayedRun): void {
    this.#runs.set(call, run);
    let begun = false;
    const leave = this.#relay.gate.enter(this.#user, () => {
      begun = true;
      this.#waiting.delete(call);
      run.start();
    });
    if (begun) return;
    run.wait();
    this.#waiting.set(call, leave);
  }

  reset(call: CallNumber, code: "cancelled" | "deadline_exceeded"): void {
    const message = code === "cancelled" ? "the caller cancelled the call" : "the deadline is over";
    if (!this.#leaveGate(call)) this.#runs.get(call)?.cancel(message);
    else this.#port?.end(call, { ok: false, code, message, outcome: "not_started", body: NO_BODY });
  }

  makeVoid(call: CallNumber): void {
    if (!this.#leaveGate(call)) this.#runs.get(call)?.abandon();
  }

  /** True for a call that had not begun. */
  #leaveGate(call: CallNumber): boolean {
    const leave = this.#waiting.get(call);
    this.#waiting.delete(call);
    if (leave?.() !== true) return false;
    const run = this.#runs.get(call);
    this.#runs.delete(call);
    if (run instanceof RelayedCall) this.#relay.held -= keptOctets(run.arguments);
    return true;
  }

  room(call: CallNumber): void {
    this.#runs.get(call)?.room();
  }

  abandon(): void {
    for (const call of this.#runs.keys()) this.makeVoid(call);
  }

  suspended(): void {}

  resumed(): void {}

  ending(): void {
    this.#over = true;
  }

  leave(): void {
    this.#over = true;
    this.#unlisten();
    this.abandon();
  }

  /** For a call that has passed the gate. */
  over(call: RelayedCall): void {
    const { arguments: body, childNumber, request, outcome } = call;
    const { repeats } = this.#relay;
    this.#relay.held -= keptOctets(body);
    if (outcome === "unknown" && request.key !== undefined) repeats.unknown(request.tool, body, request.key);
    this.#ended(childNumber);
  }

  #ended(call: CallNumber): void {
    this.#runs.delete(call);
    this.#relay.gate.leave(this.#user);
  }
}
