/**
 * A model that was told that nobody knows what became of its call tries again: the same call of the same turn takes over the
 * key of the first one, and so joins it or gets its result (KEY-010).
 *
 * @module
 */
import { cloneValue } from "../content/body.ts";
import { EMPTY_MAP, EMPTY_SET } from "../empty.ts";
import { TurnmuxError } from "../errors/turnmux-error.ts";
import { canonicalJson } from "../journal/canonical-json.ts";
import type { CallRequest } from "./outgoing.ts";

/**
 * How many calls that were reported with outcome `unknown` one session remembers. Beyond it the oldest are forgotten: calls
 * that repeat those have keys of their own.
 */
export const REPORTED_UNKNOWNS = 1_000;

/** Characters of their arguments at which fewer are remembered. */
export const REPORTED_CHARACTERS: number = 16 * 2 ** 20;

interface Reported {
  /** Turn, tool and arguments. */
  readonly what: string;
  readonly key: string;
}

/** One for each session, for all its turns and over all its connections. */
export class Retries {
  /** The oldest first, as they are taken over. */
  #reported: Map<string, Set<Reported>> = EMPTY_MAP;
  #all: Set<Reported> = EMPTY_SET;
  #characters = 0;

  /**
   * Makes a call with the key that counts: its own, or that of a call which it repeats. For calls that have a
   * {@link subjectOf subject}.
   */
  async make(what: string, request: CallRequest, start: (request: CallRequest) => Promise<unknown>): Promise<unknown> {
    const taken = this.#take(what, request.key);
    const key = taken?.key ?? request.key;
    try {
      return await start({ ...request, key });
    } catch (error) {
      const told = taken === undefined ? error : ofBoth(error);
      // Remembered before the caller hears of it. One that was not even a call leaves things as they were.
      const isOpen = TurnmuxError.is(told) ? told.outcome === "unknown" : taken !== undefined;
      if (isOpen && key !== undefined) this.#report(what, key);
      throw told;
    }
  }

  /** The call that is to be repeated: that of the same key, or the one that was reported first. */
  #take(what: string, key: string | undefined): Reported | undefined {
    const reported = this.#reported.get(what);
    if (reported === undefined) return undefined;
    const same = [...reported].find((one) => one.key === key);
    const [first] = reported;
    const taken = same ?? first;
    if (taken !== undefined) this.#forget(taken);
    return taken;
  }

  #report(what: string, key: string): void {
    const reported = this.#reported.get(what) ?? new Set();
    // One key is one call, however many asked for it.
    if ([...reported].some((one) => one.key === key)) return;
    const one = { what, key };
    if (this.#reported === EMPTY_MAP) {
      this.#reported = new Map();
      this.#all = new Set();
    }
    this.#reported.set(what, reported.add(one));
    this.#all.add(one);
    this.#characters += what.length;
    for (const oldest of this.#all) {
      if (this.#all.size <= REPORTED_UNKNOWNS && this.#characters <= REPORTED_CHARACTERS) return;
      if (oldest !== one) this.#forget(oldest);
    }
  }

  #forget(one: Reported): void {
    this.#all.delete(one);
    this.#characters -= one.what.length;
    const reported = this.#reported.get(one.what);
    if (reported?.delete(one) === true && reported.size === 0) this.#reported.delete(one.what);
  }
}

/** What makes two calls of a model the same. Undefined for calls that have nothing to take over, and none to leave. */
export function subjectOf({ turn, tool, effect, input }: CallRequest): string | undefined {
  // What the peer has not told of yet may be such a tool.
  if (turn === undefined || (effect ?? "once") !== "once" || typeof tool !== "string") return undefined;
  try {
    // The arguments as they stand now: the caller may go on with its own.
    const value = cloneValue(input);
    return canonicalJson(value === undefined ? [turn, tool] : [turn, tool, value]);
  } catch {
    // No value: the call ends with what is wrong with it, and was never sent.
    return undefined;
  }
}

/**
 * What a call that repeats another one may say of both. That it was not started says nothing of the first one, whose
 * outcome is as unknown as before.
 */
function ofBoth(error: unknown): unknown {
  if (!TurnmuxError.is(error) || error.outcome !== "not_started") return error;
  const { code, sentence, retryable, retryAfterMs, details, tool, effect, verify, callId, key, requirement } = error;
  const more = { retryable, retryAfterMs, details, tool, effect, verify, callId, key, requirement };
  return new TurnmuxError(code, sentence, { ...more, outcome: "unknown", cause: error });
}
