/**
 * Calls that take the lane of their session: those of tools that say so, and the turns that run at the client.
 * `docs/spec.md` section 8, "Turns and lanes".
 *
 * @module
 */
import { beginTurnTool, endTurnTool } from "../contract/builtin.ts";
import { beginTurnToolName, endTurnToolName, type EndTurnRequest, type TurnEnded } from "../contract/turns.ts";
import { effectToWire } from "../errors/effect.ts";
import type { Lanes, LaneTicket, LaneWait } from "../lanes/lanes.ts";
import type { Deadline } from "./deadlines.ts";
import type { RunContext } from "./handler-call.ts";
import type { IncomingCall } from "./incoming.ts";
import type { IncomingContext } from "./incoming-calls.ts";
import type { RegisteredTool } from "./registry.ts";
import { failed } from "./settled.ts";

/** Milliseconds after which a client may try again that has as many turns as it may. */
const TURNS_RETRY_MS = 1_000;

/** A turn that runs at the client. */
interface Begun {
  readonly ticket: LaneTicket;
  /** Of the call that began it. */
  readonly callId: string;
}

/** One for each session of a gateway. */
export class TurnCalls {
  readonly #lanes: Lanes;
  readonly #session: IncomingContext;
  /** By their tokens. */
  readonly #begun = new Map<string, Begun>();
  /** True while the session has no channel. */
  #away = false;
  /** When the turns are over whose owner is away. */
  #owner: Deadline | undefined;

  constructor(lanes: Lanes, session: IncomingContext) {
    this.#lanes = lanes;
    this.#session = session;
  }

  /** The built-in tools. */
  tools(): readonly RegisteredTool[] {
    const more = { timeoutMs: undefined, maxTimeoutMs: undefined, maxConcurrent: undefined };
    const offer = (name: string): RegisteredTool["offer"] => ({ name, effect: effectToWire("idempotent") });
    return [
      {
        name: beginTurnToolName,
        contract: beginTurnTool,
        // Its own turn's: it has entered.
        handler: (_input, { lineage }) => ({ lineage }),
        offer: offer(beginTurnToolName),
        ...more,
      },
      {
        name: endTurnToolName,
        contract: endTurnTool,
        // The contract has parsed it.
        handler: (input) => this.#end(input as EndTurnRequest),
        offer: offer(endTurnToolName),
        ...more,
      },
    ];
  }

  /** Sees a call to its end that takes the lane: `run` runs it once the lane is its own. */
  async run(
    call: IncomingCall,
    input: unknown,
    context: RunContext,
    run: (context: RunContext) => Promise<void> | undefined,
  ): Promise<void> {
    const begins = call.tool.contract === beginTurnTool;
    const most = this.#session.limits.streams;
    // Turns on behalf of one that runs wait for nobody, and so nothing else bounds them.
    if (begins && this.#begun.size >= most) {
      const message = `${most} turns of this client run already (streams): end one of them first`;
      call.settle(failed("resource_exhausted", message, "not_started", { retryAfterMs: TURNS_RETRY_MS }));
      return;
    }
    const ticket = this.#lanes.enter({
      lane: this.#session.identity.id,
      principal: this.#session.caller,
      turn: begins ? turnOf(input) : (context.turn ?? context.callId),
      lineage: context.lineage,
      queued: (wait) => tellPlace(call, wait),
      held: (reason) => call.accept({ state: "queued", reason }),
    });
    // Given back when the call is over and its handler has ended, or when it is over before that began.
    call.lane = ticket;
    const verdict = await ticket.entered;
    if (verdict.kind === "refused") call.settle(verdict.refusal);
    if (verdict.kind !== "entered" || call.ended) return;
    const { lineage } = verdict;
    if (!begins) {
      await run({ ...context, lineage });
      return;
    }
    // From here on it is the client's to end; and whoever hears of it may do so at once.
    call.lane = undefined;
    this.#begun.set(lineage, { ticket, callId: context.callId });
    this.#watchOwner();
    try {
      await run({ ...context, lineage });
    } finally {
      if (!call.succeeded) this.#over(lineage);
    }
  }

  /** The session has no channel, and may get another one. */
  suspended(): void {
    this.#away = true;
    this.#watchOwner();
  }

  /** It has one again. */
  resumed(): void {
    this.#away = false;
    this.#owner?.cancel();
    this.#owner = undefined;
  }

  /** The session is over, and its turns with it. */
  leave(): void {
    this.resumed();
    for (const lineage of this.#begun.keys()) this.#over(lineage);
  }

  #watchOwner(): void {
    if (!this.#away || this.#begun.size === 0 || this.#owner !== undefined) return;
    const { deadlines, environment, limits } = this.#session;
    this.#owner = deadlines.set(environment.now() + limits.turnOwnerMs, () => {
      this.#owner = undefined;
      for (const lineage of this.#begun.keys()) this.#over(lineage);
    });
  }

  #end(of: EndTurnRequest): TurnEnded {
    const lineage = of.lineage ?? this.#lineageOf(of.callId);
    return { ended: lineage !== undefined && this.#over(lineage) };
  }

  #lineageOf(callId: string | undefined): string | undefined {
    for (const [lineage, begun] of this.#begun) if (begun.callId === callId) return lineage;
    return undefined;
  }

  /** False where it is no turn that this session began, and that runs. */
  #over(lineage: string): boolean {
    const begun = this.#begun.get(lineage);
    this.#begun.delete(lineage);
    begun?.ticket.leave();
    return begun !== undefined;
  }
}

/** The contract has parsed it. */
function turnOf(input: unknown): string {
  return (input as { readonly turn: string }).turn;
}

function tellPlace(call: IncomingCall, { behind, place }: LaneWait): void {
  call.accept({ state: "queued", reason: `it waits behind the turn ${JSON.stringify(behind)}`, place });
}
