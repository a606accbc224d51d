/** A client in a thread of its own that gives a blocked gateway as much to do as it can, in one way. */
import { parentPort, workerData } from "node:worker_threads";
import { connect, sharedToken, type ClientSession } from "@turnmux/client";
import { defineTools, tool } from "../../src/index.ts";
import {
  anything,
  LANE_CALLS,
  OFFERED,
  OFFERS,
  REPORT_OCTETS,
  REPORTS,
  SESSIONS,
  State,
  STRANGERS,
  tools,
  type HostileStart,
} from "./floods.ts";

/** A name for each. */
function offered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `tool${index}`);
}

/** Waits without the event loop of the other thread. */
async function until(state: Int32Array<SharedArrayBuffer>, wanted: number): Promise<void> {
  for (let now = Atomics.load(state, 0); now < wanted; now = Atomics.load(state, 0)) {
    await Atomics.waitAsync(state, 0, now).value;
  }
}

function tell(state: Int32Array<SharedArrayBuffer>, now: number): void {
  Atomics.store(state, 0, now);
  Atomics.notify(state, 0);
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** So many times, and so many of them at once. What fails is what it is for. */
async function many(times: number, atOnce: number, act: () => Promise<unknown>): Promise<void> {
  let begun = 0;
  const one = async (): Promise<void> => {
    while (begun < times) {
      begun += 1;
      await act().catch(() => {});
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

async function flood({ url, secret, flood: how, state }: HostileStart): Promise<void> {
  const open = (key = secret): Promise<ClientSession> => connect(url, { auth: sharedToken(key), reconnect: false });
  const session = how === "strangers" || how === "sessions" ? undefined : await open();
  const implement = (names: readonly string[]): (() => void) | undefined => {
    const tree = names.map((name) => [name, tool({ description: "Nothing", ...anything, effect: "read" })]);
    const handlers = names.map((name) => [name, () => 0]);
    return session?.implement(defineTools(Object.fromEntries(tree)), Object.fromEntries(handlers));
  };
  if (how === "offers") implement(offered(OFFERED));
  session?.implement(tools.client, {
    report: async (_input, call) => {
      await until(state, State.begin);
      const text = "r".repeat(REPORT_OCTETS - 6);
      for (let index = 1; index <= REPORTS; index++) {
        call.progress(text + String(index).padStart(6, "0"));
        await turn();
      }
      // Behind all of them.
      await session.outcome({ key: "none" });
      tell(state, State.done);
      await until(state, State.end);
      return REPORTS;
    },
  });
  await session?.outcome({ key: "none" });
  tell(state, State.ready);
  await until(state, State.begin);
  if (how === "progress") return;
  if (how === "offers") {
    for (let index = 0; index < OFFERS; index++) {
      implement([`last${index}`]);
      await turn();
    }
  } else if (how === "lanes") {
    await many(LANE_CALLS, 100, async () => session?.client(tools.gateway).laned({}, { timeoutMs: 1 }));
  } else if (how === "sessions") {
    await many(SESSIONS, 20, async () => (await open()).close());
  } else await many(STRANGERS, 20, () => open("nobody has this secret"));
  await session?.outcome({ key: "none" });
  tell(state, State.done);
  await until(state, State.end);
  await session?.close();
}

// Waiting for memory keeps no thread up.
parentPort?.on("message", () => {});
await flood(workerData as HostileStart);
