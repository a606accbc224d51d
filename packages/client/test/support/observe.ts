/** What tests look at. */
import { TurnmuxError, type SessionEnd, type SessionState } from "../../src/index.ts";
import type { ClientSession } from "../../src/client-session.ts";

/** What happened to a session since, in order. */
export function statesOf(session: ClientSession): { readonly states: SessionState[]; readonly ends: SessionEnd[] } {
  const states: SessionState[] = [];
  const ends: SessionEnd[] = [];
  session.addEventListener("state", ({ detail }) => {
    states.push(detail.state);
    if (detail.end !== undefined) ends.push(detail.end);
  });
  return { states, ends };
}

/** Until a session is in a state. */
export async function until(session: ClientSession, state: SessionState): Promise<void> {
  if (session.state === state) return;
  await new Promise<void>((resolve) => {
    session.addEventListener("state", ({ detail }) => {
      if (detail.state === state) resolve();
    });
  });
}

/** What a promise rejects with, which must be a TurnmuxError. */
export async function failureOf(promise: Promise<unknown>): Promise<TurnmuxError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!TurnmuxError.is(error)) throw new Error("there was no TurnmuxError", { cause: error });
  return error;
}

/** A promise, and what settles it. */
export interface Gate {
  readonly passed: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: () => resolve() };
}
