/**
 * A process of a bench, from the driver's side.
 *
 * @module
 */

import { fork, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import type { FromProgram, ToProgram } from "./messages.ts";

/** What a program can be asked to do, beside what every one can ({@link CommonActions}). */
// A parameter of type never: a table may have functions of any one argument.
export type Actions = Readonly<Record<string, (argument: never) => unknown>>;

/** What every program can be asked for: see `process/program.ts`. */
export type CommonActions = {
  /** CPU time of the process so far, all of its threads, user and system together, in microseconds. */
  readonly cpu: () => number;
  /** Octets, after a collection where the program has `--expose-gc`. */
  readonly memory: () => { readonly rss: number; readonly heapUsed: number; readonly external: number };
};

type Argument<F> = F extends (argument: infer T) => unknown ? T : never;
type Result<F> = F extends (argument: never) => infer R ? Awaited<R> : never;

/** What a program is started with. */
export interface ProgramOptions {
  readonly name: string;
  /** Its file. */
  readonly entry: string;
  readonly settings: unknown;
  /** Where its standard outputs go. */
  readonly log: string;
  readonly execArgv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** See the module's comment. All that waits for a program rejects when the program ends first, and says how it ended. */
export class Program<A extends Actions = CommonActions> {
  readonly name: string;
  /** Resolves with what `serveProgram` was told to say, once the program can be used. */
  readonly ready: Promise<unknown>;
  /** Resolves when it is gone. */
  readonly gone: Promise<void>;
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #pending = new Map<number, Pending>();
  #ids = 0;
  #end: Error | undefined;
  #leaving = false;

  constructor(options: ProgramOptions) {
    this.name = options.name;
    this.#log = options.log;
    const log = openSync(options.log, "a");
    this.#child = fork(options.entry, [JSON.stringify(options.settings ?? null)], {
      execArgv: ["--disable-warning=ExperimentalWarning", ...options.execArgv],
      stdio: ["ignore", log, log, "ipc"],
      env: options.env,
    });
    closeSync(log);
    this.ready = this.#expect(0);
    this.ready.catch(() => {});
    const gone = Promise.withResolvers<void>();
    this.gone = gone.promise;
    this.#child.on("message", (message) => this.#hear(message as FromProgram));
    const over = (how: string): void => {
      if (this.#end !== undefined) return;
      this.#end = new Error(`the program ${this.name} ended: ${how}${this.#lastWords()}`);
      for (const { reject } of this.#pending.values()) reject(this.#end);
      this.#pending.clear();
      gone.resolve();
    };
    this.#child.on("error", (error) => {
      // Also where a message could not be sent, and then it is there as before.
      if (this.#child.pid === undefined) over(error.message);
    });
    this.#child.on("exit", (code, signal) => over(signal ?? `exit code ${code}`));
  }

  /** The system's number of it. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Has it do something, and gives back what came of it. The types are those of the table that the program serves. */
  ask<K extends keyof (A & CommonActions) & string>(
    action: K,
    ...[argument]: Parameters<(A & CommonActions)[K]> extends [] ? [] : [argument: Argument<(A & CommonActions)[K]>]
  ): Promise<Result<(A & CommonActions)[K]>> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    this.#ids += 1;
    const answer = this.#expect(this.#ids);
    this.#child.send({ id: this.#ids, action, argument } satisfies ToProgram, () => {});
    return answer as Promise<Result<(A & CommonActions)[K]>>;
  }

  /** Lets it end in order, which writes its profile; resolves when it is gone. */
  leave(): Promise<void> {
    if (!this.#leaving && this.#child.connected) this.#child.disconnect();
    this.#leaving = true;
    return this.gone;
  }

  /** `kill -9`. */
  kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    return this.gone;
  }

  #expect(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  #hear(message: FromProgram): void {
    const id = message.say === "ready" ? 0 : message.id;
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (message.say === "failed") pending?.reject(new Error(`${this.name}: ${message.message}`));
    else pending?.resolve(message.value);
  }

  #lastWords(): string {
    const lines = readFileSync(this.#log, "utf8").trimEnd().split("\n").slice(-20).join("\n");
    return lines === "" ? "" : `; it wrote:\n${lines}`;
  }
}
