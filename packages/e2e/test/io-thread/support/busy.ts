/** Clients in a thread of their own, for gateways whose main thread is blocked. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { ClientStart, Scenario } from "../programs/client.ts";

/** What a blocked thread waits for, at the very most. */
const LONGEST_BLOCK_MS = 30_000;

/** A client in another thread, which goes through a scenario. */
export interface OtherThread {
  /**
   * Blocks this thread until the client has come to the point where it releases it, as long as it takes. False where it never came
   * there. A scenario may want it more than once.
   */
  block(): boolean;
  /** Resolves when the client has come to the next such point, without this thread being blocked. */
  reached(): Promise<void>;
  /** What the scenario gave. */
  readonly result: Promise<unknown>;
}

/** Starts a client. It begins with the scenario when this thread is blocked. */
export async function otherThread(url: string, scenario: Scenario): Promise<OtherThread> {
  const signals = new Int32Array(new SharedArrayBuffer(8));
  const workerData: ClientStart = { url, scenario, signals };
  const program = new URL("../programs/client.ts", import.meta.url);
  const worker = new Worker(program, { workerData, execArgv: ["--conditions=turnmux-source"] });
  const result = Promise.withResolvers<unknown>();
  await once(worker, "message");
  worker.once("message", (given) => result.resolve(given));
  worker.once("error", (error) => result.reject(error));
  result.promise.catch(() => {});
  let released = 0;
  return {
    block: () => {
      Atomics.add(signals, 0, 1);
      Atomics.notify(signals, 0);
      released += 1;
      return Atomics.wait(signals, 1, released - 1, LONGEST_BLOCK_MS) !== "timed-out";
    },
    reached: async () => {
      released += 1;
      await Atomics.waitAsync(signals, 1, released - 1).value;
    },
    result: result.promise,
  };
}
