/** What one client can make wait for a main thread that is blocked, by what it does meanwhile. */
import { channel } from "node:diagnostics_channel";
import { Worker } from "node:worker_threads";
import { expect, it, onTestFinished } from "vitest";
import type { Gateway, GatewaySession, Occurrence } from "@turnmux/gateway";
import { listening, SECRET, testGateway } from "../support/gateway.ts";
import {
  LANE_CALLS,
  OFFERED,
  OFFERS,
  REPORT_OCTETS,
  REPORTS,
  SESSIONS,
  State,
  STRANGERS,
  tools,
  type Flood,
  type HostileStart,
} from "../support/floods.ts";

/** Messages that the main thread may have unread. */
const MOST_UNREAD = 2_048;

/** Octets of them. */
const MOST_UNREAD_OCTETS = 4 * 1024 * 1024;

const LIMIT_MS = 120_000;

/** A gateway with an I/O thread, and a client in a thread of its own. */
async function beside(flood: Flood) {
  const { gateway } = testGateway();
  let ran = 0;
  gateway.implement(tools.gateway, { laned: () => (ran += 1) });
  const endpoint = await listening(gateway, { ioThread: true });
  const state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const workerData: HostileStart = { url: endpoint.url, secret: SECRET, flood, state };
  const execArgv = ["--conditions=turnmux-source"];
  const client = new Worker(new URL("../support/hostile-client.ts", import.meta.url), { workerData, execArgv });
  onTestFinished(async () => void (await client.terminate()));
  await expect.poll(() => Atomics.load(state, 0), { timeout: 30_000 }).toBe(State.ready);
  const tell = (now: number): void => {
    Atomics.store(state, 0, now);
    Atomics.notify(state, 0);
  };
  return {
    gateway,
    runs: () => ran,
    /** Blocks this thread for as long as the client floods. */
    block: (): void => {
      tell(State.begin);
      expect(Atomics.wait(state, 0, State.begin, 100_000)).not.toBe("timed-out");
      expect(state[0]).toBe(State.done);
    },
    end: () => tell(State.end),
  };
}

/** What is told on a diagnostics channel. */
function told(name: string, event: string): Occurrence[] {
  const all: Occurrence[] = [];
  const listener = (message: unknown): void => {
    const one = message as Occurrence;
    if (one.event === event) all.push(one);
  };
  channel(name).subscribe(listener);
  onTestFinished(() => {
    channel(name).unsubscribe(listener);
  });
  return all;
}

function sessionOf({ sessions }: Gateway): GatewaySession {
  const [session] = sessions;
  if (session === undefined) throw new Error("there is no session");
  return session;
}

it(
  "offers that follow each other: few are read, the last one among them",
  async () => {
    const { gateway, block } = await beside("offers");
    const session = sessionOf(gateway);
    await expect.poll(() => session.offers.size).toBe(OFFERED + 1);
    let offers = 0;
    session.addEventListener("offer", () => void (offers += 1));
    block();
    await expect.poll(() => session.offers.has(`last${OFFERS - 1}`)).toBe(true);
    expect(session.offers.size).toBe(OFFERED + 1 + OFFERS);
    expect(offers).toBeLessThan(15);
  },
  LIMIT_MS,
);

it(
  "reports of progress: few are read, the last one among them, before the end",
  async () => {
    const { gateway, block, end } = await beside("progress");
    const session = sessionOf(gateway);
    await expect.poll(() => session.offers.size).toBe(1);
    const reports: string[] = [];
    const accepted = Promise.withResolvers<unknown>();
    const call = session.client(tools.client).report(
      {},
      {
        timeoutMs: LIMIT_MS,
        onAccept: accepted.resolve,
        onProgress: (report) => void reports.push(report),
      },
    );
    await accepted.promise;
    block();
    end();
    expect(await call).toBe(REPORTS);
    expect(reports.at(-1)?.slice(-6)).toBe(String(REPORTS).padStart(6, "0"));
    expect(reports.length).toBeLessThan(MOST_UNREAD_OCTETS / REPORT_OCTETS + 10);
  },
  LIMIT_MS,
);

it(
  "calls that ask for a lane and go: few are read, and the lane is free",
  async () => {
    const entered = told("turnmux:lane", "entered");
    const { gateway, block, runs } = await beside("lanes");
    block();
    await expect.poll(() => gateway.stats().running.incoming).toBe(0);
    await expect.poll(() => gateway.stats().lanes).toEqual({ running: 0, waiting: 0 });
    // Each is entered and left.
    expect(entered.length).toBeLessThanOrEqual(MOST_UNREAD / 2);
    expect(runs()).toBeLessThan(LANE_CALLS / 2);
  },
  LIMIT_MS,
);

it(
  "clients that come and go: few are heard of, and none is left",
  async () => {
    const { gateway, block } = await beside("sessions");
    let sessions = 0;
    gateway.addEventListener("session", () => void (sessions += 1));
    block();
    await expect.poll(() => sessions > 0 && gateway.sessions.size === 0).toBe(true);
    await expect.poll(() => gateway.stats().unauthenticated).toBe(0);
    expect(sessions).toBeLessThan(SESSIONS * 0.8);
  },
  LIMIT_MS,
);

it(
  "strangers: each is counted, and few are told of",
  async () => {
    const refused = told("turnmux:session", "refused");
    const { gateway, block } = await beside("strangers");
    block();
    await expect.poll(() => gateway.stats().handshakes.refused).toBe(STRANGERS);
    await expect.poll(() => gateway.stats().unauthenticated).toBe(0);
    const times = refused.map(({ fields }) => Number(fields?.["times"] ?? 1));
    expect(times.reduce((sum, one) => sum + one, 0)).toBe(STRANGERS);
    expect(times.length).toBeLessThan(STRANGERS * 0.75);
  },
  LIMIT_MS,
);
