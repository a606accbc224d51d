/**
 * Calls for a history: several callers at once, a few counters, some calls made again with the key that they had.
 *
 * @module
 */
import { z } from "zod";
import { newKey } from "../harness/calls.ts";
import type { Context } from "../suite/context.ts";
import { Failure } from "../suite/verdict.ts";
import { judge } from "./checker.ts";
import { amountOf, type Counted, type HistoryEvent, type Invoked } from "./history.ts";

/** How a call ended, as far as a history goes. */
export interface Told {
  readonly ok: boolean;
  readonly value?: unknown;
  readonly code?: string | undefined;
  readonly outcome?: string | undefined;
}

/** A call of a counter: what it adds, and how long its handler holds the answer back. */
export interface CountCall {
  readonly call: string;
  readonly key: string;
  readonly counter: string;
  readonly place: number;
  readonly by: number;
  readonly holdMs: number;
}

/** How much of it, and who makes the calls. */
export interface Workload {
  readonly count: (call: CountCall) => Promise<Told>;
  /** Makes a call that sends items. Default: none are made. */
  readonly stream?: (items: number, onitem: (number: number) => void) => Promise<Told>;
  /** Callers at once. */
  readonly callers: number;
  /** Calls of counters in all, repetitions aside; at most 52. */
  readonly calls: number;
  /** What the value of a call that went well says the counter came to. */
  readonly valueOf: (value: unknown) => number | undefined;
  /** Hears how many calls were told of. */
  readonly ontold?: (told: number) => void;
}

const COUNTERS: readonly [string, string] = ["a", "b"];
const ITEMS = 40;
const HOLD_MS = 40;

const CountedResult = z.object({ value: z.number(), runs: z.number() });
const Item = z.object({ n: z.number() });

/** What `test.counted` says of a counter. Throws a {@link Failure} where it does not say it. */
export function countedOf(counter: string, told: Told): Counted {
  const { data } = CountedResult.safeParse(told.ok ? told.value : undefined);
  if (data === undefined) throw new Failure(`test.counted ended with ${wordsOf(told)}, and not with a value and runs.`);
  return { type: "counted", counter, ...data };
}

/** The number of an item of a tool. Throws a {@link Failure} where it has none. */
export function numberOf(tool: string, item: unknown): number {
  const { data } = Item.safeParse(item);
  if (data === undefined) throw new Failure(`An item of ${tool} is ${JSON.stringify(item)}, and has no number.`);
  return data.n;
}

function wordsOf({ ok, value, code, outcome }: Told): string {
  return ok ? `the result ${JSON.stringify(value)}` : `the error ${code}, outcome ${outcome}`;
}

/** Makes the calls, and writes down what happens. */
export class Recording {
  readonly events: HistoryEvent[] = [];
  readonly #t: Context;
  /** Names of counters that no other run has. */
  readonly #prefix: string;
  readonly #used = new Map<string, number>();
  readonly #made: CountCall[] = [];
  #told = 0;
  #calls = 0;

  constructor(t: Context) {
    this.#t = t;
    this.#prefix = `history-${t.random.integer(0, 1e9)}-${newKey().slice(0, 8)}`;
  }

  /** Something was done to connections or processes. */
  add(event: HistoryEvent): void {
    this.#t.note(event.type === "disturbed" ? `* ${event.what}` : `* ${JSON.stringify(event)}`);
    this.events.push(event);
  }

  /** The counters that were used. */
  get counters(): readonly string[] {
    return COUNTERS.map((name) => `${this.#prefix}-${name}`);
  }

  /** Makes the calls of a workload. */
  async run(workload: Workload): Promise<void> {
    let left = workload.calls;
    const caller = async (): Promise<void> => {
      while (left > 0) {
        left--;
        await this.#one(workload);
      }
    };
    const callers = Array.from({ length: workload.callers }, caller);
    if (workload.stream !== undefined) callers.push(this.#stream(workload.stream));
    await Promise.all(callers);
  }

  /** Makes the first calls again, each with the key that it had. */
  async repeat(workload: Workload, calls: number): Promise<void> {
    for (const made of this.#made.slice(0, calls)) {
      await this.#make(workload, { ...made, call: `${made.call}-later` });
    }
  }

  async #one(workload: Workload): Promise<void> {
    const { random } = this.#t;
    const counter = this.counters[this.#calls % COUNTERS.length] ?? "";
    const place = this.#used.get(counter) ?? 0;
    this.#used.set(counter, place + 1);
    const call = {
      call: `call-${++this.#calls}`,
      key: newKey(),
      counter,
      place,
      by: amountOf(place),
      holdMs: random.integer(0, HOLD_MS),
    };
    this.#made.push(call);
    const again = random.integer(0, 3) === 0;
    const told = await this.#make(workload, call);
    if (again || told.outcome === "unknown") await this.#make(workload, { ...call, call: `${call.call}-again` });
  }

  async #make(workload: Workload, count: CountCall): Promise<Told> {
    const { call, key, counter, place } = count;
    this.add({ type: "invoked", call, key, counter, place } satisfies Invoked);
    const told = await workload.count(count);
    this.#ended(call, told, told.ok ? workload.valueOf(told.value) : undefined);
    workload.ontold?.(++this.#told);
    return told;
  }

  #ended(call: string, told: Told, value: number | undefined): void {
    if (told.ok && value === undefined)
      throw new Failure(`${call} ended with ${JSON.stringify(told.value)}, which is no result of a counter.`);
    if (told.ok) this.add({ type: "ok", call, value: value ?? 0 });
    else this.add({ type: "failed", call, code: told.code ?? "unknown", outcome: told.outcome ?? "unknown" });
  }

  async #stream(stream: NonNullable<Workload["stream"]>): Promise<void> {
    const call = "stream-1";
    this.add({ type: "streamed", call, items: ITEMS });
    const told = await stream(ITEMS, (number) => this.add({ type: "item", call, number }));
    this.#ended(call, told, 0);
  }

  /**
   * @param failures Calls that may have failed: where no process died, none.
   * @throws Failure with the first of what must not be.
   */
  judge({ failures = 0, requirement }: { readonly failures?: number; readonly requirement?: string } = {}): void {
    const findings = judge(this.events);
    for (const { kind, what } of findings) this.#t.note(`! ${kind}: ${what}`);
    const [first] = findings;
    if (first === undefined) {
      const failed = this.events.filter(({ type }) => type === "failed");
      if (failed.length <= failures) return;
      throw new Failure(`${failed.length} calls failed: ${JSON.stringify(failed[0])}`, requirement);
    }
    const more = findings.length === 1 ? "" : ` (and ${findings.length - 1} more)`;
    throw new Failure(`${first.kind}: ${first.what}${more}`, requirement);
  }
}
