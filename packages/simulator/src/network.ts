/**
 * Who can reach whom.
 *
 * @module
 */
import { Rank } from "./agenda.ts";
import { Connection, type ConnectionOptions, type End } from "./connection.ts";
import type { Process } from "./process.ts";
import type { Tap } from "./tap.ts";
import type { World } from "./world.ts";

/** Someone who wants a connection. */
export interface Dialling {
  readonly from: Process;
  /** The process that listens, or undefined while none does. */
  readonly to: () => Process | undefined;
  /** True while nothing gets through, and nobody is told. */
  readonly silent: () => boolean;
  /** Takes the other end. */
  readonly accept: (end: End) => void;
  readonly opened: (connection: Connection) => void;
  readonly failed: () => void;
  /** Something happened that may lose or delay messages. */
  readonly unhealthy: (lost?: boolean) => void;
}

/** See the module's comment. */
export class Network {
  readonly connections: Connection[] = [];
  readonly #world: World;
  readonly #options: ConnectionOptions;
  readonly #tap: Tap;

  constructor(world: World, options: ConnectionOptions, tap: Tap) {
    this.#world = world;
    this.#options = options;
    this.#tap = tap;
  }

  /** Connects, or does not. Gives back what gives it up. */
  dial(dialling: Dialling): () => void {
    const world = this.#world;
    const [least, most] = this.#options.latencyMs;
    const oneWay = (): number => world.random.real(least, most);
    const back = (run: () => void): void => {
      due = world.at(world.now + oneWay(), Rank.arrival, run, dialling.from);
    };
    /** Made, and not told of yet. */
    let made: Connection | undefined;
    let due = world.at(world.now + oneWay(), Rank.arrival, () => {
      // A process that died meanwhile has no other end to take.
      if (dialling.silent() || !dialling.from.alive) return;
      const to = dialling.to();
      if (to === undefined) {
        back(() => dialling.failed());
        return;
      }
      const number = this.connections.length + 1;
      const { from, unhealthy } = dialling;
      const connection = new Connection(world, number, from, to, this.#options, this.#tap, unhealthy);
      this.connections.push(connection);
      // A process that is blocked takes its sockets later.
      world.at(world.now, Rank.arrival, () => dialling.accept(connection.gateway), to);
      made = connection;
      back(() => {
        made = undefined;
        dialling.opened(connection);
      });
    });
    return () => {
      due.run = undefined;
      made?.cut({ clientMs: 0, gatewayMs: 0 }, "given up before it was open");
    };
  }
}
