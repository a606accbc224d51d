/**
 * What may cancel a call: the caller's own signal, that of its turn, that of the loop over its items.
 *
 * `AbortSignal.any` is not for this: what it makes stays behind at a signal that lives on, and in some runtimes each further
 * one costs more than the one before.
 *
 * @module
 */

/** Several signals as one, without holding on to any. */
export interface Cancellation {
  /** The first signal that is aborted. */
  readonly aborted: AbortSignal | undefined;
  /** Calls `run` once, with the reason, when one of them is aborted from now on; what it gives back ends that. */
  listen(run: (reason: unknown) => void): () => void;
}

/** The call's own signal and others as one; undefined where there is none. */
export function cancellationOf(
  own: AbortSignal | undefined,
  others: readonly (AbortSignal | undefined)[] = [],
): Cancellation | undefined {
  if (own === undefined && others.length === 0) return undefined;
  const signals = [own, ...others].filter((signal) => signal !== undefined);
  return {
    get aborted(): AbortSignal | undefined {
      return signals.find((signal) => signal.aborted);
    },
    listen: (run) => {
      const leave: (() => void)[] = [];
      const left = (): void => {
        for (const one of leave.splice(0)) one();
      };
      for (const signal of signals) {
        leave.push(
          onAbort(signal, () => {
            left();
            run(signal.reason);
          }),
        );
      }
      return left;
    },
  };
}

/** What waits for a signal: a thousand calls of a turn are one listener. */
interface Waiting {
  readonly runs: Set<() => void>;
  readonly leave: () => void;
}

const waitingFor = new WeakMap<AbortSignal, Waiting>();

/** Calls `run` when the signal is aborted; what it gives back ends that. */
function onAbort(signal: AbortSignal, run: () => void): () => void {
  const { runs, leave } = waitingFor.get(signal) ?? listenTo(signal);
  runs.add(run);
  return () => {
    if (runs.delete(run) && runs.size === 0) leave();
  };
}

function listenTo(signal: AbortSignal): Waiting {
  const runs = new Set<() => void>();
  const leave = (): void => {
    waitingFor.delete(signal);
    signal.removeEventListener("abort", aborted);
  };
  const aborted = (): void => {
    leave();
    for (const run of runs) run();
  };
  signal.addEventListener("abort", aborted);
  const waiting = { runs, leave };
  waitingFor.set(signal, waiting);
  return waiting;
}
