/** Tools whose handlers each test gives, in a world whose session stands, and calls that are watched. */
import { z } from "zod";
import { defineTools, tool, TurnmuxError, type ToolHandlers } from "../../src/index.ts";
import { World, type WorldOptions } from "./world.ts";

const anything = { input: z.unknown(), output: z.unknown() };

/** One tool of each kind. */
export const kit = defineTools({
  look: tool({ description: "Reads", ...anything, progress: z.number(), effect: "read" }),
  set: tool({ description: "Sets", ...anything, effect: "idempotent" }),
  add: tool({ description: "Adds", ...anything, effect: "once", verify: "look", scopes: ["write"] }),
  list: tool({ description: "Lists", input: z.unknown(), item: z.number(), output: z.string(), effect: "read" }),
});

export type KitHandlers = ToolHandlers<typeof kit>;

const defaults: KitHandlers = {
  look: (input) => input,
  set: (input) => input,
  add: (input) => input,
  list: () => "none",
};

/** A world whose gateway implements the kit, for a client that may write. */
export async function kitWorld(handlers: Partial<KitHandlers> = {}, options: WorldOptions = {}): Promise<World> {
  const world = new World({ scopes: ["write"], ...options });
  world.registry.implement(kit, { ...defaults, ...handlers });
  await world.time.settle();
  return world;
}

/** What became of a call so far. */
export interface Watched {
  /** `"pending"`, `"ok: "` with the result as JSON, or code and outcome. */
  said: string;
  error: TurnmuxError | undefined;
}

/** Watches a promise. */
export function watch(promise: Promise<unknown>): Watched {
  const watched: Watched = { said: "pending", error: undefined };
  promise.then(
    (value) => {
      watched.said = `ok: ${JSON.stringify(value)}`;
    },
    (error: unknown) => {
      watched.error = TurnmuxError.is(error) ? error : undefined;
      watched.said = TurnmuxError.is(error) ? `${error.code}, ${error.outcome}` : `not turnmux's: ${String(error)}`;
    },
  );
  return watched;
}

/** A promise that a test settles, and the handler that waits for it. */
export interface Gate {
  readonly handler: () => Promise<unknown>;
  readonly open: (value?: unknown) => void;
  /** How often the handler ran. */
  readonly runs: () => number;
}

/** A handler that ignores its signal, and ends when the test says so. */
export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  let runs = 0;
  return {
    handler: () => {
      runs += 1;
      return promise;
    },
    open: resolve,
    runs: () => runs,
  };
}

/** A promise that never settles. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}

/** Rejects with `error` once the signal is aborted. */
export function untilAborted(signal: AbortSignal, error: Error = new Error("stopped")): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(error);
    else signal.addEventListener("abort", () => reject(error), { once: true });
  });
}
