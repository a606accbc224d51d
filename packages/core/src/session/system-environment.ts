/**
 * The environment of a real process or page, made from the globals that its owner hands in.
 *
 * @module
 */
import type { Logger } from "../contract/tool-call.ts";
import { CatchUp } from "./catch-up.ts";
import { silentLogger, type CancelTimer, type Environment } from "./environment.ts";

/** The globals of the runtime, as both Node and browsers have them. */
export interface RuntimeGlobals {
  readonly performance: { now(): number };
  readonly crypto: { getRandomValues(octets: Uint8Array<ArrayBuffer>): unknown };
  setTimeout(run: () => void, milliseconds: number): unknown;
  clearTimeout(timer: never): void;
  /** Node's. It runs after sockets were looked at. */
  setImmediate?(run: () => void): unknown;
  /** Lets a browser take a pass through its event loop: its timers would wait for a second in a page that is not in view. */
  readonly MessageChannel?: (new () => RuntimeMessageChannel) | undefined;
  readonly Date: { now(): number };
  /** Node's. It counts the octets of a long text two to five times as fast as an encoder does, and nothing else runs meanwhile. */
  readonly Buffer?: { byteLength(text: string): number } | undefined;
}

/** A `MessageChannel`, as far as it is used here. */
export interface RuntimeMessageChannel {
  readonly port1: { addEventListener(type: "message", listener: () => void): void; start(): void };
  readonly port2: { postMessage(message: unknown): void };
}

/** What the owner adds, as {@link Environment} has it. */
type Added =
  | "lagMs"
  | "sha256"
  | "tracesCalls"
  | "traceCall"
  | "handlerBegan"
  | "handlerEnded"
  | "callAnswered"
  | "callEnded"
  | "publish";

/** What an environment is made from. */
export interface SystemEnvironmentOptions extends Pick<Environment, Added> {
  readonly globals: RuntimeGlobals;
  /** Random identifiers of at least 120 bits. */
  readonly id: () => string;
  readonly log?: Logger | undefined;
}

/** Timers take no more than this; longer waits are cut into pieces. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A timer of Node's, which can be told not to keep the process up; those of browsers are numbers. */
interface NodeTimer {
  ref(): void;
  unref(): void;
}

function isNodeTimer(timer: unknown): timer is NodeTimer {
  return typeof timer === "object" && timer !== null && "ref" in timer && "unref" in timer;
}

/**
 * How this runtime lets its event loop look at its sockets once. In Node that is what comes before the next "check" phase. In
 * browsers messages of sockets are tasks, and a task that is queued now runs behind those that wait already.
 */
function passOf(globals: RuntimeGlobals): (run: () => void) => void {
  const { MessageChannel } = globals;
  if (globals.setImmediate !== undefined) return (run) => void globals.setImmediate?.(run);
  if (MessageChannel === undefined) return (run) => void globals.setTimeout(run, 0);
  let channel: RuntimeMessageChannel | undefined;
  let next = (): void => {};
  return (run) => {
    next = run;
    if (channel === undefined) {
      channel = new MessageChannel();
      channel.port1.addEventListener("message", () => next());
      channel.port1.start();
    }
    channel.port2.postMessage(null);
  };
}

/** What the timers of an environment share. */
interface Clock {
  readonly globals: RuntimeGlobals;
  readonly now: () => number;
  readonly catchUp: CatchUp;
}

/** One timer. A class: each idle session has one, and closures would take several times as much. */
class SystemTimer {
  readonly #clock: Clock;
  readonly #at: number;
  readonly #run: () => void;
  readonly #prompt: boolean;
  #keepsUp: boolean;
  /** What the runtime gave back. */
  #timer: unknown;
  /** Takes back what a timer that is due waits for. */
  #overdue: (() => void) | undefined;

  constructor(clock: Clock, at: number, run: () => void, idle: boolean, prompt: boolean) {
    this.#clock = clock;
    this.#at = at;
    this.#run = run;
    this.#prompt = prompt;
    this.#keepsUp = !idle;
    this.#arm();
  }

  get canKeepUp(): boolean {
    return isNodeTimer(this.#timer);
  }

  cancel(): void {
    // What this runtime's own setTimeout gave back.
    this.#clock.globals.clearTimeout(this.#timer as never);
    this.#overdue?.();
  }

  keepUp(keeps: boolean): void {
    this.#keepsUp = keeps;
    if (!isNodeTimer(this.#timer)) return;
    if (keeps) this.#timer.ref();
    else this.#timer.unref();
  }

  #arm(): void {
    const { globals, now } = this.#clock;
    const waitMs = Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil(this.#at - now())));
    this.#timer = globals.setTimeout(() => this.#fire(), waitMs);
    if (!this.#keepsUp && isNodeTimer(this.#timer)) this.#timer.unref();
  }

  #fire(): void {
    const { now, catchUp } = this.#clock;
    const lateMs = now() - this.#at;
    if (lateMs < 0) this.#arm();
    else if (this.#prompt) this.#run();
    else this.#overdue = catchUp.before(lateMs, this.#run);
  }
}

/** See the module's comment. */
export function systemEnvironment(options: SystemEnvironmentOptions): Environment {
  const { globals, id, log = silentLogger, ...added } = options;
  const { Buffer } = globals;
  const now = (): number => globals.performance.now();
  const catchUp = new CatchUp({ now, pass: passOf(globals) });
  const defer = (run: () => void): void => {
    if (globals.setImmediate === undefined) queueMicrotask(run);
    else globals.setImmediate(run);
  };

  const clock: Clock = { globals, now, catchUp };
  const setTimer = (at: number, run: () => void, idle = false, prompt = false): CancelTimer => {
    const timer = new SystemTimer(clock, at, run, idle, prompt);
    const cancel: CancelTimer = () => timer.cancel();
    return timer.canKeepUp ? Object.assign(cancel, { keepUp: (keeps: boolean) => timer.keepUp(keeps) }) : cancel;
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
    defer,
    // Browsers take it only where it is called as a function, and not as a method of something else.
    soon: (run) => queueMicrotask(run),
    arrived: catchUp.arrived,
    log,
    utf8Length: Buffer === undefined ? undefined : (text) => Buffer.byteLength(text),
    ...added,
  };
}
