/**
 * A peer under test as a process that is driven with lines of JSON. `docs/spec.md` section 15.
 *
 * @module
 */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { z } from "zod";
import { HarnessError } from "../suite/verdict.ts";
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

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Lines of the standard error output that are kept for messages. */
const KEPT_LINES = 20;

/** One process under test. The suite owns it and stops it. */
export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #sessions = new Map<string, Inbox<DriverEvent>>();
  readonly #errors: string[] = [];
  /** What it said in `ready`. */
  readonly ready: Promise<unknown>;
  readonly ended: Promise<ProcessEnd>;
  #isEnded = false;
  /** Events that belong to no session, `error` above all. */
  readonly general: Inbox<DriverEvent> = new Inbox();
  /** Hears of each event. */
  onevent: ((event: DriverEvent) => void) | undefined;

  constructor(command: readonly string[], environment: Readonly<Record<string, string>>, within: number) {
    const [program = "", ...args] = command;
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...environment } });
    this.#child = child;
    child.stdin.on("error", () => {});
    createInterface({ input: child.stderr }).on("line", (line) => {
      this.#errors.push(line);
      if (this.#errors.length > KEPT_LINES) this.#errors.shift();
    });
    this.ended = new Promise((resolve) => {
      child.once("error", () => resolve({ code: null, signal: null }));
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    this.ready = this.#whenReady(child, within);
    this.ready.catch(() => {});
    void this.ended.then(() => {
      this.#isEnded = true;
      const reason = new HarnessError(`The peer under test has ended. ${this.said}`);
      for (const inbox of [this.general, ...this.#sessions.values()]) inbox.end(reason);
    });
  }

  /** True once the process is gone. */
  get isEnded(): boolean {
    return this.#isEnded;
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

  #whenReady(child: ChildProcess, within: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
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
        clearTimeout(timer);
        reject(
          new HarnessError(
            `The peer under test ended before it was ready (${signal ?? `exit code ${code}`}). ${this.said}`,
          ),
        );
      });
      if (child.stdout === null) return;
      eachLine(child.stdout, (line) => {
        const event = parseLine(line);
        if (event === undefined) return;
        if (event.ready !== undefined) {
          clearTimeout(timer);
          resolve(event.ready);
          return;
        }
        this.onevent?.(event);
        if (event.session === undefined) this.general.put(event);
        else this.events(event.session).put(event);
      });
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

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it: first by the end of its standard input, then by force. */
  async stop(within = 1_000): Promise<ProcessEnd> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), within);
    const end = await this.ended;
    clearTimeout(timer);
    return end;
  }

  /** kill -9. */
  async kill(): Promise<ProcessEnd> {
    this.#child.kill("SIGKILL");
    return this.ended;
  }
}

/** A line ends with a line feed and with nothing else: JSON may have other characters in it that end lines for some readers. */
function eachLine(stream: Readable, online: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) online(line);
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
