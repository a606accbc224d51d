/**
 * One direction of a connection: octets that leave in order, take their time, and may never arrive.
 *
 * @module
 */
import { Rank, type Due } from "./agenda.ts";
import type { Process } from "./process.ts";
import type { World } from "./world.ts";

/** Something on its way. */
interface Parcel {
  readonly octets: number;
  /** When its last octet is with the other side's kernel. */
  readonly arrival: number;
  /** Its octets are in the sender's own memory still. */
  waiting: boolean;
  readonly deliver: () => void;
  departure: Due | undefined;
  arriving: Due | undefined;
}

/** How a pipe behaves. */
export interface PipeOptions {
  /** Milliseconds from one end to the other: between these two. */
  readonly latencyMs: readonly [least: number, most: number];
  /** Octets that leave in a millisecond. */
  readonly rate: number;
  /** What has arrived is read in one go, without a promise in between. */
  readonly bursts: boolean;
}

/** See the module's comment. */
export class Pipe {
  /** Octets that have not left the sender's memory. */
  buffered = 0;
  readonly #world: World;
  readonly #options: PipeOptions;
  readonly #to: Process;
  readonly #from: Process;
  readonly #drained: () => void;
  readonly #parcels: Parcel[] = [];
  #rate: number;
  #lastDeparture = 0;
  #lastArrival = 0;
  /** Nothing gets through, and nobody is told. */
  #dead = false;

  /** `drained` is called when the sender's memory holds less than before. */
  constructor(world: World, from: Process, to: Process, options: PipeOptions, drained: () => void) {
    this.#world = world;
    this.#from = from;
    this.#to = to;
    this.#options = options;
    this.#drained = drained;
    this.#rate = options.rate;
  }

  /** When what is on its way has arrived. */
  get lastArrival(): number {
    return this.#parcels.length === 0 ? this.#world.now : Math.max(this.#world.now, this.#lastArrival);
  }

  /** Sends. `deliver` is called in the receiving process, unless it gets lost. */
  send(octets: number, deliver: () => void): void {
    if (this.#dead) return;
    const world = this.#world;
    const departure = Math.max(world.now, this.#lastDeparture) + octets / this.#rate;
    this.#lastDeparture = departure;
    const [least, most] = this.#options.latencyMs;
    this.#lastArrival = Math.max(this.#lastArrival, departure + world.random.real(least, most));
    const waiting = departure > world.now;
    const parcel: Parcel = {
      octets,
      arrival: this.#lastArrival,
      waiting,
      deliver,
      departure: undefined,
      arriving: undefined,
    };
    if (waiting) {
      this.buffered += octets;
      parcel.departure = world.at(departure, Rank.arrival, () => this.#depart(parcel), this.#from);
    }
    parcel.arriving = world.at(parcel.arrival, Rank.arrival, () => this.#arrive(parcel), this.#to);
    this.#parcels.push(parcel);
  }

  /** The other side reads nothing for so long. */
  pause(milliseconds: number): void {
    this.#lastDeparture = Math.max(this.#lastDeparture, this.#world.now) + milliseconds;
  }

  /** From now on so many octets leave in a millisecond. */
  slow(rate: number): void {
    this.#rate = Math.min(rate, this.#options.rate);
  }

  /**
   * The connection is cut: of what is on its way the first part still arrives, up to any octet. What that octet cuts in
   * two is lost, and all behind it. From now on nothing gets through.
   */
  cut(share: number): void {
    if (this.#dead) return;
    this.#dead = true;
    let left = share * this.#parcels.reduce((sum, { octets }) => sum + octets, 0);
    let kept = 0;
    for (const parcel of this.#parcels) {
      left -= parcel.octets;
      // What has not left the sender's memory never will.
      if (left < 0 || parcel.waiting) break;
      kept += 1;
    }
    for (const parcel of this.#parcels.splice(kept)) {
      if (parcel.arriving !== undefined) parcel.arriving.run = undefined;
    }
    this.#lastArrival = this.#parcels.at(-1)?.arrival ?? this.#world.now;
  }

  #depart(parcel: Parcel): void {
    if (!parcel.waiting) return;
    parcel.waiting = false;
    this.buffered -= parcel.octets;
    this.#drained();
  }

  #arrive(parcel: Parcel): void {
    if (parcel !== this.#parcels[0]) return;
    this.#take();
    if (!this.#options.bursts) return;
    for (let next = this.#parcels[0]; next !== undefined && next.arrival <= this.#world.now; next = this.#parcels[0]) {
      if (next.arriving !== undefined) next.arriving.run = undefined;
      this.#take();
    }
  }

  #take(): void {
    const parcel = this.#parcels.shift();
    if (parcel === undefined) return;
    if (parcel.waiting) this.#depart(parcel);
    parcel.deliver();
  }
}
