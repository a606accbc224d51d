/**
 * Judges a history: whether each call took effect as often as its caller was told, and in an order that can be.
 *
 * @module
 */
import {
  MOST_PLACES,
  runsAt,
  type Counted,
  type History,
  type Invoked,
  type ToldFailure,
  type ToldOk,
} from "./history.ts";
import { judgeItems } from "./items.ts";

/**
 * - `lost`: the caller was told of an effect, or of all items, that is not there
 * - `duplicated`: it is there more than once
 * - `reordered`: effects or items came in an order that the callers rule out
 * - `unknown though known`: the caller was told that nobody knows, though nothing had happened that keeps anybody from knowing
 * - `untrue not_started`: the caller was told that there is no effect, and there is one
 * - `untold`: the caller was never told how its call ended
 */
export type FindingKind =
  | "lost"
  | "duplicated"
  | "reordered"
  | "unknown though known"
  | "untrue not_started"
  | "untold";

/** One thing that must not be. */
export interface Finding {
  readonly kind: FindingKind;
  /** A sentence for a person. */
  readonly what: string;
}

/** One call of a counter, with what became of it. Places are indexes into the history. */
interface Attempt {
  readonly invoked: Invoked;
  readonly from: number;
  readonly told: ToldOk | ToldFailure | undefined;
  readonly until: number;
}

/** Everything that a history shows which must not be. Nothing where calls ran exactly once, as far as they were said to. */
export function judge(history: History): readonly Finding[] {
  const byKey = attemptsByKey(history);
  const findings: Finding[] = [];
  for (const attempts of byKey.values()) findings.push(...judgeKey(attempts, history));
  for (const counted of history.filter((event) => event.type === "counted")) {
    const attempts = [...byKey.values()].filter(([first]) => first?.invoked.counter === counted.counter);
    findings.push(...judgeCounter(counted, attempts));
  }
  return [...findings, ...judgeItems(history)];
}

function attemptsByKey(history: History): ReadonlyMap<string, readonly Attempt[]> {
  const byKey = new Map<string, Attempt[]>();
  for (const [from, invoked] of history.entries()) {
    if (invoked.type !== "invoked") continue;
    const isEnding = (event: (typeof history)[number]): event is ToldOk | ToldFailure =>
      (event.type === "ok" || event.type === "failed") && event.call === invoked.call;
    const at = history.findIndex(isEnding);
    const told = history.find(isEnding);
    const attempt = { invoked, from, told, until: at < 0 ? history.length : at };
    byKey.set(invoked.key, [...(byKey.get(invoked.key) ?? []), attempt]);
  }
  return byKey;
}

/** What the callers of one key were told, held against each other and against what happened to the processes. */
function* judgeKey(attempts: readonly Attempt[], history: History): Generator<Finding> {
  let known: Attempt | undefined;
  for (const attempt of attempts) {
    const { invoked, told, from, until } = attempt;
    const call = `call ${invoked.call} of ${invoked.counter}`;
    if (told === undefined) {
      yield { kind: "untold", what: `${call} was never told how it ended.` };
      continue;
    }
    if (told.type === "ok") {
      if (known?.told?.type === "ok" && known.until < from && known.told.value !== told.value) {
        yield {
          kind: "duplicated",
          what: `${call} got ${told.value}, and the call before it with the same key ${known.told.value}.`,
        };
      }
      known ??= attempt;
      continue;
    }
    if (told.outcome !== "unknown") continue;
    if (known !== undefined && known.until < from && !forgotten(history, known.until, until)) {
      yield { kind: "unknown though known", what: `${call} is unknown, and an earlier one with its key was known.` };
    } else if (!diedWithin(history, attempts[0]?.from ?? from, until)) {
      yield { kind: "unknown though known", what: `${call} is unknown (${told.code}), and no process has died.` };
    }
  }
}

/** Whether a death may have come between what a caller was told and the disk. */
function forgotten(history: History, told: number, until: number): boolean {
  const death = history.findIndex((event, place) => event.type === "died" && place > told && place < until);
  if (death < 0) return false;
  return !history.slice(0, death).some((event) => event.type === "recorded" && event.before > told);
}

function diedWithin(history: History, from: number, until: number): boolean {
  return history.slice(from, until).some((event) => event.type === "died");
}

/** What the callers of one counter were told, held against what the counter says. */
function* judgeCounter(counted: Counted, calls: readonly (readonly Attempt[])[]): Generator<Finding> {
  let runs = 0;
  for (const attempts of calls) {
    const first = attempts[0]?.invoked;
    if (first === undefined) continue;
    const ran = runsAt(counted.value, first.place);
    runs += ran;
    if (ran > 1) {
      yield { kind: "duplicated", what: `call ${first.call} of ${counted.counter} took effect ${ran} times.` };
    }
    for (const { invoked, told } of attempts) yield* judgeEffect(invoked, told, ran);
  }
  if (runs < counted.runs) {
    yield {
      kind: "duplicated",
      what: `${counted.counter} was counted ${counted.runs} times, by ${runs} calls that are known.`,
    };
  }
  if (runs > counted.runs) {
    yield { kind: "lost", what: `${counted.counter} was counted ${counted.runs} times, and its value says ${runs}.` };
  }
  yield* judgeOrder(counted, calls.flat());
}

function* judgeEffect(invoked: Invoked, told: ToldOk | ToldFailure | undefined, ran: number): Generator<Finding> {
  const call = `call ${invoked.call} of ${invoked.counter}`;
  if (told?.type === "ok") {
    if (ran === 0 || runsAt(told.value, invoked.place) === 0) {
      yield { kind: "lost", what: `${call} was told that it counted, and ${ran === 0 ? "has not" : "sees it not"}.` };
    }
    return;
  }
  if (told?.outcome === "completed" && ran === 0) {
    yield { kind: "lost", what: `${call} was told that it counted (${told.code}), and has not.` };
  }
  if ((told?.outcome === "not_started" || told?.outcome === "failed") && ran > 0) {
    yield { kind: "untrue not_started", what: `${call} is ${told.outcome} (${told.code}), and has counted.` };
  }
}

/** The values that callers got must be states that the counter had one after the other, in an order that they themselves saw. */
function* judgeOrder(counted: Counted, attempts: readonly Attempt[]): Generator<Finding> {
  const seen = attempts.flatMap(({ invoked, from, told, until }) =>
    told?.type === "ok" ? [{ call: invoked.call, key: invoked.key, from, until, value: told.value }] : [],
  );
  for (const one of seen) {
    if (!isWithin(one.value, counted.value)) {
      yield {
        kind: "lost",
        what: `call ${one.call} of ${counted.counter} saw ${one.value}, of which ${counted.value} has not all.`,
      };
    }
    for (const other of seen) {
      // A repetition gets what the first call saw.
      if (one === other || one.key === other.key) continue;
      const inOrder = isWithin(one.value, other.value);
      const before = one.until < firstOf(other.key, attempts);
      if (before && !inOrder) {
        yield {
          kind: "reordered",
          what: `call ${one.call} of ${counted.counter} was over before ${other.call} began, which does not see it.`,
        };
      } else if (one.call < other.call && !inOrder && !isWithin(other.value, one.value)) {
        yield {
          kind: "reordered",
          what: `calls ${one.call} and ${other.call} of ${counted.counter} saw values that cannot follow each other.`,
        };
      }
    }
  }
}

function firstOf(key: string, attempts: readonly Attempt[]): number {
  return Math.min(...attempts.flatMap(({ invoked, from }) => (invoked.key === key ? [from] : [])));
}

/** Whether each call has run by `later` at least as often as by `earlier`. */
function isWithin(earlier: number, later: number): boolean {
  for (let place = 0; place < MOST_PLACES; place++) if (runsAt(earlier, place) > runsAt(later, place)) return false;
  return true;
}
