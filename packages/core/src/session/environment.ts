/**
 * What a session needs from the world it runs in: time, randomness, and a later moment. The core has none of its own.
 *
 * @module
 */
import type { Logger } from "../contract/tool-call.ts";
import type { Code } from "../errors/codes.ts";
import type { Outcome } from "../errors/outcome.ts";

/** One call, as tracing sees it. Never holds arguments or results. */
export interface CallTrace {
  readonly direction: "outgoing" | "incoming";
  readonly tool: string;
  readonly callId: string;
  readonly turn?: string | undefined;
  readonly sessionId: string;
  readonly principal: string;
  readonly trace?: string | undefined;
}

/** Something that happened to a session, lane or journal, for whoever subscribes. */
export interface Occurrence {
  readonly event: string;
  readonly sessionId?: string | undefined;
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

/** How a call ended, as statistics and tracing see it: never with its arguments or result. */
export interface CallEnd {
  readonly ok: boolean;
  readonly code?: Code | undefined;
  readonly outcome?: Outcome | undefined;
}

/** Takes a timer back. */
export interface CancelTimer {
  (): void;
  /**
   * Whether the timer by itself keeps the process up, from now on: cheaper than to take it back and to set another one. Absent where
   * that cannot be changed.
   */
  readonly keepUp?: ((keeps: boolean) => void) | undefined;
}

/** Implemented by gateway, client, and the virtual world of the tests. */
export interface Environment {
  /** Milliseconds of a monotonic clock. */
  now(): number;
  /** Milliseconds since 1970. */
  wallClock(): number;
  /** Random octets, fit for nonces and tags. */
  randomOctets(count: number): Uint8Array;
  /** A random identifier of at least 120 bits. */
  id(): string;
  /**
   * Runs `run` once when `now()` has reached `at`, and gives back what cancels it. Where the event loop was blocked, what has
   * already arrived is read first (CALL-015). Where `idle` is true, the timer by itself keeps no process up. Where
   * `prompt` is true it waits for nothing: for what is no judgement on a peer's silence.
   */
  setTimer(at: number, run: () => void, idle?: boolean, prompt?: boolean): CancelTimer;
  /**
   * Something came in from a peer: a message, or a connection. Late timers wait while there is more. Absent where time is not
   * real.
   */
  arrived?(): void;
  /** Runs `run` at the end of this turn of the event loop, and before time passes. */
  defer(run: () => void): void;
  /** Runs `run` as soon as the code that runs now is done, with what it has resolved. Default: as {@link defer} does. */
  soon?(run: () => void): void;
  /** How late the event loop is, in milliseconds. */
  lagMs?(): number;
  /** Octets of a well-formed text in UTF-8, where the runtime counts them sooner than it encodes them. Default: it encodes. */
  readonly utf8Length?: ((text: string) => number) | undefined;
  /** SHA-256 of a text in UTF-8, as 64 lower-case hexadecimal digits, where the runtime has one that answers at once. Default: the core's. */
  readonly sha256?: ((text: string) => string) | undefined;
  readonly log: Logger;
  /** Whether {@link traceCall} is to be asked at present. Default: where it is there, it is. */
  tracesCalls?(): boolean;
  /** Wraps a call for tracing. Absent where nobody can subscribe. */
  traceCall?<T>(trace: CallTrace, run: () => Promise<T>): Promise<T>;
  /** A handler is called for the peer, or stands behind its interceptors. */
  readonly handlerBegan?: (() => void) | undefined;
  /** It has ended. */
  readonly handlerEnded?: (() => void) | undefined;
  /** A call of the peer is answered, as it is told. */
  readonly callAnswered?: ((end: CallEnd) => void) | undefined;
  /** An own call is over, as its caller is told. */
  readonly callEnded?: ((end: CallEnd) => void) | undefined;
  /** Tells subscribers. Absent where nobody can subscribe. */
  publish?(topic: "session" | "lane" | "journal", occurrence: Occurrence): void;
}

/** A logger that says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A tag of 8 random octets, not all of them zero (CARR-002). */
export function tagFrom(environment: Environment): Uint8Array {
  for (;;) {
    const tag = environment.randomOctets(8);
    if (tag.some((octet) => octet !== 0)) return tag;
  }
}
