/**
 * Runs one row: a fresh gateway process with an empty job table, one session, one turn, and then the counting.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import type { Job } from "../cron/job.ts";
import type { OpenDoor } from "../doors/door.ts";
import type { Said } from "../gateway/agent-gateway.ts";
import { REQUEST, WANTED } from "../request.ts";
import { Runner } from "../runner/runner.ts";
import { BLOCK_MS, SESSION } from "../settings.ts";
import type { ModelSettings } from "../turn/model.ts";
import type { TurnRecord } from "../turn/record.ts";
import { temporaryDatabase } from "../temporary.ts";
import { type Undo, withUndo } from "../undo.ts";
import { unlessAborted } from "../within.ts";
import { GatewayProcess } from "./gateway-process.ts";
import type { RowResult, RowSpec } from "./row.ts";

/** Runs a row and counts. Leaves nothing behind, whether it succeeds or fails. */
export function runRow(spec: RowSpec, model: ModelSettings, signal: AbortSignal): Promise<RowResult> {
  return withUndo(async (undo) => {
    signal.throwIfAborted();
    const token = randomBytes(16).toString("hex");
    const database = await temporaryDatabase(undo);
    const gateway = await GatewayProcess.start({
      token,
      database,
      blockMs: BLOCK_MS,
      port: 0,
      ioThread: spec.ioThread,
    });
    undo(() => gateway.stop());

    const lab: Lab = { gateway, token, model, signal };
    const { said, turn, ticks, texts, acceptedMs } =
      spec.openDoor === undefined ? await byGateway(lab) : await byRunner(lab, spec.openDoor, undo);
    const { connections, jobs } = await unlessAborted(signal, gateway.ask("settle", null));
    return {
      ...figuresOf(spec, turn, jobs),
      connections,
      connectionsInTurn: said.connections,
      acceptedMs: acceptedMs === undefined ? undefined : round(acceptedMs),
      texts,
      ticks,
      replyIntact: said.reply === said.streamed && said.reply === turn.reply,
      log: turn.calls.map((call) => ({ ...call, ms: round(call.ms) })),
    };
  });
}

interface Lab {
  readonly gateway: GatewayProcess;
  readonly token: string;
  readonly model: ModelSettings;
  readonly signal: AbortSignal;
}

/** A turn that is over. */
interface Taken extends Pick<RowResult, "ticks" | "texts" | "acceptedMs"> {
  readonly said: Said;
  readonly turn: TurnRecord;
}

/** The session has a runner in this process, with a socket to the gateway. */
async function byRunner({ gateway, token, model, signal }: Lab, openDoor: OpenDoor, undo: Undo): Promise<Taken> {
  const runner = await Runner.connect({
    url: gateway.url,
    threadUrl: gateway.threadUrl,
    token,
    session: SESSION,
    model,
    openDoor,
    signal,
  });
  undo(() => runner.close());
  const said = await unlessAborted(signal, gateway.ask("say", { session: SESSION, text: REQUEST }));
  const { ticks } = runner;
  // Texts that are under way are still to arrive.
  await unlessAborted(signal, runner.close());
  const { texts, acceptedMs } = runner;
  const [turn] = runner.turns;
  if (turn === undefined) throw new Error("the gateway has a reply, and the runner took no turn");
  return { said, turn, ticks, texts, acceptedMs };
}

/** The gateway takes the turn itself, and has no socket to anybody. */
async function byGateway({ gateway, model, signal }: Lab): Promise<Taken> {
  const taking = gateway.ask("take", { session: SESSION, text: REQUEST, model });
  const { said, record } = await unlessAborted(signal, taking);
  return { said, turn: record, ticks: 0, texts: { whole: 0, broken: 0 } };
}

type Counted = "connections" | "connectionsInTurn" | "acceptedMs" | "texts" | "ticks" | "replyIntact" | "log";
type Figures = Omit<RowResult, Counted>;

function figuresOf({ row, title, kind }: RowSpec, turn: TurnRecord, jobs: readonly Job[]): Figures {
  const times = turn.calls.map((call) => call.ms).sort((left, right) => left - right);
  const errors = turn.calls.flatMap((call) => (call.error === undefined ? [] : [call.error]));
  return {
    row,
    title,
    kind,
    calls: turn.calls.length,
    errors: errors.length,
    timeouts: errors.filter((text) => text.includes("timeout after")).length,
    jobsWanted: WANTED.length,
    jobsCreated: jobs.length,
    duplicates: jobs.length - new Set(jobs.map((job) => job.name)).size,
    medianMs: round(median(times)),
    slowestMs: round(times.at(-1) ?? 0),
  };
}

/** Of sorted numbers. */
function median(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
