/**
 * The environment of a real process or page, made from the globals that its owner hands in.
 *
 * @module
 */
import type { Logger } from "../contract/tool-call.ts";
import { silentLogger, type Environment } from "./environment.ts";

/** The globals of the runtime, as both Node and browsers have them. */
export interface RuntimeGlobals {
  readonly performance: { now(): number };
  readonly crypto: { getRandomValues(octets: Uint8Array<ArrayBuffer>): unknown };
  setTimeout(run: () => void, milliseconds: number): unknown;
  clearTimeout(timer: never): void;
  /** Node's; where there is none, a microtask stands for it. */
  setImmediate?(run: () => void): unknown;
  readonly Date: { now(): number };
}

/** What the owner adds. */
export interface SystemEnvironmentOptions extends Pick<Environment, "traceCall" | "publish" | "lagMs"> {
  readonly globals: RuntimeGlobals;
  /** Random identifiers of at least 120 bits. */
  readonly id: () => string;
  readonly log?: Logger | undefined;
}

/** A timer that is later than this found its event loop blocked: sockets may hold what it waits for. */
const LATE_MS = 10;

/** Passes through the event loop that read sockets before a late timer is acted on. */
const READ_PASSES = 2;

/** Timers take no more than this; longer waits are cut into pieces. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Timers of Node can be told not to keep the process up; those of browsers are numbers. */
function unref(timer: unknown): void {
  if (typeof timer !== "object" || timer === null || !("unref" in timer)) return;
  // Nothing but Node's own has it.
  (timer as { unref(): void }).unref();
}

/** See the module's comment. */
export function systemEnvironment(options: SystemEnvironmentOptions): Environment {
  const { globals, id, log = silentLogger, traceCall, publish, lagMs } = options;
  const now = (): number => globals.performance.now();
  const turns = globals.setImmediate !== undefined;
  const later = (run: () => void): void => {
    if (globals.setImmediate === undefined) queueMicrotask(run);
    else globals.setImmediate(run);
  };

  const setTimer = (at: number, run: () => void, idle = false): (() => void) => {
    let timer: unknown;
    let cancelled = false;
    const fire = (passes: number): void => {
      if (cancelled) return;
      if (now() < at) arm();
      else if (passes > 0) later(() => fire(passes - 1));
      else run();
    };
    const arm = (): void => {
      const waitMs = Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil(at - now())));
      timer = globals.setTimeout(() => fire(turns && now() - at > LATE_MS ? READ_PASSES : 0), waitMs);
      if (idle) unref(timer);
    };
    arm();
    return () => {
      cancelled = true;
      // What this runtime's own setTimeout gave back.
      globals.clearTimeout(timer as never);
    };
  };

  return {
    now,
    wallClock: () => globals.Date.now(),
    randomOctets: (count) => {
      const octets = new Uint8Array(count);
      globals.crypto.getRandomValues(octets);
      return octets;
    },
    id,
    setTimer,
    defer: later,
    log,
    ...(lagMs === undefined ? {} : { lagMs }),
    ...(traceCall === undefined ? {} : { traceCall }),
    ...(publish === undefined ? {} : { publish }),
  };
}
