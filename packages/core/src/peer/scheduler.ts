/**
 * Whose turn it is to write: three weighted classes, and within a class one after the other.
 *
 * Stride scheduling. Each class has a clock that advances by what it wrote, divided by its weight, and the class whose clock
 * is behind the others' goes first. So classes that have something to write share the octets by their weights, and none of
 * them starves. A class that had nothing to write gets no credit for that: its clock is put to the present.
 *
 * @module
 */

/** A class, as OPEN's `priority` has it: 0 interactive, 1 normal, 2 bulk. */
export type PriorityClass = 0 | 1 | 2;

/** What each class gets of the octets, while all of them have something to write. */
export const CLASS_WEIGHTS: readonly [interactive: number, normal: number, bulk: number] = [16, 4, 1];

/** The class of OPEN's `priority`. One that is left out, or that this side does not know, is normal. */
export function classOf(priority: number | undefined): PriorityClass {
  return priority === 0 || priority === 2 ? priority : 1;
}

/**
 * What a thing carries for the {@link Scheduler} that it stands in, so that nothing is looked up and nothing allocated. It may
 * stand in one scheduler at a time. Nobody else touches these fields.
 */
export interface Schedulable<T> {
  /** The class in which it waits. Undefined where it does not wait. */
  waitsIn: PriorityClass | undefined;
  waitsBehind: T | undefined;
  waitsBefore: T | undefined;
}

/** See the module's comment. Each thing stands in it at most once. Every operation but the iteration takes constant time. */
export class Scheduler<T extends Schedulable<T>> {
  readonly #lanes: readonly [Lane<T>, Lane<T>, Lane<T>] = [
    new Lane<T>(stride(0)),
    new Lane<T>(stride(1)),
    new Lane<T>(stride(2)),
  ];
  /** The clock, before that, of the class that wrote last. */
  #now = 0;
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Puts a thing at the end of its class, unless it waits already. */
  add(thing: T, priority: PriorityClass): void {
    if (thing.waitsIn !== undefined) return;
    const lane = this.#lanes[priority];
    if (lane.first === undefined && lane.clock < this.#now) lane.clock = this.#now;
    thing.waitsIn = priority;
    thing.waitsBehind = lane.last;
    if (lane.last === undefined) lane.first = thing;
    else lane.last.waitsBefore = thing;
    lane.last = thing;
    this.#size += 1;
  }

  /** Takes the thing whose turn it is. What it writes is told with {@link served}. */
  take(): T | undefined {
    if (this.#size === 0) return undefined;
    let next: Lane<T> | undefined;
    for (const lane of this.#lanes) {
      if (lane.first !== undefined && (next === undefined || lane.clock < next.clock)) next = lane;
    }
    const thing = next?.first;
    if (next === undefined || thing === undefined) return undefined;
    this.remove(thing);
    return thing;
  }

  /** Takes a thing out, wherever it stands. */
  remove(thing: T): void {
    if (thing.waitsIn === undefined) return;
    const lane = this.#lanes[thing.waitsIn];
    const { waitsBehind, waitsBefore } = thing;
    if (waitsBehind === undefined) lane.first = waitsBefore;
    else waitsBehind.waitsBefore = waitsBefore;
    if (waitsBefore === undefined) lane.last = waitsBehind;
    else waitsBefore.waitsBehind = waitsBehind;
    thing.waitsIn = undefined;
    thing.waitsBehind = undefined;
    thing.waitsBefore = undefined;
    this.#size -= 1;
  }

  /**
   * A thing of this class has written so many octets. What a frame costs beside its body belongs to them: a class that writes
   * frames without a body is not for free.
   */
  served(priority: PriorityClass, octets: number): void {
    const lane = this.#lanes[priority];
    // Whoever was taken and wrote nothing does not move the present.
    this.#now = Math.max(this.#now, lane.clock);
    lane.clock += Math.max(1, octets) * lane.stride;
  }

  /** Everything, class by class, each in its order. What is added meanwhile is not visited. */
  [Symbol.iterator](): IterableIterator<T> {
    const all: T[] = [];
    for (const lane of this.#lanes) {
      for (let thing = lane.first; thing !== undefined; thing = thing.waitsBefore) all.push(thing);
    }
    return all.values();
  }
}

/** What of one class waits, first in, first out. */
class Lane<T> {
  first: T | undefined;
  last: T | undefined;
  /** Octets that were written, times {@link stride}. */
  clock = 0;
  readonly stride: number;

  constructor(octetStride: number) {
    this.stride = octetStride;
  }
}

/** How far an octet advances the clock of a class: whole numbers, so that nothing is lost by rounding. */
function stride(priority: PriorityClass): number {
  return CLASS_WEIGHTS[0] / CLASS_WEIGHTS[priority];
}
