/**
 * Lanes that another thread asks for: they are kept in one thread, where turns of the gateway run.
 *
 * @module
 */

import type { Environment, LaneRequest, Lanes, LaneTicket, LaneVerdict, LaneWait } from "@turnmux/core";

/** Milliseconds without an answer after which whoever waits is told that the other thread is busy. */
const BUSY_MS = 10;

/** From the thread that asks. */
export type LaneQuestion =
  | { readonly kind: "enterLane"; readonly id: number; readonly request: Omit<LaneRequest, "queued" | "held"> }
  | { readonly kind: "leaveLane"; readonly id: number };

/** From the thread that keeps them. */
export type LaneReply =
  | { readonly kind: "laneQueued"; readonly id: number; readonly wait: LaneWait }
  | { readonly kind: "laneVerdict"; readonly id: number; readonly verdict: LaneVerdict };

/** A request that was not answered yet. */
interface Asked {
  readonly request: LaneRequest;
  readonly settle: (verdict: LaneVerdict) => void;
  readonly cancelTimer: () => void;
}

/** The lanes, in a thread that asks for them. */
export class RemoteLanes implements Lanes {
  readonly #post: (question: LaneQuestion) => void;
  readonly #environment: Environment;
  readonly #asked = new Map<number, Asked>();
  #last = 0;

  constructor(environment: Environment, post: (question: LaneQuestion) => void) {
    this.#environment = environment;
    this.#post = post;
  }

  enter(request: LaneRequest): LaneTicket {
    this.#last += 1;
    const id = this.#last;
    const { queued: _queued, held, ...rest } = request;
    const { promise: entered, resolve: settle } = Promise.withResolvers<LaneVerdict>();
    const cancelTimer = this.#environment.setTimer(this.#environment.now() + BUSY_MS, () => held?.(BUSY), true);
    this.#asked.set(id, { request, settle, cancelTimer });
    this.#post({ kind: "enterLane", id, request: rest });
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      this.#post({ kind: "leaveLane", id });
      this.#settle(id, { kind: "left" });
    };
    return { entered, leave };
  }

  /** What the other thread answers. */
  take(reply: LaneReply): void {
    if (reply.kind === "laneVerdict") {
      this.#settle(reply.id, reply.verdict);
      return;
    }
    const asked = this.#asked.get(reply.id);
    asked?.cancelTimer();
    asked?.request.queued?.(reply.wait);
  }

  #settle(id: number, verdict: LaneVerdict): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    asked?.cancelTimer();
    asked?.settle(verdict);
  }
}

const BUSY = "the gateway's main thread is busy";

/** Asks for lanes on behalf of another thread. */
export class LaneDesk {
  readonly #lanes: Lanes;
  readonly #post: (reply: LaneReply) => void;
  #tickets = new Map<number, LaneTicket>();

  constructor(lanes: Lanes, post: (reply: LaneReply) => void) {
    this.#lanes = lanes;
    this.#post = post;
  }

  /** What the other thread asks. */
  take(question: LaneQuestion): void {
    const { id } = question;
    if (question.kind === "leaveLane") {
      this.#tickets.get(id)?.leave();
      this.#tickets.delete(id);
      return;
    }
    const tickets = this.#tickets;
    /** Not to a thread that has taken the place of the one that asked. */
    const post = (reply: LaneReply): void => {
      if (tickets === this.#tickets) this.#post(reply);
    };
    const ticket = this.#lanes.enter({
      ...question.request,
      queued: (wait) => post({ kind: "laneQueued", id, wait }),
    });
    tickets.set(id, ticket);
    void ticket.entered.then((verdict) => {
      if (verdict.kind === "refused") tickets.delete(id);
      post({ kind: "laneVerdict", id, verdict });
    });
  }

  /** The other thread is gone, and its sessions with it. */
  abandon(): void {
    const tickets = this.#tickets;
    this.#tickets = new Map();
    for (const ticket of tickets.values()) ticket.leave();
  }
}
