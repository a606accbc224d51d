/**
 * A world without clocks: time moves when a test says so, and everything that happens at one time happens in one order.
 */
import { silentLogger, type Environment, type Logger } from "../../src/index.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Virtual time, deferred work, and random octets of a seed. */
export class VirtualTime {
  now = 1_000;
  /** Runs something behind the code that runs now. */
  soon: (run: () => void) => void = queueMicrotask;
  #timers: Timer[] = [];
  #deferred: (() => void)[] = [];
  #order = 0;
  #seed: number;
  #ids = 0;

  constructor(seed = 1) {
    this.#seed = seed;
  }

  /** An environment of one process in this world. */
  environment(name: string, log: Logger = silentLogger): Environment {
    return {
      now: () => this.now,
      wallClock: () => 1_700_000_000_000 + this.now,
      randomOctets: (count) => Uint8Array.from({ length: count }, () => this.#random() % 256),
      id: () => `${name}-${++this.#ids}`,
      setTimer: (at, run) => {
        const timer = { at, order: this.#order++, run };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((other) => other !== timer);
        };
      },
      defer: (run) => this.defer(run),
      soon: (run) => this.soon(run),
      log,
    };
  }

  /** Timers that are set. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Runs something after what runs now. */
  defer(run: () => void): void {
    this.#deferred.push(run);
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let idle = 0; idle < 2; ) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
      const work = this.#deferred;
      this.#deferred = [];
      for (const run of work) run();
      idle = work.length === 0 ? idle + 1 : 0;
    }
  }

  /** Lets time pass, and everything happen that is due meanwhile. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.now + milliseconds;
    await this.settle();
    for (;;) {
      const [next] = this.#timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at || a.order - b.order);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.now = Math.max(this.now, next.at);
      next.run();
      await this.settle();
    }
    this.now = until;
  }

  #random(): number {
    // mulberry32
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }
}
