/**
 * What clients see of one gateway while it stands still: a line each second, as it happens.
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import { connect, sharedToken, type ClientSession, type PeerHealth } from "@turnmux/client";
import { SECRET } from "./messages.ts";
import { startGateway } from "./process.ts";
import { Tally, type Totals } from "./tally.ts";
import { digest, tools } from "./tools.ts";

/** What is to be seen. */
export interface WatchOptions {
  readonly ioThread: boolean;
  /** How long the main thread stands still, in milliseconds. */
  readonly blockMs: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What became of everything. */
export interface Watched {
  /** From dialling to a session that stands. */
  readonly clients: Totals;
  /** From a call to ACCEPT. */
  readonly accepts: Totals;
  /** From a call of the main thread's tool to its end. */
  readonly notes: Totals;
  /** From a call of a worker tool to its end. */
  readonly digests: Totals;
  /** States of the gateway that the session's client was shown. */
  readonly states: readonly string[];
  /** Notes that were written another number of times than once. */
  readonly notOnce: number;
}

/** How long the gateway is watched before it stands still, and behind that. */
const AROUND_MS = 1_500;

/** How often something new is begun, and what became of the others is shown. */
const CALL_EVERY_MS = 250;
const CLIENT_EVERY_MS = 500;
const LINE_EVERY_MS = 1_000;

/** Longer than the gateway stands still: whoever knows that it may says so. */
const PATIENCE_MS = 120_000;

/** Starts a gateway, watches it stand still, and ends it. */
export async function watch(options: WatchOptions): Promise<Watched> {
  const gateway = await startGateway(options.ioThread);
  try {
    return await watchClients(gateway.url, (milliseconds) => gateway.block(milliseconds), options);
  } finally {
    await gateway.end();
  }
}

async function watchClients(
  url: string,
  block: (milliseconds: number) => Promise<number>,
  { blockMs, say, signal }: WatchOptions,
): Promise<Watched> {
  let from = Number.POSITIVE_INFINITY;
  let notOnce = 0;
  // By the clock, and not by what was heard: the gateway itself tells since when.
  const isBlocked = (): boolean => Date.now() >= from && Date.now() < from + blockMs;
  const clients = new Tally(isBlocked);
  const accepts = new Tally(isBlocked);
  const notes = new Tally(isBlocked);
  const digests = new Tally(isBlocked);
  const open = (): Promise<ClientSession> =>
    connect(url, { auth: sharedToken(SECRET), limits: { handshakeMs: PATIENCE_MS } });
  const session = await open();
  // So that all code is there that is to be watched.
  await session.client(tools).note({ text: "the first one" }, { key: "the first one" });
  await session.client(tools).digest({ text: "the first one" });
  const api = session.client(tools);
  const states = new Set<string>();
  session.addEventListener("gateway", ({ detail }) => states.add(detail.state));

  const begin = {
    client: async () => {
      const done = clients.begin();
      const fresh = await failing(clients, open());
      done();
      await fresh?.close();
    },
    note: async (text: string) => {
      const accepted = accepts.begin();
      const done = notes.begin();
      const said = await failing(notes, api.note({ text }, { key: text, timeoutMs: PATIENCE_MS, onAccept: accepted }));
      // END stands for ACCEPT where both are there at once.
      accepted();
      done();
      if (said !== undefined && said.runs !== 1) notOnce += 1;
    },
    digest: async (text: string) => {
      const done = digests.begin();
      const said = await failing(digests, api.digest({ text }, { timeoutMs: PATIENCE_MS }));
      done();
      if (said !== undefined && said !== digest({ text })) notOnce += 1;
    },
  };

  const startedAt = performance.now();
  const going: Promise<void>[] = [];
  const endsAt = startedAt + AROUND_MS + blockMs + AROUND_MS;
  let number = 0;
  const every = (milliseconds: number, act: () => void): Promise<void> => repeat(milliseconds, endsAt, signal, act);
  await Promise.all([
    every(CALL_EVERY_MS, () => {
      number += 1;
      going.push(begin.note(`note ${number}`), begin.digest(`text ${number}`));
    }),
    every(CLIENT_EVERY_MS, () => going.push(begin.client())),
    every(LINE_EVERY_MS, () => {
      const at = `${((performance.now() - startedAt) / 1_000).toFixed(0)} s`.padStart(6);
      const parts = [clients, accepts, digests].map((tally) => tally.lately().padEnd(20));
      say(`${at}  ${isBlocked() ? "STANDS STILL" : "runs        "}  ${parts.join("  ")}  ${shown(session.gateway)}`);
    }),
    wait(AROUND_MS, undefined, { signal }).then(async () => {
      from = await block(blockMs);
    }),
  ]);
  await Promise.all(going);
  await session.close();
  return {
    clients: clients.totals,
    accepts: accepts.totals,
    notes: notes.totals,
    digests: digests.totals,
    states: [...states],
    notOnce,
  };
}

async function failing<T>(tally: Tally, promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch {
    tally.fail();
    return undefined;
  }
}

async function repeat(every: number, endsAt: number, signal: AbortSignal, act: () => void): Promise<void> {
  for (let at = performance.now(); at < endsAt; at += every) {
    await wait(Math.max(0, at - performance.now()), undefined, { signal });
    act();
  }
}

/** What a client knows of the gateway's process. */
function shown(gateway: PeerHealth | undefined): string {
  if (gateway === undefined) return "no connection";
  const { state, lagMs = 0, silentMs } = gateway;
  if (state === "busy") return `busy: ${lagMs} ms late`;
  return state === "quiet" ? `quiet for ${silentMs.toFixed(0)} ms` : "alive";
}
