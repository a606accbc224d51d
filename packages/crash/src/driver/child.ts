/**
 * A process of a run, from the driver's side.
 *
 * @module
 */

import { fork, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import type { FromProcess, ProcessSettings, ToProcess } from "../messages.ts";

/** What the driver wants to know of a process. */
export interface ChildEvents {
  message(child: Child, message: FromProcess): void;
  /** It is gone. `expected`: it was killed, or left in order. */
  exit(child: Child, expected: boolean, how: string): void;
}

/** Node 22 says of its SQLite that it is an experiment. */
const NODE_OPTIONS = ["--disable-warning=ExperimentalWarning"];

/** See the module's comment. */
export class Child {
  /** Its name and number, such as `gateway#3`. */
  readonly process: string;
  /** Resolves when it is gone. */
  readonly gone: Promise<void>;
  /** Set by the owner: it said that it can be used. */
  ready = false;
  readonly #child: ChildProcess;
  #over = false;
  #expected = false;
  #killed = false;

  /** Starts it. `entry` is the file of its program; what it writes to its standard outputs goes to a file of the folder. */
  constructor(entry: string, settings: ProcessSettings, events: ChildEvents) {
    this.process = settings.process;
    const log = openSync(join(settings.folder, `${settings.process}.log`), "a");
    this.#child = fork(entry, [JSON.stringify(settings)], {
      execArgv: NODE_OPTIONS,
      stdio: ["ignore", log, log, "ipc"],
      env: { ...process.env, NODE_COMPILE_CACHE: join(settings.folder, "compiled") },
    });
    closeSync(log);
    this.#child.on("message", (message) => {
      const said = message as FromProcess;
      if (said.say === "left") this.#expected = true;
      events.message(this, said);
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gone = promise;
    const exit = (how: string): void => {
      if (this.#over) return;
      this.#over = true;
      resolve();
      events.exit(this, this.#expected, how);
    };
    this.#child.on("error", (error) => {
      // Also where a message could not be sent, and then it is there as before.
      if (this.#child.pid === undefined) exit(error.message);
    });
    this.#child.on("exit", (code, signal) => exit(signal ?? `exit code ${code}`));
  }

  /** The system's number of it. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** True from {@link kill} on. */
  get killed(): boolean {
    return this.#killed;
  }

  /** True until it is gone. */
  get lives(): boolean {
    return !this.#over;
  }

  /** Tells it; nothing happens where it is gone. */
  tell(message: ToProcess): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  /** `kill -9`. */
  kill(): void {
    this.#expected = true;
    this.#killed = true;
    this.#child.kill("SIGKILL");
  }
}
