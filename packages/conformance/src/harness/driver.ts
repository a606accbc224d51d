/**
 * A peer under test as a process that is driven with lines of JSON. `docs/spec.md` section 15.
 *
 * @module
 */
import { spawn, type ChildProcess } from "node:child_process";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { z } from "zod";
import { Failure, HarnessError, Unsupported } from "../suite/verdict.ts";
import { Inbox } from "./inbox.ts";

/** A value on a line: JSON, with octets as `{"$bytes": base64}`. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** An event that a peer under test printed. */
export interface DriverEvent {
  readonly event?: string | undefined;
  readonly session?: string | undefined;
  /** Only in the first line. */
  readonly ready?: unknown;
  readonly [field: string]: unknown;
}

const Line: z.ZodType<DriverEvent> = z.looseObject({
  event: z.string().optional(),
  session: z.string().optional(),
  ready: z.unknown().optional(),
});

const Without: z.ZodType<{ readonly withoutLimits?: readonly string[] | undefined }> = z.looseObject({
  withoutLimits: z.array(z.string()).optional(),
});

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How long a line of the standard output may be, in characters: 16 MiB where all are ASCII, as octets in JSON are. */
export const LINE_CHARACTERS: number = 16 * 1024 * 1024;

/** Lines of the standard error output that are kept for messages. */
const KEPT_LINES = 20;

/** How much of each of them is kept. */
const KEPT_CHARACTERS = 8_192;

/** Where there are process groups a peer leads one of its own: what it starts, as `sh` and `npx` do, can be ended with it. */
const HAS_GROUPS = process.platform !== "win32";

/** Those whose processes have not ended. */
const living = new Set<PeerProcess>();

/** A suite that exits while it has peers leaves none: those that do not look at their input least of all. */
function endAll(): void {
  for (const peer of living) void peer.kill();
}

/** How long a process that is gone may be waited for by what it wrote last, in milliseconds. */
const LAST_WORDS_MS = 500;

/** Cases that are named as those which a process has served last. */
const LAST_CASES = 6;

/** How a process was told to end: by the end of its input, by a signal, or not at all, but by force. */
type Asked = "input" | "signal" | "force";

/** One process under test. The suite owns it and stops it. */
export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #sessions = new Map<string, Inbox<DriverEvent>>();
  readonly #errors: string[] = [];
  /** What it said in `ready`. */
  readonly ready: Promise<unknown>;
  /** Limits that it has said in `ready` to be without. */
  withoutLimits: readonly string[] = [];
  readonly ended: Promise<ProcessEnd>;
  #isEnded = false;
  /** It cannot be used any more, although it may not have ended. */
  readonly #broken: Promise<never>;
  readonly #break: (reason: Error) => void;
  #isReady = false;
  /** How the suite has told it to end. */
  #asked: Asked | undefined;
  /** It was asked by the end of its input, and had to be forced. */
  #forced = false;
  #crash: ProcessEnd | undefined;
  #farewell: ProcessEnd | undefined;
  #mourned = false;
  /** All that it wrote has been read. */
  readonly #silent: Promise<unknown>;
  /** The cases that it serves at present. */
  readonly #cases = new Set<string>();
  /** Those that it has served last. */
  #served: readonly string[] = [];
  #casesAtTheEnd: readonly string[] = [];
  /** Events that belong to no session, `error` above all. */
  readonly general: Inbox<DriverEvent> = new Inbox();
  /** Hears of each event. */
  onevent: ((event: DriverEvent) => void) | undefined;

  /**
   * Starts a program.
   *
   * @param within - How long it may take to be ready, in milliseconds.
   * @param over - Fires when nobody waits for it any more: where it is not ready then, it is stopped.
   */
  constructor(
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
    within: number,
    over?: AbortSignal,
  ) {
    const [program = "", ...args] = command;
    const child = spawn(program, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...environment },
      detached: HAS_GROUPS,
    });
    this.#child = child;
    if (living.size === 0) process.on("exit", endAll);
    living.add(this);
    child.stdin.on("error", () => {});
    // The beginning of a line says what it is about.
    eachLine(child.stderr, KEPT_CHARACTERS, (line) => {
      this.#errors.push(line.trimEnd());
      if (this.#errors.length > KEPT_LINES) this.#errors.shift();
    });
    const { promise, reject } = Promise.withResolvers<never>();
    this.#broken = promise;
    this.#break = reject;
    promise.catch((reason: Error) => {
      void this.kill();
      for (const inbox of [this.general, ...this.#sessions.values()]) inbox.end(reason);
    });
    this.#silent = new Promise((resolve) => child.once("close", resolve));
    this.ended = new Promise((resolve) => {
      child.once("error", () => resolve({ code: null, signal: null }));
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    this.ready = Promise.race([this.#whenReady(child, within, over), this.#broken]);
    this.ready.catch(() => this.stop());
    void this.ended.then((end) => {
      this.#isEnded = true;
      living.delete(this);
      if (living.size === 0) process.off("exit", endAll);
      // What it has left behind; and whoever of that cannot be reached keeps the pipes, which is no reason to wait.
      this.#endGroup();
      for (const pipe of this.#pipes) if (pipe instanceof Socket) pipe.unref();
      this.#casesAtTheEnd = [...this.#cases];
      if (this.#isReady && this.#asked === undefined) this.#crash = end;
      if (this.#isReady && this.#asked === "input") this.#farewell = end;
      const reason = new HarnessError(`The peer under test has ended. ${this.said}`);
      for (const inbox of [this.general, ...this.#sessions.values()]) inbox.end(reason);
    });
  }

  /** True once the process is gone. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** True where it was ready, and has ended although nobody had asked it to. */
  get crashed(): boolean {
    return this.#crash !== undefined;
  }

  /** How it ended where the end of its input was all that told it to. */
  get farewell(): ProcessEnd | undefined {
    return this.#farewell;
  }

  /** True where it did not end when its input did. */
  get wasForced(): boolean {
    return this.#forced;
  }

  /** A case is at it. */
  serve(entry: string): void {
    this.#cases.add(entry);
  }

  /** A case is done with it. */
  release(entry: string): void {
    if (this.#cases.delete(entry) && !this.#isEnded) this.#served = [...this.#served, entry].slice(-LAST_CASES);
  }

  /** True where somebody has been told how it crashed. */
  get isMourned(): boolean {
    return this.#mourned;
  }

  /** How it crashed: sentences, for the case that sees it, or for the run where none was at it. */
  async obituary(entry?: string): Promise<string> {
    this.#mourned = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, LAST_WORDS_MS)));
    await Promise.race([this.#silent, late]);
    clearTimeout(timer);
    const how = this.#crash?.signal ?? `exit code ${this.#crash?.code}`;
    return `The peer's program ended, and nobody had asked it to: ${how}.${this.#suspects(entry)} ${this.said}`;
  }

  #suspects(entry: string | undefined): string {
    const others = this.#casesAtTheEnd.filter((id) => id !== entry);
    if (others.length > 0)
      return ` It served other cases, too (${others.join(", ")}): --jobs 1 tells whose doing it was.`;
    if (entry !== undefined) return "";
    return ` No case was at it${this.#served.length === 0 ? "" : `; it had served these last: ${this.#served.join(", ")}`}.`;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What it wrote to its standard error output last. */
  get said(): string {
    return this.#errors.length === 0
      ? "It wrote nothing to its standard error output."
      : `It said: ${this.#errors.join(" | ")}`;
  }

  #whenReady(child: ChildProcess, within: number, over: AbortSignal | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const given = (): void => {
        clearTimeout(timer);
        reject(new HarnessError("The run is over."));
      };
      if (over?.aborted === true) queueMicrotask(given);
      over?.addEventListener("abort", given);
      const timer = setTimeout(() => {
        reject(
          new HarnessError(`The peer under test printed no line {"ready": ...} within ${within} ms. ${this.said}`),
        );
      }, within);
      child.once("error", (error) => {
        clearTimeout(timer);
        reject(new HarnessError(`The peer under test could not be started: ${error.message}`));
      });
      void this.ended.then(({ code, signal }) => {
        over?.removeEventListener("abort", given);
        clearTimeout(timer);
        reject(
          new HarnessError(
            `The peer under test ended before it was ready (${signal ?? `exit code ${code}`}). ${this.said}`,
          ),
        );
      });
      if (child.stdout === null) return;
      const endless = (): void => {
        clearTimeout(timer);
        this.#break(new Failure("The peer under test printed a line of more than 16 MiB."));
      };
      const online = (line: string): void => {
        const event = parseLine(line);
        if (event === undefined) return;
        if (event.ready !== undefined) {
          clearTimeout(timer);
          this.#isReady = true;
          this.withoutLimits = Without.safeParse(event.ready).data?.withoutLimits ?? [];
          resolve(event.ready);
          return;
        }
        this.onevent?.(event);
        if (event.session === undefined) this.general.put(event);
        else this.events(event.session).put(event);
      };
      eachLine(child.stdout, LINE_CHARACTERS, online, endless);
    });
  }

  /** Writes a line. */
  send(line: Json): void {
    this.#child.stdin?.write(`${lineOf(line)}\n`);
  }

  /** The events of a session. */
  events(session: string): Inbox<DriverEvent> {
    let inbox = this.#sessions.get(session);
    if (inbox === undefined) {
      inbox = new Inbox();
      this.#sessions.set(session, inbox);
    }
    return inbox;
  }

  /** Forgets the events of a session that is over. */
  forget(session: string): void {
    this.#sessions.delete(session);
  }

  /**
   * SIGTERM is for the program alone, which may hand it on. SIGSTOP and SIGCONT are for all that it has started, too: a program is often the
   * child of a shell.
   *
   * @throws Unsupported where the platform has no signals that a program could act on.
   */
  signal(signal: "SIGTERM" | "SIGSTOP" | "SIGCONT"): void {
    if (!HAS_GROUPS) throw new Unsupported(`It needs ${signal}, which this platform does not have.`);
    if (signal !== "SIGTERM") {
      this.#signalGroup(signal);
      return;
    }
    this.#asked ??= "signal";
    this.#child.kill(signal);
  }

  /** Ends it: first by the end of its standard input, then by force. */
  async stop(within = 1_000): Promise<ProcessEnd> {
    this.#asked ??= "input";
    this.#child.stdin?.end();
    const timer = setTimeout(() => {
      this.#forced = this.#asked === "input";
      this.#asked = "force";
      this.#endGroup();
    }, within);
    const end = await this.ended;
    clearTimeout(timer);
    for (const pipe of this.#pipes) pipe?.destroy();
    return end;
  }

  /** kill -9. */
  async kill(): Promise<ProcessEnd> {
    this.#asked = "force";
    this.#endGroup();
    return this.ended;
  }

  get #pipes(): readonly (Readable | Writable | null)[] {
    return [this.#child.stdin, this.#child.stdout, this.#child.stderr];
  }

  /** kill -9 of the process, and of all that it has started; where there are no groups, of the process alone. */
  #endGroup(): void {
    if (HAS_GROUPS) this.#signalGroup("SIGKILL");
    else this.#child.kill("SIGKILL");
  }

  #signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // Nobody of them is left.
    }
  }
}

/**
 * A line ends with a line feed and with nothing else: JSON may have other characters in it that end lines for some readers. Of a line that
 * is longer than `most` characters the first so many are given; or none, and nothing of what follows, where there is an `onlong`.
 */
function eachLine(stream: Readable, most: number, online: (line: string) => void, onlong?: () => void): void {
  let parts: string[] = [];
  let length = 0;
  const add = (part: string): boolean => {
    if (part !== "" && length < most) parts.push(part.slice(0, most - length));
    length += part.length;
    if (length <= most || onlong === undefined) return true;
    stream.destroy();
    onlong();
    return false;
  };
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    let from = 0;
    for (let at = chunk.indexOf("\n"); at !== -1; at = chunk.indexOf("\n", from)) {
      if (!add(chunk.slice(from, at))) return;
      const line = parts.join("");
      parts = [];
      length = 0;
      from = at + 1;
      online(line);
    }
    add(chunk.slice(from));
  });
  stream.once("end", () => {
    if (length > 0) online(parts.join(""));
  });
}

/** JSON without the characters that end a line for readers which know more than the line feed. */
function lineOf(value: Json): string {
  return JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

function parseLine(line: string): DriverEvent | undefined {
  try {
    const parsed = Line.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
