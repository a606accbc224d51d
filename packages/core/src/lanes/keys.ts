/**
 * The runs of keys that calls wait for: a token for what each handler asks for, and for each key who waits. `docs/spec.md` section 8.
 *
 * @module
 */
import type { KeyAnswer, KeyRun, LaneGraph, LaneTurn } from "./graph.ts";
import type { KeyPlace, KeyStart, KeyTicket } from "./lanes.ts";

/** A key whose handler runs, or that calls wait for. */
interface Known {
  readonly run: KeyRun;
  isRunning: boolean;
  /** How many wait, beside the run itself. */
  waiting: number;
}

/** A run whose handler has a token. */
interface Begun {
  readonly lineage: string;
  /** It has ended. */
  readonly over: () => void;
}

/** See {@link KeyTicket}. Most handlers ask for nothing, and cost nothing. */
export class LateTicket implements KeyTicket {
  readonly #start: KeyStart;
  readonly #begin: (start: KeyStart) => Begun;
  #begun: Begun | undefined;
  #isOver = false;

  constructor(start: KeyStart, begin: (start: KeyStart) => Begun) {
    this.#start = start;
    this.#begin = begin;
  }

  get lineage(): string | undefined {
    if (!this.#isOver) this.#begun ??= this.#begin(this.#start);
    return this.#begun === undefined ? this.#start.lineage : this.#begun.lineage;
  }

  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#begun?.over();
  }
}

/** See the module's comment. One for each {@link LaneGraph}. */
export class KeyRuns {
  readonly #graph: LaneGraph;
  readonly #token: () => string;
  readonly #known = new Map<string, Known>();
  readonly #byLineage = new Map<string, KeyRun>();

  /** `token` gives one that nobody can guess. */
  constructor(graph: LaneGraph, token: () => string) {
    this.#graph = graph;
    this.#token = token;
  }

  /** The run whose handler has this token. */
  find(lineage: string): KeyRun | undefined {
    return this.#byLineage.get(lineage);
  }

  /** The handler of a run asks for its token: the run is on behalf of this turn or run. */
  begin(place: KeyPlace, parent: LaneTurn | KeyRun | undefined): Begun {
    const known = this.#at(place);
    // Of a thread that is gone a handler may still run. Nobody waits for both.
    const own = known.isRunning ? this.#graph.key() : known.run;
    const isKnown = own === known.run;
    if (isKnown) known.isRunning = true;
    this.#graph.begin(own, parent);
    const lineage = this.#token();
    this.#byLineage.set(lineage, own);
    const over = (): void => {
      this.#byLineage.delete(lineage);
      this.#graph.end(own);
      if (isKnown) known.isRunning = false;
      this.#leave(place, known);
    };
    return { lineage, over };
  }

  /** A call on behalf of this turn or run waits for a key. */
  wait(place: KeyPlace, turn: LaneTurn | KeyRun): KeyAnswer {
    const known = this.#at(place);
    const answer = this.#graph.join(turn, known.run);
    if (answer.kind === "cycle") return answer;
    known.waiting += 1;
    let waits = true;
    const leave = (): void => {
      if (!waits) return;
      waits = false;
      answer.leave();
      known.waiting -= 1;
      this.#leave(place, known);
    };
    return { kind: "waits", leave };
  }

  #at(place: KeyPlace): Known {
    const address = addressOf(place);
    const known = this.#known.get(address) ?? { run: this.#graph.key(), isRunning: false, waiting: 0 };
    this.#known.set(address, known);
    return known;
  }

  #leave(place: KeyPlace, { isRunning, waiting }: Known): void {
    if (!isRunning && waiting === 0) this.#known.delete(addressOf(place));
  }
}

/** Keys belong to principals (KEY-001). */
function addressOf({ principal, key }: KeyPlace): string {
  return `${principal.length}:${principal}${key}`;
}
