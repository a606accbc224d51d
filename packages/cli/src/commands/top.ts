/**
 * `turnmux top`: a gateway's sessions, calls, lanes and lag, live.
 *
 * @module
 */
import { emitKeypressEvents } from "node:readline";
import { TurnmuxError, type ClientSession } from "@turnmux/client";
import { CommandError, ExitCode } from "../exit-codes.ts";
import { print, report } from "../report.ts";
import { openSession, type ConnectionOptions } from "../session.ts";
import { STATS_TOOL } from "../stats.ts";
import { oneLine, table, toJson } from "../text.ts";

/** Options of the command. */
export interface TopOptions extends ConnectionOptions {
  /** Milliseconds. */
  readonly interval: number;
  readonly once?: boolean;
}

/** The terminal's other screen, without a cursor; and back. */
const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_LINE = "\u001b[K";
const CLEAR_REST = "\u001b[J";

/** Runs it, and gives the exit code. */
export async function topCommand(options: TopOptions): Promise<number> {
  const over = new AbortController();
  const live = process.stdout.isTTY && options.once !== true && options.json !== true;
  let session: ClientSession | undefined;
  let code: number = ExitCode.ok;
  const stop = (signal?: NodeJS.Signals): void => {
    if (signal === "SIGTERM") code = ExitCode.terminated;
    over.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    session = await openSession(options, over.signal);
    if (!session.offers.has(STATS_TOOL)) throw notOffered();
    if (live) await show(session, options, over, stop);
    else await list(session, options, over.signal);
    return code;
  } catch (error) {
    if (over.signal.aborted) return code;
    return report(error, options.json === true);
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    await session?.close();
  }
}

function notOffered(): CommandError {
  return new CommandError(
    `this gateway does not offer ${STATS_TOOL} to you. turnmux serve does; any other gateway by offerStats(gateway) of @turnmux/cli/stats, to those with the scope ${STATS_TOOL}`,
  );
}

/** Without a terminal: once, or a JSON line each time until it is ended. */
async function list(session: ClientSession, options: TopOptions, over: AbortSignal): Promise<void> {
  do {
    const stats = await session.call(STATS_TOOL, {}, { signal: over });
    print(options.json === true ? toJson(stats) : screen(stats, undefined).join("\n"));
    if (options.once === true || options.json !== true) return;
    await pause(options.interval, over);
  } while (!over.aborted);
}

async function show(
  session: ClientSession,
  options: TopOptions,
  over: AbortController,
  stop: () => void,
): Promise<void> {
  const { stdin, stdout } = process;
  const key = (_text: string, pressed: { readonly name?: string; readonly ctrl?: boolean }): void => {
    if (pressed.name === "q" || (pressed.ctrl === true && pressed.name === "c")) stop();
  };
  stdout.write(ENTER);
  emitKeypressEvents(stdin);
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.on("keypress", key);
  stdin.resume();
  let stats: unknown;
  try {
    while (!over.signal.aborted) {
      let problem: string | undefined;
      try {
        stats = await session.call(
          STATS_TOOL,
          {},
          { timeoutMs: Math.max(2_000, options.interval), signal: over.signal },
        );
      } catch (error) {
        if (session.state === "closed") throw error;
        problem = TurnmuxError.is(error) ? error.sentence : "the gateway cannot be asked";
      }
      const lines = screen(stats, problem).slice(0, Math.max(1, stdout.rows - 1));
      stdout.write(HOME + lines.map((line) => line.slice(0, stdout.columns) + CLEAR_LINE).join("\n") + CLEAR_REST);
      await pause(options.interval, over.signal);
    }
  } finally {
    stdin.off("keypress", key);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
    stdout.write(LEAVE);
  }
}

async function pause(milliseconds: number, over: AbortSignal): Promise<void> {
  if (over.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => resolve();
  const timer = setTimeout(done, milliseconds);
  over.addEventListener("abort", done, { once: true });
  await promise;
  clearTimeout(timer);
  over.removeEventListener("abort", done);
}

/** What is shown, line by line. Of what a gateway does not tell it says "?". */
function screen(stats: unknown, problem: string | undefined): string[] {
  const number = (...path: string[]): string => {
    const found = path.reduce((at: unknown, name) => fieldOf(at, name), stats);
    return typeof found === "number" ? String(Math.round(found * 10) / 10) : "?";
  };
  const lines = [
    problem === undefined
      ? "turnmux top                                     q ends it"
      : `no answer: ${oneLine(problem)}`,
    `sessions ${number("sessions")}   handshakes ${number("handshakes", "accepted")} accepted, ${number("handshakes", "refused")} refused   unauthenticated ${number("unauthenticated")}`,
    `calls    ${number("running", "incoming")} in, ${number("running", "outgoing")} out, ${number("running", "handlers")} handlers   ended ${number("ended", "incoming", "ok")} ok, ${number("ended", "incoming", "failed")} failed, ${number("ended", "incoming", "unknown")} unknown`,
    `lanes    ${number("lanes", "running")} running, ${number("lanes", "waiting")} waiting`,
    `lag      ${number("lagMs")} ms`,
    "",
  ];
  const list = fieldOf(stats, "list");
  const rows = (Array.isArray(list) ? list : []).map((session: unknown) =>
    ["principal", "state", "incoming", "outgoing", "id"].map((name) => oneLine(textOf(fieldOf(session, name)))),
  );
  return [...lines, ...table([["PRINCIPAL", "STATE", "IN", "OUT", "SESSION"], ...rows]).split("\n")];
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "?";
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
