/**
 * The clients' process: sessions that stand and call, and new clients that come meanwhile. All with the times that they have by default:
 * whoever waits for a gateway that may be blocked is to set nothing.
 *
 * @module
 */
import { once } from "node:events";
import { attach, connect, sharedToken, type ClientSession } from "@turnmux/client";
import { WebSocket } from "ws";
import { loadAction, type LoadActions } from "../../load.ts";
import { programSettings, serveProgram } from "../../process/program.ts";
import { digestOf, SECRET, tools } from "./contract.ts";
import type { BusyPlan, BusySample, ClientSettings } from "./settings.ts";
import { paced, Stopwatch } from "./stopwatch.ts";

/** How long the old way waits for an answer. */
const OLD_TIMEOUT_MS = 2_000;

const { way, url } = programSettings() as ClientSettings;
const sessions: ClientSession[] = [];
let notes = 0;

/** Nothing was measured. */
const NONE = new Stopwatch().read();

/** What this program does. */
export type ClientActions = LoadActions & {
  /** Opens sessions, and has each of them call once. */
  readonly prepare: (count: number) => Promise<void>;
  readonly run: (plan: BusyPlan) => Promise<BusySample>;
};

const actions: ClientActions = {
  prepare: async (count) => {
    const accepts = new Stopwatch();
    const ends = new Stopwatch();
    const workers = new Stopwatch();
    const standing = way === "old way" ? 0 : count;
    if (standing === 0) await callAnew(ends);
    for (let i = 0; i < standing; i++) {
      sessions.push(await open());
      await note(i, accepts, ends);
      await digest(i, workers);
    }
    const failure = ends.read().failure ?? workers.read().failure;
    if (failure !== undefined) throw new Error(failure);
  },
  run: way === "old way" ? runOldWay : run,
  ...loadAction(async (number) => {
    const text = `load ${number}`;
    return (await sessionOf(number).client(tools).echo({ text })).text === text;
  }),
};

serveProgram(actions);

async function run({ ms, callsPerSecond, clientsPerSecond }: BusyPlan): Promise<BusySample> {
  const handshakes = new Stopwatch();
  const accepts = new Stopwatch();
  const ends = new Stopwatch();
  const workers = new Stopwatch();
  await Promise.all([
    paced(callsPerSecond, ms, (index) => note(index, accepts, ends)),
    paced(callsPerSecond, ms, (index) => digest(index, workers)),
    paced(clientsPerSecond, ms, () => shake(handshakes)),
  ]);
  return {
    handshakes: handshakes.read(),
    accepts: accepts.read(),
    ends: ends.read(),
    workers: workers.read(),
    old: NONE,
  };
}

/** Those that are begun when the gateway is nearly free again may have their answer in time: they are not asked. */
async function runOldWay({ ms, clientsPerSecond }: BusyPlan): Promise<BusySample> {
  const old = new Stopwatch();
  await paced(clientsPerSecond, Math.max(1, ms - OLD_TIMEOUT_MS), () => callAnew(old));
  return { handshakes: NONE, accepts: NONE, ends: NONE, workers: NONE, old: old.read() };
}

async function open(): Promise<ClientSession> {
  if (way !== "attached") return connect(url, { auth: sharedToken(SECRET) });
  const session = attach(new WebSocket(url, { perMessageDeflate: false }));
  await session.ready;
  return session;
}

function sessionOf(index: number): ClientSession {
  const session = sessions[index % sessions.length];
  if (session === undefined) throw new Error("there are no sessions");
  return session;
}

/** A call of a `once` tool in the main thread. */
async function note(index: number, accepts: Stopwatch, ends: Stopwatch): Promise<void> {
  const at = performance.now();
  notes += 1;
  const id = `note ${notes}`;
  let accepted = false;
  const accept = (): void => {
    if (!accepted) accepts.add(performance.now() - at);
    accepted = true;
  };
  try {
    const said = await sessionOf(index).client(tools).note({ id }, { key: id, onAccept: accept });
    // END stands for ACCEPT where both are there at once.
    accept();
    if (said.id !== id || said.runs !== 1) throw new Error(`${id} was answered as ${said.id}, run ${said.runs}`);
    ends.add(performance.now() - at);
  } catch (error) {
    ends.failed(error);
  }
}

async function digest(index: number, workers: Stopwatch): Promise<void> {
  const at = performance.now();
  const text = `text ${index}`;
  try {
    const said = await sessionOf(index).client(tools).digest({ text });
    if (said !== digestOf(text)) throw new Error("a worker gave a wrong answer");
    workers.add(performance.now() - at);
  } catch (error) {
    workers.failed(error);
  }
}

/** A new client. */
async function shake(handshakes: Stopwatch): Promise<void> {
  const at = performance.now();
  try {
    const session = await open();
    handshakes.add(performance.now() - at);
    await session.close();
  } catch (error) {
    handshakes.failed(error);
  }
}

/** One call as it was made before there was turnmux. */
async function callAnew(old: Stopwatch): Promise<void> {
  const at = performance.now();
  const signal = AbortSignal.timeout(OLD_TIMEOUT_MS);
  const socket = new WebSocket(url, { perMessageDeflate: false });
  try {
    await once(socket, "open", { signal });
    socket.send("text");
    const [data] = (await once(socket, "message", { signal })) as [Buffer];
    if (data.toString() !== digestOf("text")) throw new Error("a wrong answer");
    old.add(performance.now() - at);
  } catch (error) {
    old.failed(error);
  } finally {
    socket.on("error", () => {});
    socket.terminate();
  }
}
