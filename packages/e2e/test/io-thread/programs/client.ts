/** A client in a thread of its own. It begins when the gateway's main thread is blocked, and lets it go on when it has seen enough. */
import { parentPort, workerData } from "node:worker_threads";
import { connect, sharedToken, type ClientSession } from "@turnmux/client";
import { TurnmuxError, type Acceptance } from "@turnmux/core";
import { own, SECRET, tools } from "../support/tools.ts";

/** What a client is to do. */
export type Scenario = keyof typeof scenarios;

/** What the test has put there. */
export interface ClientStart {
  readonly url: string;
  readonly scenario: Scenario;
  /** How often the gateway was blocked, and how often it was to go on. */
  readonly signals: Int32Array<SharedArrayBuffer>;
}

interface Stage {
  readonly open: (reconnect?: boolean) => Promise<ClientSession>;
  readonly release: () => void;
  /** Returns when the gateway is blocked once more. */
  readonly blocked: () => void;
}

async function failure(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "succeeded";
  } catch (error) {
    return TurnmuxError.is(error) ? `${error.code}, ${error.outcome}` : String(error);
  }
}

/** Resolves when ACCEPT has come. */
function accepted(): { readonly promise: Promise<Acceptance>; readonly onAccept: (accept: Acceptance) => void } {
  const { promise, resolve } = Promise.withResolvers<Acceptance>();
  return { promise, onAccept: resolve };
}

const scenarios = {
  /** New clients connect, and their calls are accepted. */
  async newcomers({ open, release }: Stage): Promise<unknown> {
    const sessions = await Promise.all([open(), open(), open()]);
    const waits = sessions.map(() => accepted());
    const calls = sessions.map((session, index) =>
      session.client(tools).echo({ index }, { onAccept: waits[index]?.onAccept }),
    );
    const accepts = await Promise.all(waits.map(({ promise }) => promise));
    release();
    const results = await Promise.all(calls);
    await Promise.all(sessions.map((session) => session.close()));
    return {
      states: accepts.map(({ state }) => state),
      late: accepts.every(({ lagMs }) => lagMs !== undefined),
      results,
    };
  },

  /** Calls are given up while nobody could run them. */
  async impatient({ open, release }: Stage): Promise<unknown> {
    const session = await open();
    const api = session.client(tools);
    const controller = new AbortController();
    const { promise, onAccept } = accepted();
    const cancelled = failure(api.note({ text: "cancelled" }, { signal: controller.signal, onAccept }));
    await promise;
    controller.abort();
    const endings = [await cancelled, await failure(api.note({ text: "late" }, { timeoutMs: 50 }))];
    release();
    const notes = await api.note({ text: "the only one" });
    await session.close();
    return { endings, notes };
  },

  /** Two sessions call under one key, and a third one comes when it is over. */
  async sameKey({ open, release }: Stage): Promise<unknown> {
    const [one, other] = await Promise.all([open(), open()]);
    const first = accepted();
    const second = accepted();
    const key = { key: "the same" };
    const notes = [one.client(tools).note({ text: "a" }, { ...key, onAccept: first.onAccept })];
    await first.promise;
    notes.push(other.client(tools).note({ text: "a" }, { ...key, onAccept: second.onAccept }));
    const states = [(await first.promise).state, (await second.promise).state];
    const conflict = await failure(other.client(tools).note({ text: "b" }, key));
    release();
    const results = await Promise.all(notes);
    results.push(await one.client(tools).note({ text: "a" }, key));
    await Promise.all([one.close(), other.close()]);
    return { states, conflict, results };
  },

  /** More calls wait than are posted at once; every second one is given up. */
  async crowd({ open, release }: Stage): Promise<unknown> {
    const sessions = await Promise.all([open(), open(), open()]);
    const controller = new AbortController();
    const kept: Promise<unknown>[] = [];
    const given: Promise<string>[] = [];
    for (let index = 0; index < 900; index += 1) {
      for (const session of sessions) {
        const { echo } = session.client(tools);
        if (index % 2 === 0) kept.push(echo(index));
        else given.push(failure(echo(index, { signal: controller.signal })));
      }
    }
    const { promise, onAccept } = accepted();
    kept.push(sessions[0]?.client(tools).echo("the last", { onAccept }) ?? Promise.resolve());
    await promise;
    controller.abort();
    const endings = new Set(await Promise.all(given));
    release();
    const results = await Promise.all(kept);
    await Promise.all(sessions.map((session) => session.close()));
    return { endings: [...endings], results: results.length };
  },

  /** The I/O thread ends while a call waits for the main thread. */
  async orphan({ open, release }: Stage): Promise<unknown> {
    const session = await open(true);
    const first = accepted();
    const lost = Promise.withResolvers<undefined>();
    const call = session.client(tools).note({ text: "after all" }, { key: "k", onAccept: first.onAccept });
    await first.promise;
    session.addEventListener("state", ({ detail }) => {
      if (detail.state === "reconnecting") lost.resolve(undefined);
    });
    connect(url, { auth: sharedToken(SECRET, "fatal"), reconnect: false }).catch(() => {});
    await lost.promise;
    release();
    const result = await call;
    await session.close();
    return result;
  },

  /** A new client calls a tool that its session has of its own, and one that is none. */
  async strangers({ open, release }: Stage): Promise<unknown> {
    const session = await open();
    const { mine } = session.client(own);
    const first = accepted();
    const results = [failure(mine({}, { onAccept: first.onAccept })), failure(session.call("nobody.knows", {}))];
    const { state, reason } = await first.promise;
    const controller = new AbortController();
    const second = accepted();
    const cancelled = failure(mine({}, { signal: controller.signal, onAccept: second.onAccept }));
    await second.promise;
    controller.abort();
    const endings = [await cancelled, await failure(mine({}, { timeoutMs: 50 }))];
    release();
    const came = await Promise.all(results);
    await session.close();
    return { state, reason, endings, results: came };
  },

  /** Calls wait whose session the gateway ends before it comes to them. Another one has joined one of them. */
  async takenBack({ open, release, blocked }: Stage): Promise<unknown> {
    const [session, other] = [await open(), await open()];
    release();
    await session.client(tools).echo("the gateway knows both sessions");
    await other.client(tools).echo("both of them");
    release();
    blocked();
    const accepts = [accepted(), accepted(), accepted()];
    const { echo, note } = session.client(tools);
    const calls = [failure(note({ text: "first" }, { key: "first", onAccept: accepts[0]?.onAccept }))];
    await accepts[0]?.promise;
    const joined = failure(
      other.client(tools).note({ text: "first" }, { key: "first", onAccept: accepts[1]?.onAccept }),
    );
    // More than are posted at once.
    const others = Promise.allSettled(Array.from({ length: 600 }, () => other.client(tools).echo("the other's")));
    for (let index = 0; index < 600; index += 1) calls.push(failure(echo(index)));
    calls.push(failure(note({ text: "second" }, { key: "second", onAccept: accepts[2]?.onAccept })));
    await Promise.all(accepts.map(({ promise }) => promise));
    release();
    const endings = new Set(await Promise.all(calls));
    const again = failure(other.client(tools).note({ text: "second" }, { key: "second" }));
    const answered = (await others).filter(({ status }) => status === "fulfilled").length;
    return { endings: [...endings], joined: await joined, again: await again, answered };
  },

  /** Who cannot prove anything is refused. */
  async stranger({ release }: Stage): Promise<unknown> {
    const refused = await failure(connect(url, { auth: sharedToken("another secret of the tests"), reconnect: false }));
    release();
    return refused;
  },
} as const satisfies Readonly<Record<string, (stage: Stage) => Promise<unknown>>>;

// What the test has put there.
const { url, scenario, signals } = workerData as ClientStart;
parentPort?.postMessage("ready", []);
let rounds = 0;
// Nothing else keeps this thread up before it is connected, and so it does not go on meanwhile.
const blocked = (): void => {
  Atomics.wait(signals, 0, rounds);
  rounds += 1;
};
blocked();
const result = await scenarios[scenario]({
  open: (reconnect = false) => connect(url, { auth: sharedToken(SECRET), ...(reconnect ? {} : { reconnect: false }) }),
  release: () => {
    Atomics.add(signals, 1, 1);
    Atomics.notify(signals, 1);
  },
  blocked,
});
parentPort?.postMessage(result, []);
