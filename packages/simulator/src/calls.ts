/**
 * What callers asked for, and what they were told: each is held against what really happened.
 *
 * @module
 */
import { TurnmuxError, UsageError, type CallOptions, type CallOutcome, type Limits } from "@turnmux/core";
import { ATTEMPT } from "./handlers.ts";
import type { Ledger, Run } from "./ledger.ts";
import type { Process } from "./process.ts";
import { isOnce, padding, sendsItems, type Answer, type Script, type ToolName } from "./tools.ts";
import type { World } from "./world.ts";

/** Something on which calls depend: it counts the times that it may have lost or held up something. */
export interface Support {
  readonly disturbances: number;
  /** Times that it was slow. */
  readonly delays?: number;
}

/** A call that is about to be made. */
export interface AttemptRequest {
  readonly caller: Process;
  /** Whose journal counts at the other side. */
  readonly site: string;
  /** Whom the other side takes the caller for. */
  readonly principal: string;
  readonly tool: ToolName;
  readonly script: Script;
  readonly key: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly acceptTimeoutMs: number | undefined;
  /** Nobody looks at its items. */
  readonly unread: boolean;
  /** All on which the call depends, where all is well: while it stays so, the call must end as its script says. */
  readonly supports: readonly Support[] | undefined;
}

/** What a caller was told. */
export type Told =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly outcome: string; readonly message: string };

/** One call, from its caller's side. */
export interface Attempt extends AttemptRequest {
  readonly number: number;
  readonly startedAt: number;
  /** Disturbances of its supports before. */
  readonly before: number;
  readonly delaysBefore: number;
  /** When it was cancelled, or its loop over the items was left. */
  cancelledAt: number | undefined;
  /** Its loop over the items was left. */
  left: boolean;
  /** When its result was there: the loop over its items may take longer. */
  endedAt: number | undefined;
  /** When ACCEPT came, which may be later than the caller waits for it. */
  acceptedAt: number | undefined;
  items: number;
  told: Told | undefined;
}

const OUTCOMES: readonly string[] = ["not_started", "failed", "completed", "unknown"];

/** The deadline of a call whose caller and tool give none: the session's default. */
const DEFAULT_TIMEOUT_MS = 60_000;

/** Milliseconds that a timer may be late by rounding. */
const ROUNDING_MS = 2;

type CallLimits = Pick<Limits, "deadlineVerdictMs" | "cancelVerdictMs" | "unsent" | "streams">;

/** Octets that never wait to be written in this world. */
const MUCH = 1 << 20;

/** Milliseconds in which a result arrives where nothing is lost or held up, but for what others have to say. */
const PROMPT_MS = 40_000;

/** See the module's comment. */
export class Calls {
  readonly attempts: Attempt[] = [];
  /** How often each was told. */
  readonly tally: Record<string, number> = {};
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #limits: CallLimits;

  constructor(world: World, ledger: Ledger, limits: CallLimits) {
    this.#world = world;
    this.#ledger = ledger;
    this.#limits = limits;
  }

  /** Attempts of live processes that have no end. */
  get open(): Attempt[] {
    return this.attempts.filter(({ told, caller }) => told === undefined && caller.alive);
  }

  /** A call is made: what to pass along, and the attempt to settle. */
  begin(request: AttemptRequest): { readonly attempt: Attempt; readonly options: CallOptions } {
    const attempt: Attempt = {
      ...request,
      number: this.attempts.length,
      startedAt: this.#world.now,
      before: disturbances(request.supports),
      delaysBefore: delays(request.supports),
      cancelledAt: undefined,
      left: false,
      endedAt: undefined,
      acceptedAt: undefined,
      items: 0,
      told: undefined,
    };
    this.attempts.push(attempt);
    if (this.#world.trace !== undefined) this.#noteBegin(attempt);
    const { key, timeoutMs, acceptTimeoutMs } = request;
    const options: CallOptions = {
      key,
      timeoutMs,
      acceptTimeoutMs,
      meta: { [ATTEMPT]: String(attempt.number) },
      onAccept: () => {
        attempt.acceptedAt ??= this.#world.now;
      },
    };
    return { attempt, options };
  }

  /** An item arrived. */
  item(attempt: Attempt, value: unknown): void {
    const { id, index, pad } = value as { id: string; index: number; pad: string };
    const { script } = attempt;
    if (id !== script.id || pad !== padding(script.itemSize)) {
      this.#violate("items", attempt, "an item of another call, or a broken one, arrived");
    } else if (index !== attempt.items) {
      this.#violate("items", attempt, `item ${index} arrived where ${attempt.items} was due`);
    }
    attempt.items += 1;
  }

  /** How many items of a call its application has taken, as the `meta` of its OPEN names it, or `all` where it may want no more. */
  taken(meta: unknown): number | "all" {
    const number: unknown = typeof meta === "object" && meta !== null ? Object.entries(meta)[0]?.[1] : undefined;
    const attempt = this.attempts[Number(number)];
    if (attempt === undefined) return "all";
    const { told, cancelledAt, startedAt, timeoutMs, acceptTimeoutMs, acceptedAt, items } = attempt;
    if (told !== undefined || cancelledAt !== undefined) return "all";
    const { now } = this.#world;
    if (timeoutMs !== undefined && startedAt + timeoutMs <= now) return "all";
    // ACCEPT that comes later does not take back that the caller has given up.
    const waits = acceptTimeoutMs !== undefined && startedAt + acceptTimeoutMs <= (acceptedAt ?? now);
    return waits ? "all" : items;
  }

  /** The call is over, as its caller learns now. */
  settle(attempt: Attempt, told: Told): void {
    if (!attempt.caller.alive) return;
    if (attempt.told !== undefined) {
      this.#violate("one ending", attempt, "it ends twice");
      return;
    }
    attempt.told = told;
    const name = told.ok ? "ok" : told.outcome;
    this.tally[name] = (this.tally[name] ?? 0) + 1;
    if (this.#world.trace !== undefined) {
      const what = told.ok ? "ok" : `${told.code}, ${told.outcome}: ${told.message}`;
      this.#world.note(attempt.caller.name, `attempt ${attempt.number} ends: ${what}`);
    }
    this.#checkTime(attempt, told);
    if (told.ok) this.#checkResult(attempt, told.value);
    else this.#checkFailure(attempt, told);
    this.#checkCalm(attempt, told);
  }

  /** What a caller was told when it asked what became of a key that had so many effects when it asked. */
  told(attempt: Attempt, { state, outcome, result }: CallOutcome, before: number): void {
    const { site, principal, key, script, caller } = attempt;
    if (!caller.alive || key === undefined) return;
    if (this.#world.trace !== undefined) {
      this.#world.note(caller.name, `outcome of key ${key}: ${state}${outcome === undefined ? "" : `, ${outcome}`}`);
    }
    const { effects } = this.#ledger.history(site, principal, key);
    const none = state === "none" || outcome === "not_started" || outcome === "failed";
    if (none && before > 0)
      this.#violate("outcome", attempt, `its key is said to be without effect, and had ${before}`);
    if (outcome === "completed" && effects === 0) {
      this.#violate("outcome", attempt, "its key is said to have had its effect, and had none");
    }
    if (state === "abandoned" && !this.#ledger.hasBegunAnew(site)) {
      this.#violate("outcome", attempt, `its key is said to be of a call before a crash, and ${site} never crashed`);
    }
    if (result === undefined) return;
    const run = this.#ledger.runs[(result as Answer).run];
    const others = this.attempts.some((one) => one.key === key && one.script.id !== script.id);
    if (run?.key !== key || run.principal !== principal || (run.script.id !== script.id && !others)) {
      this.#violate("outcome", attempt, "it was told of the result of another call");
    }
  }

  /** Effects of an attempt's key. */
  effectsOf({ site, principal, key }: Attempt): number {
    return key === undefined ? 0 : this.#ledger.history(site, principal, key).effects;
  }

  /** What is wrong with endings now that nothing can happen any more. */
  checkAll(): void {
    for (const attempt of this.attempts) {
      if (attempt.told === undefined && attempt.caller.alive) {
        this.#violate("every call ends", attempt, "it never ended");
      }
    }
    for (const run of this.#ledger.runs) this.checkRun(run);
  }

  /** What is wrong with a run: who caused it, and what they were told. */
  checkRun(run: Run): void {
    const attempt = this.attempts[run.attempt];
    if (attempt === undefined || attempt.site !== run.site || attempt.tool !== run.tool) {
      this.#world.violate("no run without a call", `run ${run.number} of ${run.tool} belongs to no call`);
      return;
    }
    if (attempt.principal !== run.principal || attempt.script.id !== run.script.id) {
      this.#violate("principals", attempt, `its handler, run ${run.number}, was told of another caller or arguments`);
    }
    if (isOnce(run.tool) && attempt.key !== undefined && attempt.key !== run.key) {
      this.#violate("keys", attempt, `its handler, run ${run.number}, was told of another key`);
    }
    const { told } = attempt;
    if (told !== undefined && !told.ok && told.outcome === "not_started" && isOnce(run.tool)) {
      this.#violate("the truth", attempt, `its caller was told that it did not start, and run ${run.number} is its`);
    }
  }

  #checkTime(attempt: Attempt, told: Told): void {
    const { timeoutMs, startedAt, cancelledAt, caller, tool } = attempt;
    const { deadlineVerdictMs, cancelVerdictMs } = this.#limits;
    const deadlineMs = timeoutMs ?? (sendsItems(tool) ? Number.POSITIVE_INFINITY : DEFAULT_TIMEOUT_MS);
    // A caller whose event loop is blocked gives up late, and waits for the other side's word from then on.
    const deadline = Math.max(startedAt + deadlineMs, caller.blockedUntil) + deadlineVerdictMs;
    const cancel = Math.max(cancelledAt ?? Number.POSITIVE_INFINITY, caller.blockedUntil) + cancelVerdictMs;
    const limit = Math.min(deadline, cancel) + ROUNDING_MS;
    const endedAt = attempt.endedAt ?? this.#world.now;
    if (endedAt > limit) {
      const late = Math.round(endedAt - limit);
      this.#violate("deadlines", attempt, `it ends ${late} ms after its limit, with ${told.ok ? "ok" : told.code}`);
    }
  }

  #checkResult(attempt: Attempt, value: unknown): void {
    const { script, tool, principal, key, site } = attempt;
    const { id, run: number, pad } = (value ?? {}) as Partial<Answer>;
    const run = number === undefined ? undefined : this.#ledger.runs[number];
    if (run === undefined || id !== script.id || pad !== padding(script.size)) {
      this.#violate("results", attempt, "it got a result that is not its own");
      return;
    }
    if (run.principal !== principal || run.site !== site || run.tool !== tool) {
      this.#violate("principals", attempt, `it got the result of run ${number}, which is for ${run.principal}`);
    }
    // CALL-005: one that was cancelled does not end well where items are missing.
    if (!attempt.left && !attempt.unread && attempt.items !== script.items) {
      this.#violate("items", attempt, `it ends well with ${attempt.items} of ${script.items} items`);
    }
    if (key === undefined || !isOnce(tool)) return;
    if (run.key !== key) this.#violate("keys", attempt, `it got the result of run ${number}, which has another key`);
    if (!run.effect) this.#violate("the truth", attempt, `it ends well, and run ${number} had no effect`);
  }

  #checkFailure(attempt: Attempt, told: Extract<Told, { ok: false }>): void {
    const { tool, key, principal, site } = attempt;
    if (!OUTCOMES.includes(told.outcome)) {
      this.#violate("every failure has an outcome", attempt, `it got ${told.code}: ${told.message}`);
    }
    // CALL-005
    if (sendsItems(tool) && told.outcome === "completed" && !this.#hasCompleted(attempt)) {
      this.#violate("the truth", attempt, "its caller was told that it completed, and no handler of it did");
    }
    if (key === undefined || !isOnce(tool)) return;
    const { runs, effects } = this.#ledger.history(site, principal, key);
    if (told.outcome === "completed" && effects === 0) {
      this.#violate("the truth", attempt, "its caller was told that it took effect, and it did not");
    }
    // One that repeats another run says nothing of that one by failing.
    const first = runs.findIndex(({ effect }) => effect);
    const failed = runs.findIndex(({ end }) => end === "failed");
    if (told.outcome === "failed" && (failed === -1 || (first !== -1 && first < failed))) {
      this.#violate("the truth", attempt, "its caller was told that it took no effect, and nobody had said so");
    }
    if (told.code === "aborted" && told.outcome === "unknown" && !this.#ledger.hasBegunAnew(site)) {
      this.#violate(
        "the truth",
        attempt,
        `its key is said to be of a call that nobody here knows of, and ${site} never began anew`,
      );
    }
    if (told.outcome === "not_started") {
      const run = runs.find((one) => one.attempt === attempt.number);
      if (run !== undefined) this.checkRun(run);
    }
    if (told.code === "already_exists") {
      const other = this.attempts.some(
        (one) =>
          one.key === key &&
          one.principal === principal &&
          one.site === site &&
          (one.script.id !== attempt.script.id || one.tool !== tool),
      );
      if (!other) this.#violate("the truth", attempt, "its key is said to belong to other arguments, and it does not");
    }
  }

  #hasCompleted({ number }: Attempt): boolean {
    return this.#ledger.runs.some((run) => run.attempt === number && run.end === "ok");
  }

  /** Where nothing was lost or held up, everybody gets what the script says. */
  #checkCalm(attempt: Attempt, told: Told): void {
    const { script, supports, before, cancelledAt, timeoutMs, acceptTimeoutMs, key } = attempt;
    if (supports === undefined || disturbances(supports) !== before) return;
    if (cancelledAt !== undefined || script.calls) return;
    const delayed = delays(supports) !== attempt.delaysBefore;
    const limited = delayed || timeoutMs !== undefined || acceptTimeoutMs !== undefined;
    if (limited && !told.ok && told.code === "deadline_exceeded") return;
    // FLOW-010
    if (this.#limits.unsent < MUCH && !told.ok && told.code === "resource_exhausted") return;
    if (!told.ok && told.outcome === "not_started" && this.#isCrowdedOut(attempt)) return;
    if (told.ok && !delayed) this.#checkPrompt(attempt, told.value);
    const first = this.attempts.every((one) => one === attempt || one.key !== key || one.site !== attempt.site);
    if (key !== undefined && !first) return;
    const expected = script.end === "ok" ? told.ok : !told.ok;
    if (!expected) {
      const what = told.ok ? "ok" : `${told.code}, ${told.outcome}: ${told.message}`;
      this.#violate("no needless failure", attempt, `nothing was lost, its script ends ${script.end}, it got ${what}`);
    }
  }

  /** Calls to the same peer leave no room for another one: who does not read its items may keep them open beyond the deadline. */
  #isCrowdedOut({ caller, site }: Attempt): boolean {
    const others = this.open.filter((one) => one.caller === caller && one.site === site);
    return others.length >= this.#limits.streams;
  }

  /** A result waits for no items that somebody else does not read. */
  #checkPrompt(attempt: Attempt, value: unknown): void {
    const endedAt = this.#ledger.runs[(value as Answer).run]?.endedAt;
    if (endedAt === undefined || sendsItems(attempt.tool) || isOnce(attempt.tool)) return;
    const waited = this.#world.now - endedAt;
    if (waited > PROMPT_MS) this.#violate("results wait for nobody", attempt, `its result was ${waited} ms on its way`);
  }

  #violate(invariant: string, attempt: Attempt, what: string): void {
    const { number, tool, principal, key, caller } = attempt;
    const keyed = key === undefined ? "" : `, key ${key}`;
    this.#world.violate(invariant, `attempt ${number} of ${caller.name} (${tool} for ${principal}${keyed}): ${what}`);
  }

  #noteBegin({ number, caller, tool, key, script, timeoutMs }: Attempt): void {
    const keyed = key === undefined ? "" : `, key ${key}`;
    const limit = timeoutMs === undefined ? "" : `, ${timeoutMs} ms`;
    this.#world.note(caller.name, `attempt ${number}: ${tool} ${script.id}${keyed}${limit}`);
  }
}

/** What a rejected promise of a call tells. */
export function toldOf(error: unknown): Told {
  if (TurnmuxError.is(error)) {
    return { ok: false, code: error.code, outcome: error.outcome, message: error.sentence };
  }
  const how = error instanceof UsageError ? "usage" : "not turnmux's";
  return { ok: false, code: how, outcome: "none", message: error instanceof Error ? error.message : String(error) };
}

function disturbances(supports: readonly Support[] | undefined): number {
  return (supports ?? []).reduce((sum, support) => sum + support.disturbances, 0);
}

function delays(supports: readonly Support[] | undefined): number {
  return (supports ?? []).reduce((sum, support) => sum + (support.delays ?? 0), 0);
}
