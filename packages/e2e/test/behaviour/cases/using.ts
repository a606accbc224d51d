import { TurnmuxError } from "@turnmux/core";
import { expect } from "vitest";
import type { Pair, PairOptions, WorldKind } from "../worlds/pair.ts";

/** Runs a test in a fresh pair, and closes it whatever happens. */
export function using(
  kind: WorldKind,
  test: (pair: Pair) => Promise<void>,
  options?: PairOptions,
): () => Promise<void> {
  return async () => {
    const pair = await kind.open(options);
    try {
      await test(pair);
    } finally {
      await pair.close();
    }
  };
}

/** The error that a call fails with. */
export async function failureOf(pair: Pair, promise: Promise<unknown>): Promise<TurnmuxError> {
  const error = await pair.until(
    promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
  );
  if (!TurnmuxError.is(error)) expect.fail(`expected a TurnmuxError, got ${String(error)}`);
  return error;
}

/** Code and outcome of the error that a call fails with. */
export async function codeAndOutcome(pair: Pair, promise: Promise<unknown>): Promise<string> {
  const { code, outcome } = await failureOf(pair, promise);
  return `${code}, ${outcome}`;
}

/** A promise that waits for an abort, and tells of it. */
export function aborted(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve("aborted");
    else signal.addEventListener("abort", () => resolve("aborted"), { once: true });
  });
}

/** A promise that never settles. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}
