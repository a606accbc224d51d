/**
 * Lanes, as those see them who ask for one: a session's turns run one at a time. `docs/spec.md` section 8.
 *
 * Whoever asks gets a promise, and says when it is done: the lanes may be kept in another thread than the one that asks.
 *
 * @module
 */
import type { Failure } from "../session/settled.ts";

/** Who asks for a lane. */
export interface LaneRequest {
  /** The identifier of the session whose lane it is. */
  readonly lane: string;
  /** Whose session it is. */
  readonly principal: string;
  /** The turn's name, for others that wait and for logs. */
  readonly turn: string;
  /** The token of the turn on whose behalf it is. One that is nobody's counts as none (LANE-004). */
  readonly lineage?: string | undefined;
  /** Who is told why it was refused. Default: {@link principal}. */
  readonly asker?: string | undefined;
  /** Hears where it stands, while it waits; again when that changes. */
  readonly queued?: ((wait: LaneWait) => void) | undefined;
  /** Hears why nobody has answered yet, where whoever keeps the lanes takes its time. */
  readonly held?: ((reason: string) => void) | undefined;
}

/** Where a request stands. */
export interface LaneWait {
  /** The turn that holds the lane. */
  readonly behind: string;
  /** 0 is next. */
  readonly place: number;
}

/** What came of a request. */
export type LaneVerdict =
  /** The lane is the turn's own until it leaves, and calls on its behalf carry this token. */
  | { readonly kind: "entered"; readonly lineage: string }
  | { readonly kind: "refused"; readonly refusal: Failure }
  /** It left before. */
  | { readonly kind: "left" };

/** One request, and the turn that comes of it. */
export interface LaneTicket {
  /** Never rejects. */
  readonly entered: Promise<LaneVerdict>;
  /** The turn is over, or waits no more. Again it is without effect. */
  leave(): void;
}

/** How many turns there are. */
export interface LaneCounts {
  readonly running: number;
  readonly waiting: number;
}

/** A key of a principal. */
export interface KeyPlace {
  readonly principal: string;
  readonly key: string;
}

/** A call waits for the run of a key, on behalf of a turn. */
export interface KeyWait extends KeyPlace {
  /** The token of the turn. */
  readonly lineage: string;
  /** Hears why it must not wait: it would wait for itself. At once, or later where the lanes are kept in another thread. */
  readonly refused: (refusal: Failure) => void;
}

/** The handler of a key's call is about to run. */
export interface KeyStart extends KeyPlace {
  /** The token that the call came with. */
  readonly lineage: string | undefined;
}

/** The handler of a key's call runs. */
export interface KeyTicket {
  /**
   * The token for what the handler asks for: it is on behalf of the run, and so of the turn that has caused the call. Made when it is asked
   * for; when that is after the end, it is what the call came with.
   */
  readonly lineage: string | undefined;
  /** It has ended. Again it is without effect. */
  over(): void;
}

/** The lanes of all sessions of a gateway. */
export interface Lanes {
  enter(request: LaneRequest): LaneTicket;
  /** What it gives is to be called when the call waits no more. Again it is without effect. */
  waits(wait: KeyWait): () => void;
  /** Absent where no handlers run that could ask for a lane. */
  runs?(start: KeyStart): KeyTicket;
}
