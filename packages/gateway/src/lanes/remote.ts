/**
 * Lanes that another thread asks for, and keys that its calls wait for: they are kept in one thread, where turns of the gateway run.
 *
 * @module
 */

import {
  LANE_FULL,
  type Environment,
  type Failure,
  type KeyWait,
  type LaneRequest,
  type Lanes,
  type LaneTicket,
  type LaneVerdict,
  type LaneWait,
  type Limits,
} from "@turnmux/core";

/** Milliseconds without an answer after which whoever waits is told that the other thread is busy. */
const BUSY_MS = 10;

/** From the thread that asks. */
export type LaneQuestion =
  | { readonly kind: "enterLane"; readonly id: number; readonly request: Omit<LaneRequest, "queued" | "held"> }
  | { readonly kind: "leaveLane"; readonly id: number }
  | { readonly kind: "waitForKey"; readonly id: number; readonly wait: Omit<KeyWait, "refused"> }
  | { readonly kind: "leaveKey"; readonly id: number };

/** From the thread that keeps them. */
export type LaneReply =
  | { readonly kind: "laneQueued"; readonly id: number; readonly wait: LaneWait }
  | { readonly kind: "laneVerdict"; readonly id: number; readonly verdict: LaneVerdict }
  | { readonly kind: "keyRefused"; readonly id: number; readonly refusal: Failure };

/** A request that was not answered yet. */
interface Asked {
  readonly request: LaneRequest;
  readonly settle: (verdict: LaneVerdict) => void;
  readonly cancelTimer: () => void;
}

/** What {@link RemoteLanes} work with. */
export interface RemoteLanesOptions {
  readonly environment: Environment;
  readonly limits: Pick<Limits, "laneQueue">;
  readonly post: (question: LaneQuestion) => void;
  /** Takes back an `enterLane` or `waitForKey` that was posted. False where it was sent. */
  readonly takeBack: (id: number) => boolean;
}

/** The lanes, in a thread that asks for them. */
export class RemoteLanes implements Lanes {
  readonly #options: RemoteLanesOptions;
  readonly #asked = new Map<number, Asked>();
  /** Requests that wait, by their lanes: those on nobody's behalf, which are not let in beside the turn that runs. */
  readonly #waiting = new Map<string, number>();
  /** Calls that wait for keys, and what tells each that it must not. */
  readonly #keyWaits = new Map<number, KeyWait["refused"]>();
  #last = 0;

  constructor(options: RemoteLanesOptions) {
    this.#options = options;
  }

  enter(request: LaneRequest): LaneTicket {
    const { environment, limits, post, takeBack } = this.#options;
    const { queued: _queued, held, ...rest } = request;
    const { lane, lineage } = rest;
    const ahead = this.#waiting.get(lane) ?? 0;
    // One may hold the lane by the time that the other thread looks at them. It refuses as many itself, when it has time.
    if (lineage === undefined && ahead > limits.laneQueue) {
      return { entered: Promise.resolve({ kind: "refused", refusal: LANE_FULL }), leave: () => {} };
    }
    if (lineage === undefined) this.#waiting.set(lane, ahead + 1);
    this.#last += 1;
    const id = this.#last;
    const { promise: entered, resolve: settle } = Promise.withResolvers<LaneVerdict>();
    const cancelTimer = environment.setTimer(environment.now() + BUSY_MS, () => held?.(BUSY), true);
    this.#asked.set(id, { request, settle, cancelTimer });
    post({ kind: "enterLane", id, request: rest });
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      if (!takeBack(id)) post({ kind: "leaveLane", id });
      this.#settle(id, { kind: "left" });
    };
    return { entered, leave };
  }

  waits({ refused, ...wait }: KeyWait): () => void {
    const { post, takeBack } = this.#options;
    this.#last += 1;
    const id = this.#last;
    this.#keyWaits.set(id, refused);
    post({ kind: "waitForKey", id, wait });
    return () => {
      if (this.#keyWaits.delete(id) && !takeBack(id)) post({ kind: "leaveKey", id });
    };
  }

  /** What the other thread answers. */
  take(reply: LaneReply): void {
    if (reply.kind === "keyRefused") {
      this.#keyWaits.get(reply.id)?.(reply.refusal);
      return;
    }
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
    if (asked === undefined) return;
    this.#asked.delete(id);
    const { lane, lineage } = asked.request;
    if (lineage === undefined) this.#leavesQueue(lane);
    asked.cancelTimer();
    asked.settle(verdict);
  }

  #leavesQueue(lane: string): void {
    const left = (this.#waiting.get(lane) ?? 1) - 1;
    if (left === 0) this.#waiting.delete(lane);
    else this.#waiting.set(lane, left);
  }
}

const BUSY = "the gateway's main thread is busy";

/** Asks for lanes on behalf of another thread. */
export class LaneDesk {
  readonly #lanes: Lanes;
  readonly #post: (reply: LaneReply) => void;
  #tickets = new Map<number, LaneTicket>();
  /** Calls that wait for keys, and what says that each waits no more. */
  #keyWaits = new Map<number, () => void>();

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
    if (question.kind === "leaveKey") {
      this.#keyWaits.get(id)?.();
      this.#keyWaits.delete(id);
      return;
    }
    const tickets = this.#tickets;
    /** Not to a thread that has taken the place of the one that asked. */
    const post = (reply: LaneReply): void => {
      if (tickets === this.#tickets) this.#post(reply);
    };
    if (question.kind === "waitForKey") {
      const refused = (refusal: Failure): void => post({ kind: "keyRefused", id, refusal });
      this.#keyWaits.set(id, this.#lanes.waits({ ...question.wait, refused }));
      return;
    }
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
    const keyWaits = this.#keyWaits;
    this.#keyWaits = new Map();
    for (const ticket of tickets.values()) ticket.leave();
    for (const leave of keyWaits.values()) leave();
  }
}
