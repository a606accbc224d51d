/**
 * One life of a process: what it is given dies with it.
 *
 * @module
 */
import type { Environment } from "@turnmux/core";
import { Rank, type Due } from "./agenda.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** When the wall clocks of this world began, in milliseconds since 1970. */
const BEGINNING = 1_700_000_000_000;

/** For how long a process says that it was late, in milliseconds. */
const LAG_REMEMBERED_MS = 1_000;

/** See the module's comment. A restart makes a new one. */
export class Process {
  readonly name: string;
  readonly world: World;
  readonly environment: Environment;
  alive = true;
  /** Until when its event loop is blocked. */
  blockedUntil = 0;
  /** By how much its wall clock is wrong, in milliseconds. */
  wallSkewMs = 0;
  /** Times that its event loop was blocked. */
  disturbances = 0;
  /** Called once, when it dies. */
  readonly died: (() => void)[] = [];
  readonly #timers = new Set<Due>();
  #effectsLeft = Number.POSITIVE_INFINITY;
  #lagMs = 0;

  constructor(world: World, name: string, octets: Random, problem: (message: string, error: unknown) => void) {
    this.world = world;
    this.name = name;
    let ids = 0;
    this.environment = {
      now: () => world.now,
      wallClock: () => BEGINNING + Math.floor(world.now) + this.wallSkewMs,
      randomOctets: (count) => octets.octets(count),
      id: () => `${name}-${++ids}`,
      setTimer: (at, run) => this.#timer(at, run),
      defer: (run) => {
        if (this.alive) world.defer(this, run);
      },
      soon: (run) =>
        queueMicrotask(() => {
          if (this.alive) run();
        }),
      lagMs: () => (world.now - this.blockedUntil < LAG_REMEMBERED_MS ? this.#lagMs : 0),
      log: {
        debug: () => {},
        info: () => {},
        warn: () => {},
        error: (message, fields) => {
          if (this.alive) problem(message, fields?.["error"]);
        },
      },
    };
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Runs something later, on this process's event loop. Gives back what takes it back. */
  after(milliseconds: number, run: () => void): () => void {
    return this.#timer(this.world.now + milliseconds, run);
  }

  /** Waits. The promise never settles where the process dies before. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.after(milliseconds, resolve);
      signal?.addEventListener("abort", () => {
        cancel();
        resolve();
      });
    });
  }

  /**
   * Asked before each effect on the world outside: a message, a claim, an entry. False when the process is dead, perhaps
   * since this very moment: then there is none.
   */
  perform(): boolean {
    if (!this.alive) return false;
    if (this.#effectsLeft > 0) {
      this.#effectsLeft -= 1;
      return true;
    }
    this.kill();
    return false;
  }

  /** It dies in the middle of whatever it does, when it has had so many more effects. */
  killAfter(effects: number): void {
    this.#effectsLeft = Math.min(this.#effectsLeft, effects);
  }

  /** It need not die any more. */
  spare(): void {
    this.#effectsLeft = Number.POSITIVE_INFINITY;
  }

  /** It dies now. */
  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const due of this.#timers) due.run = undefined;
    this.#timers.clear();
    for (const run of this.died.splice(0)) run();
  }

  /** Its event loop is blocked for so long. */
  block(milliseconds: number): void {
    this.blockedUntil = Math.max(this.blockedUntil, this.world.now + milliseconds);
    this.#lagMs = milliseconds;
    this.disturbances += 1;
  }

  #timer(at: number, run: () => void): () => void {
    if (!this.alive) return () => {};
    const due = this.world.at(
      at,
      Rank.timer,
      () => {
        this.#timers.delete(due);
        run();
      },
      this,
    );
    this.#timers.add(due);
    return () => {
      due.run = undefined;
      this.#timers.delete(due);
    };
  }
}
