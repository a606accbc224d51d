/**
 * `turnmux call NAME [JSON|@file|-]`
 *
 * @module
 */
import { TurnmuxError, type Acceptance, type ClientSession, type Turn } from "@turnmux/client";
import { ExitCode } from "../exit-codes.ts";
import { readInput } from "../input.ts";
import { note, print, report, warn } from "../report.ts";
import { callerOf, openSession, type ConnectionOptions } from "../session.ts";
import { oneLine, plain, toJson } from "../text.ts";

/** Options of the command. */
export interface CallCommandOptions extends ConnectionOptions {
  readonly key?: string;
  readonly verbose?: boolean;
}

/** Runs it, and gives the exit code. */
export async function callCommand(
  name: string,
  argument: string | undefined,
  options: CallCommandOptions,
): Promise<number> {
  const startedAt = performance.now();
  const input = await readInput(argument, process.stdin);
  const interruption = new Interruption();
  let session: ClientSession | undefined;
  try {
    session = await openSession(options, interruption.whileConnecting);
    interruption.connected();
    const left =
      options.timeout === undefined ? undefined : Math.max(1, options.timeout - (performance.now() - startedAt));
    const json = options.json === true;
    const result = await make(callerOf(session, options), session, name, input, {
      json,
      key: options.key,
      timeoutMs: left,
      signal: interruption.signal,
      onAccept: (acceptance: Acceptance) => told(options, { accepted: acceptance }, () => acceptedLine(acceptance)),
      onProgress: (progress: unknown) => told(options, { progress }, () => `progress: ${toJson(progress)}`),
    });
    if (result !== undefined) printValue(result, json);
    if (interruption.code !== undefined) warn("it was interrupted, and took effect all the same: this is its result");
    return ExitCode.ok;
  } catch (error) {
    const code = report(error, options.json === true);
    // What took effect, or may have, is said by the exit code.
    const harmless = !TurnmuxError.is(error) || error.outcome === "not_started" || error.outcome === "failed";
    return interruption.code !== undefined && harmless ? interruption.code : code;
  } finally {
    interruption.done();
    await session?.close();
  }
}

type Options = NonNullable<Parameters<ClientSession["call"]>[2]>;

async function make(
  caller: ClientSession | Turn,
  session: ClientSession,
  name: string,
  input: unknown,
  options: Options & { readonly json: boolean },
): Promise<unknown> {
  const { json, ...rest } = options;
  const offer = session.offers.get(name);
  if (offer?.streams !== true) {
    // So that an error can say where to look whether it took effect: it costs a round trip, for tools that change something.
    if (offer !== undefined && offer.effect !== READ) await session.catalog().catch(() => {});
    return caller.call(name, input, rest);
  }
  const items = caller.callItems(name, input, rest);
  for await (const item of items) printValue(item, true);
  const result = await items.result;
  return json ? undefined : result;
}

/** The effect `read`, in an offer. */
const READ = 0;

function printValue(value: unknown, json: boolean): void {
  if (json) print(toJson(value));
  else if (typeof value === "string") print(process.stdout.isTTY ? plain(value) : value);
  else print(toJson(value, 2));
}

/** What comes before the result: on standard error, for those who want it. */
function told(options: CallCommandOptions, event: object, line: () => string): void {
  if (options.verbose !== true && !process.stderr.isTTY) return;
  note(options.json === true ? toJson(event) : oneLine(line()));
}

function acceptedLine({ state, reason, place, lagMs }: Acceptance): string {
  const late = lagMs === undefined || lagMs < 1_000 ? "" : `; its event loop is ${Math.round(lagMs)} ms late`;
  const at = place === undefined ? "" : `, at place ${place}`;
  return `${state}${reason === undefined ? "" : `: ${reason}`}${at}${late}`;
}

/** Ctrl-C, or a signal that asks to end: the call is cancelled, and what became of it is awaited. A second one ends at once. */
class Interruption {
  code: number | undefined;
  readonly #connecting = new AbortController();
  readonly #controller = new AbortController();

  constructor() {
    process.on("SIGINT", this.#interrupt);
    process.on("SIGTERM", this.#interrupt);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts what connects; a session that stands is closed when the call is over. */
  get whileConnecting(): AbortSignal {
    return this.#connecting.signal;
  }

  /** The session stands: from now on the call is cancelled, and the session lives until its verdict is here. */
  connected(): void {
    this.#isConnected = true;
  }

  done(): void {
    process.off("SIGINT", this.#interrupt);
    process.off("SIGTERM", this.#interrupt);
  }

  #isConnected = false;

  readonly #interrupt = (signal: NodeJS.Signals): void => {
    const code = signal === "SIGINT" ? ExitCode.interrupted : ExitCode.terminated;
    if (this.code !== undefined) process.exit(code);
    this.code = code;
    const reason = new Error("interrupted");
    if (!this.#isConnected) this.#connecting.abort(reason);
    this.#controller.abort(reason);
  };
}
