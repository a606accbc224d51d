/**
 * The lanes of a gateway's sessions: mints the tokens of running turns, tells those that wait, and refuses what could never end.
 * `docs/spec.md` section 8.
 *
 * @module
 */
import type { Outcome } from "../errors/outcome.ts";
import type { Limits } from "../limits.ts";
import type { Environment } from "../session/environment.ts";
import { failed, type Failure } from "../session/settled.ts";
import { LaneGraph, type KeyRun, type LaneTurn } from "./graph.ts";
import { KeyRuns, LateTicket } from "./keys.ts";
import type { KeyStart, KeyTicket, KeyWait, LaneCounts, LaneRequest, Lanes, LaneTicket, LaneVerdict } from "./lanes.ts";

/** Octets of a token: 128 random bits (LANE-004). */
const LINEAGE_OCTETS = 16;

/** Milliseconds after which a caller may try again that met the limit of what waits for a lane. */
const LANE_RETRY_MS = 1_000;

/** What a {@link LaneBook} works with. */
export interface LaneBookOptions {
  readonly environment: Environment;
  readonly limits: Pick<Limits, "laneQueue">;
}

/** A turn that runs or waits. */
interface Entry {
  readonly request: LaneRequest;
  readonly turn: LaneTurn;
  /** When it asked, and then when it entered. */
  since: number;
  lineage: string | undefined;
  readonly settle: (verdict: LaneVerdict) => void;
}

/** See the module's comment. One for each gateway. */
export class LaneBook implements Lanes {
  readonly #environment: Environment;
  readonly #graph: LaneGraph;
  readonly #entries = new Map<LaneTurn, Entry>();
  readonly #byLineage = new Map<string, LaneTurn>();
  readonly #keys: KeyRuns;

  constructor({ environment, limits }: LaneBookOptions) {
    this.#environment = environment;
    this.#graph = new LaneGraph(limits.laneQueue);
    this.#keys = new KeyRuns(this.#graph, () => this.#token());
  }

  /** How many turns there are now. */
  get counts(): LaneCounts {
    const running = this.#byLineage.size;
    return { running, waiting: this.#entries.size - running };
  }

  enter(request: LaneRequest): LaneTicket {
    const { lane, principal, turn, lineage, asker = principal } = request;
    const parent = this.#behind(lineage);
    const answer = this.#graph.ask({ lane, principal, turn, parent });
    if (answer.kind === "full" || answer.kind === "cycle") {
      const refusal = answer.kind === "full" ? LANE_FULL : cycle("this wait", answer.turns, asker, "not_started");
      this.#tell("refused", request, { code: refusal.code, message: refusal.message });
      return { entered: Promise.resolve({ kind: "refused", refusal }), leave: () => {} };
    }
    const { promise: entered, resolve: settle } = Promise.withResolvers<LaneVerdict>();
    const since = this.#environment.now();
    const entry: Entry = { request, turn: answer.turn, since, lineage: undefined, settle };
    this.#entries.set(answer.turn, entry);
    if (answer.kind === "running") this.#run(entry);
    else this.#wait(entry, true);
    return { entered, leave: () => this.#leave(entry) };
  }

  waits({ principal, key, lineage, refused }: KeyWait): () => void {
    const turn = this.#behind(lineage);
    if (turn === undefined) return () => {};
    const answer = this.#keys.wait({ principal, key }, turn);
    if (answer.kind === "waits") return answer.leave;
    // What it would have waited for goes on.
    refused(cycle("this wait for the call with the same key", answer.turns, principal, "unknown"));
    return () => {};
  }

  runs(start: KeyStart): KeyTicket {
    return new LateTicket(start, ({ principal, key, lineage }) =>
      this.#keys.begin({ principal, key }, this.#behind(lineage)),
    );
  }

  /** What runs and has this token. */
  #behind(lineage: string | undefined): LaneTurn | KeyRun | undefined {
    if (lineage === undefined) return undefined;
    return this.#byLineage.get(lineage) ?? this.#keys.find(lineage);
  }

  #run(entry: Entry): void {
    const lineage = this.#token();
    const now = this.#environment.now();
    const waitedMs = now - entry.since;
    entry.lineage = lineage;
    entry.since = now;
    this.#byLineage.set(lineage, entry.turn);
    this.#tell("entered", entry.request, { waitedMs });
    entry.settle({ kind: "entered", lineage });
  }

  #wait({ request, turn }: Entry, first: boolean): void {
    const wait = { behind: turn.behind ?? "", place: turn.place };
    if (first) this.#tell("queued", request, wait);
    request.queued?.(wait);
  }

  #leave(entry: Entry): void {
    const { request, turn, lineage, since, settle } = entry;
    if (!this.#entries.delete(turn)) return;
    if (lineage === undefined) {
      this.#tell("left", request, { waitedMs: this.#environment.now() - since });
      settle({ kind: "left" });
    } else {
      this.#byLineage.delete(lineage);
      this.#tell("ended", request, { heldMs: this.#environment.now() - since });
    }
    const { running, waiting } = this.#graph.leave(turn);
    for (const next of running) this.#with(next, (one) => this.#run(one));
    for (const next of waiting) this.#with(next, (one) => this.#wait(one, false));
  }

  #with(turn: LaneTurn, run: (entry: Entry) => void): void {
    const entry = this.#entries.get(turn);
    if (entry !== undefined) run(entry);
  }

  #token(): string {
    let token = "";
    for (const octet of this.#environment.randomOctets(LINEAGE_OCTETS)) token += octet.toString(16).padStart(2, "0");
    return token;
  }

  #tell(event: string, { lane, principal, turn }: LaneRequest, more: Readonly<Record<string, unknown>>): void {
    this.#environment.publish?.("lane", { event, sessionId: lane, fields: { principal, turn, ...more } });
  }
}

/** Why a request is refused whose lane has as many that wait as may (LANE-006). */
export const LANE_FULL: Failure = failed(
  "resource_exhausted",
  "as many turns and calls wait for this session's lane as may (laneQueue): try again when one of them has ended [LANE-006]",
  "not_started",
  { retryAfterMs: LANE_RETRY_MS },
);

/** Names those turns alone that are the asker's own. */
function cycle(what: string, turns: readonly LaneTurn[], asker: string, outcome: Outcome): Failure {
  const own = [...new Set(turns.filter(({ principal }) => principal === asker).map(({ turn }) => turn))];
  const named = own.length === 0 ? "" : `, by way of ${own.map((turn) => JSON.stringify(turn)).join(", ")}`;
  const message = `${what} could never end: it is a cycle${named} [LANE-005]`;
  return failed("failed_precondition", message, outcome, { details: { cycle: own } });
}
