/** A client in a thread of its own, for a gateway whose main thread waits for it in `Atomics.wait`. */
import { workerData } from "node:worker_threads";
import { connect, sharedToken } from "@turnmux/client";

/** What the thread gets. */
export interface BlockedStart {
  readonly url: string;
  readonly secret: string;
  readonly tool: string;
  readonly input: unknown;
  /** 0 until the call is over, then 1 where it had this result, and 2 where it had not. */
  readonly over: Int32Array<SharedArrayBuffer>;
  readonly result: string;
}

const { url, secret, tool, input, over, result } = workerData as BlockedStart;

async function called(): Promise<boolean> {
  const session = await connect(url, { auth: sharedToken(secret), reconnect: false });
  try {
    return JSON.stringify(await session.call(tool, input)) === result;
  } finally {
    await session.close();
  }
}

const isRight = await called().catch(() => false);
Atomics.store(over, 0, isRight ? 1 : 2);
Atomics.notify(over, 0);
