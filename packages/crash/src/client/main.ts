/**
 * A client process: calls the gateway, and serves calls of it.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { connect, sharedToken, type ClientSession } from "@turnmux/client";
import { clientTools } from "../contract.ts";
import { nameOf } from "../files.ts";
import { Intents } from "../intents.ts";
import { openJournal } from "../journal.ts";
import { secretOf } from "../secrets.ts";
import { leave, obey, processSettings, tell } from "../parent.ts";
import { Performer } from "../performer.ts";
import { Random } from "../random.ts";

const settings = processSettings();
const name = nameOf(settings.process);
const performer = new Performer(settings.folder, settings.process, []);
const journal = openJournal(settings.folder, name, []);
const state: { session: ClientSession | undefined; leaving: boolean } = { session: undefined, leaving: false };

const intents = new Intents({
  settings,
  random: new Random(settings.seed, settings.process),
  session: async () => {
    while (state.session === undefined) await pause(5);
    return state.session;
  },
  tools: {
    "once.plain": 34,
    "once.reconciled": 18,
    "once.again": 8,
    "plain.put": 8,
    "plain.sum": 12,
    "plain.feed": 12,
    "plain.ask": 8,
  },
  workers: 8,
});

/** A session that ends is followed by another one, as in an application that wants to live on. */
async function keepSession(): Promise<void> {
  while (!state.leaving) {
    const session = await connect(`ws://127.0.0.1:${settings.port}/session`, {
      auth: sharedToken(secretOf(name), name),
      journal,
      reconnect: { initialMs: 20, maxMs: 400 },
      connectTimeoutMs: 120_000,
      agent: settings.process,
    });
    session.implement(clientTools, {
      device: {
        note: (orders, call) => performer.perform(orders, call),
        look: (orders, call) =>
          performer.watch(orders, call, async () => {
            await pause(orders.before);
            return { intent: orders.intent, length: orders.text.length };
          }),
      },
    });
    let { id } = session;
    session.addEventListener("state", ({ detail }) => {
      if (detail.state !== "ready") return;
      tell({ say: "connected", resumed: session.id === id });
      ({ id } = session);
    });
    state.session = session;
    tell({ say: "ready" });
    const end = await session.closed;
    state.session = undefined;
    if (!state.leaving) intents.sessionEnded(end.cause, end.code, end.message);
  }
}

let told = 0;
function count(): void {
  const { calls, pending } = intents.counts;
  tell({ say: "counts", calls: calls - told, pending });
  told = calls;
}

async function end(): Promise<void> {
  state.leaving = true;
  while (performer.running > 0) await pause(10);
  await state.session?.close();
  await journal.close();
  count();
  intents.leave();
  leave();
}

obey(({ say }) => {
  if (say === "calm") intents.calm();
  else void end();
});
setInterval(count, 500).unref();
void keepSession();
await intents.work();
tell({ say: "finished" });
