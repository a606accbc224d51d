/** Timers of an event loop that was blocked: what each pass through the loop brings, and when a timer is acted on. */
import { describe, expect, it } from "vitest";
import { systemEnvironment, type Environment, type RuntimeGlobals } from "../../src/index.ts";
import { CATCH_UP_MS, LATE_MS, LEAST_PASSES, QUIET_MS, QUIET_PASSES } from "../../src/session/catch-up.ts";

/** An event loop that turns when a test says so. */
class Loop {
  now = 1_000;
  readonly environment: Environment;
  /** Passes that were asked for and made. */
  passes = 0;
  #timers: { readonly at: number; readonly run: () => void }[] = [];
  #checks: (() => void)[] = [];

  constructor(kind: "node" | "browser" | "bare" = "node") {
    const runtime: RuntimeGlobals = {
      performance: { now: () => this.now },
      crypto: globalThis.crypto,
      Date: globalThis.Date,
      setTimeout: (run, milliseconds) => {
        const timer = { at: this.now + milliseconds, run };
        this.#timers.push(timer);
        return timer;
      },
      clearTimeout: (timer) => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
      ...(kind === "node" ? { setImmediate: (run: () => void) => this.#checks.push(run) } : {}),
      ...(kind === "browser" ? { MessageChannel: channelOf((run) => this.#checks.push(run)) } : {}),
    };
    this.environment = systemEnvironment({ globals: runtime, id: () => "id" });
  }

  /** Time passes, and nothing runs. */
  block(milliseconds: number): void {
    this.now += milliseconds;
  }

  /** One turn: the timers that are due, what the sockets bring, and what is to run behind that. */
  turn(brings?: () => void): void {
    const due = this.#timers.filter(({ at }) => at <= this.now);
    this.#timers = this.#timers.filter(({ at }) => at > this.now);
    for (const { run } of due) run();
    brings?.();
    const checks = this.#checks;
    this.#checks = [];
    if (checks.length > 0) this.passes += 1;
    for (const run of checks) run();
  }

  /** A message came in. */
  readonly message = (): void => this.environment.arrived?.();
}

function channelOf(post: (run: () => void) => void): NonNullable<RuntimeGlobals["MessageChannel"]> {
  return class {
    #listener = (): void => {};
    readonly port1 = {
      addEventListener: (_type: "message", listener: () => void): void => {
        this.#listener = listener;
      },
      start: (): void => {},
    };
    readonly port2 = { postMessage: (): void => post(this.#listener) };
  };
}

/** A timer that is due in 50 ms, and whether it has run. */
function timerIn(loop: Loop): { ran: boolean; readonly cancel: () => void } {
  const timer = { ran: false, cancel: (): void => {} };
  timer.cancel = loop.environment.setTimer(loop.now + 50, () => {
    timer.ran = true;
  });
  return timer;
}

/** Turns without anything coming in, a millisecond each, until the timer has run. */
function quietTurns(loop: Loop, timer: { readonly ran: boolean }): number {
  let turns = 0;
  while (!timer.ran && turns < 1_000) {
    loop.block(1);
    loop.turn();
    turns += 1;
  }
  return turns;
}

describe("A timer", () => {
  it("that is in time lets the sockets be read once, and no more", () => {
    const loop = new Loop();
    const timer = timerIn(loop);
    loop.block(50 + LATE_MS);
    loop.turn(() => {
      loop.message();
      expect(timer.ran).toBe(false);
    });
    expect(timer.ran).toBe(true);
  });

  it.each(["node", "browser", "bare"] as const)("that is late runs once some passes brought nothing: %s", (kind) => {
    const loop = new Loop(kind);
    const timer = timerIn(loop);
    loop.block(5_000);
    loop.turn();
    expect(timer.ran).toBe(false);
    expect(quietTurns(loop, timer)).toBeGreaterThanOrEqual(Math.max(QUIET_PASSES - 1, QUIET_MS));
    expect(timer.ran).toBe(true);
  });

  it.each(["node", "browser", "bare"] as const)("that is late waits while passes bring something: %s", (kind) => {
    const loop = new Loop(kind);
    const timer = timerIn(loop);
    loop.block(1_000);
    for (let turn = 0; turn < 300; turn += 1) {
      loop.turn(loop.message);
      loop.block(1);
    }
    expect(timer.ran).toBe(false);
    quietTurns(loop, timer);
    expect(timer.ran).toBe(true);
  });

  it("that is late waits also where only every third pass brings something", () => {
    const loop = new Loop();
    const timer = timerIn(loop);
    loop.block(1_000);
    for (let turn = 0; turn < 100; turn += 1) loop.turn(turn % QUIET_PASSES === 0 ? loop.message : undefined);
    expect(timer.ran).toBe(false);
  });

  it("that is late never runs when what came in has taken it back", () => {
    const loop = new Loop();
    const timer = timerIn(loop);
    loop.block(1_000);
    loop.turn(loop.message);
    loop.turn(() => timer.cancel());
    quietTurns(loop, timer);
    expect(timer.ran).toBe(false);
  });

  it("is put off by a flood for as long as it was late, and no longer than the limit", () => {
    const [least, most] = CATCH_UP_MS;
    for (const [blockedMs, putOffMs] of [
      [LATE_MS + 1, least],
      [700, 700],
      [60_000, most],
    ] as const) {
      const loop = new Loop();
      const timer = timerIn(loop);
      loop.block(50 + blockedMs);
      const since = loop.now;
      while (!timer.ran && loop.now < since + 10 * most) {
        loop.turn(loop.message);
        loop.block(1);
      }
      expect(loop.now - since - 1, `blocked for ${blockedMs} ms`).toBe(putOffMs);
    }
  });

  it("waits for further passes where the loop is blocked again while it catches up", () => {
    const loop = new Loop();
    const timer = timerIn(loop);
    loop.block(1_000);
    for (let turn = 1; turn < LEAST_PASSES; turn += 1) {
      loop.turn(loop.message);
      loop.block(10_000);
    }
    expect(timer.ran).toBe(false);
    loop.turn(loop.message);
    expect(timer.ran).toBe(true);
  });

  it("waits a moment behind the last thing that came in, for the peer writes what its socket did not take", () => {
    const loop = new Loop();
    const timer = timerIn(loop);
    loop.block(1_000);
    for (let turn = 0; turn < 50; turn += 1) {
      loop.turn(loop.message);
      loop.block(1);
    }
    for (let pass = 0; pass < 10 * QUIET_PASSES; pass += 1) loop.turn();
    expect(timer.ran).toBe(false);
    loop.block(QUIET_MS);
    loop.turn();
    expect(timer.ran).toBe(true);
  });

  it("does not take a pass that was blocked, and brought nothing, for quiet", () => {
    const loop = new Loop();
    const timer = timerIn(loop);
    loop.block(1_000);
    for (let turn = 1; turn < QUIET_PASSES; turn += 1) {
      loop.turn();
      loop.block(1_000);
    }
    expect(timer.ran).toBe(false);
  });

  it("runs at once, however late, where it judges nobody's silence", () => {
    const loop = new Loop();
    let ran = false;
    loop.environment.setTimer(
      loop.now + 50,
      () => {
        ran = true;
      },
      false,
      true,
    );
    loop.block(1_000);
    loop.turn(() => expect(ran).toBe(true));
  });
});

describe("Timers that are late together", () => {
  it("share their passes", () => {
    const loop = new Loop();
    const timers = Array.from({ length: 1_000 }, () => timerIn(loop));
    loop.block(1_000);
    for (let turn = 0; turn < 20; turn += 1) {
      loop.turn();
      loop.block(1);
    }
    expect(timers.every(({ ran }) => ran)).toBe(true);
    expect(loop.passes).toBeLessThan(20);
  });

  it("run all of them, also where one throws", () => {
    const loop = new Loop();
    let ran = 0;
    const at = loop.now + 50;
    loop.environment.setTimer(at, () => {
      throw new Error("the first failed");
    });
    for (const _ of [1, 2]) loop.environment.setTimer(at, () => (ran += 1));
    loop.block(1_000);
    let faults = 0;
    for (let turn = 0; turn < 50; turn += 1) {
      try {
        loop.turn();
      } catch {
        faults += 1;
      }
      loop.block(1);
    }
    expect({ ran, faults }).toEqual({ ran: 2, faults: 1 });
  });

  it("do not run where one of them takes back another", () => {
    const loop = new Loop();
    const ran: string[] = [];
    const at = loop.now + 50;
    loop.environment.setTimer(at, () => {
      ran.push("first");
      cancel();
    });
    const cancel = loop.environment.setTimer(at, () => ran.push("second"));
    loop.block(1_000);
    for (let turn = 0; turn < 50; turn += 1) {
      loop.turn();
      loop.block(1);
    }
    expect(ran).toEqual(["first"]);
  });
});
