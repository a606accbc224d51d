/** A client in a thread of its own: makes calls under keys, and when all of them are queued it may end the I/O thread. */
import { parentPort, workerData } from "node:worker_threads";
import { connect, sharedToken } from "@turnmux/client";
import { killThreadOf } from "./kill-thread.ts";
import { MORTAL_SECRET } from "./mortal-auth.ts";

/** What the thread gets. */
export interface KillingStart {
  readonly url: string;
  readonly tool: string;
  /** How many calls it makes, under the keys `k0` and so on, over several sessions. */
  readonly calls: number;
  readonly sessions: number;
  readonly kills: boolean;
  /** 1 once its sessions stand; 2 when it is to make its calls; 3 once they are queued, and the I/O thread is dead where that is to be. */
  readonly state: Int32Array<SharedArrayBuffer>;
}

const { url, tool, calls, sessions, kills, state } = workerData as KillingStart;

const clients = await Promise.all(
  Array.from({ length: sessions }, () => connect(url, { auth: sharedToken(MORTAL_SECRET), reconnect: kills })),
);
Atomics.store(state, 0, 1);
parentPort?.postMessage("connected", []);
await Atomics.waitAsync(state, 0, 1).value;

const queued: Promise<unknown>[] = [];
const ended = Array.from({ length: calls }, async (_, index) => {
  const said = Promise.withResolvers<undefined>();
  queued.push(said.promise);
  try {
    const client = clients[index % sessions];
    await client?.call(tool, { n: index }, { key: `k${index}`, onAccept: () => said.resolve(undefined) });
    return "ok";
  } catch (error) {
    return String(error);
  }
});
await Promise.all(queued);
if (kills) await killThreadOf(url);
Atomics.store(state, 0, 3);
Atomics.notify(state, 0);
parentPort?.postMessage([...new Set(await Promise.all(ended))], []);
for (const client of clients) await client.close();
