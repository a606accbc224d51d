/**
 * The processes of a run: started, killed, and started again.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AppendFile } from "../append-file.ts";
import { nameOf } from "../files.ts";
import type { FromProcess, ProcessSettings } from "../messages.ts";
import { now, type DriverRecord } from "../records.ts";
import type { Programs } from "./bundle.ts";
import { Child } from "./child.ts";
import type { Proxy } from "./proxy.ts";

/** Milliseconds until a process that ended by itself is started again. */
const AGAIN_MS = 500;

/** How often a process may end by itself until nothing is expected of it any more. */
const MOST_FAILURES = 5;

/** Lines of a process's log that are shown then. */
const LOG_LINES = 20;

/** What a {@link House} works with. */
export interface HouseOptions {
  readonly settings: Omit<ProcessSettings, "process" | "calm">;
  readonly programs: Programs;
  readonly proxy: Proxy;
  readonly log: AppendFile<DriverRecord>;
  /** The run cannot go on. */
  readonly failed: (error: Error) => void;
}

/** See the module's comment. */
export class House {
  /** Calls that processes say to have made. */
  calls = 0;
  /** Connections that went on with their session, and those that began another one. */
  resumed = 0;
  renewed = 0;
  readonly #options: HouseOptions;
  /** The present process of each name. */
  readonly #children = new Map<string, Child>();
  readonly #numbers = new Map<string, number>();
  readonly #pending = new Map<string, number>();
  readonly #finished = new Set<Child>();
  #failures = 0;
  #calm = false;
  #closing = false;
  #changed = Promise.withResolvers<void>();

  constructor(options: HouseOptions) {
    this.#options = options;
  }

  /** The gateway and all clients. */
  get names(): string[] {
    const { clients } = this.#options.settings;
    return ["gateway", ...Array.from({ length: clients }, (_, index) => `c${index + 1}`)];
  }

  /** Calls that have not ended. */
  get pending(): number {
    return [...this.#pending.values()].reduce((sum, pending) => sum + pending, 0);
  }

  /** The processes that live. */
  get living(): string[] {
    return this.names.filter((name) => this.#children.get(name)?.lives === true);
  }

  /** Starts the process of a name, unless there is one. */
  start(name: string): void {
    if (this.#closing || this.#children.get(name)?.lives === true) return;
    const number = (this.#numbers.get(name) ?? 0) + 1;
    this.#numbers.set(name, number);
    const { settings, log, programs } = this.#options;
    const process = `${name}#${number}`;
    const at = now();
    const child = new Child(
      name === "gateway" ? programs.gateway : programs.client,
      { ...settings, process, calm: this.#calm },
      {
        message: (from, message) => this.#message(name, from, message),
        exit: (from, expected, how) => this.#exited(name, from, expected, how),
      },
    );
    log.write({ kind: "driver", at, what: "start", process, detail: `pid ${child.pid ?? "none"}` });
    this.#children.set(name, child);
  }

  /** `kill -9`. Gives back what resolves when the process is gone, or undefined where there was none to kill. */
  kill(name: string): Promise<void> | undefined {
    const child = this.#children.get(name);
    if (child?.lives !== true || child.killed) return undefined;
    const { log, proxy } = this.#options;
    log.write({ kind: "driver", at: now(), what: "kill", process: child.process });
    child.kill();
    if (name === "gateway") proxy.target = undefined;
    return child.gone;
  }

  /** Nothing more is killed: all processes finish what they have begun. Resolves when they have. */
  async settle(): Promise<void> {
    this.#calm = true;
    for (const name of this.names) {
      this.start(name);
      this.#children.get(name)?.tell({ say: "calm" });
    }
    await this.#until(() => this.names.every((name) => this.#isFinished(name)));
  }

  /** All processes end in order, the gateway last. */
  async leave(): Promise<void> {
    this.#closing = true;
    for (const names of [this.names.slice(1), ["gateway"]]) {
      const children = names.map((name) => this.#children.get(name)).filter((child) => child !== undefined);
      for (const child of children) child.tell({ say: "leave" });
      await Promise.all(children.map((child) => child.gone));
    }
  }

  /** Ends what still lives, at once. */
  async close(): Promise<void> {
    this.#closing = true;
    const living = [...this.#children.values()].filter((child) => child.lives);
    for (const child of living) child.kill();
    await Promise.all(living.map((child) => child.gone));
  }

  /** Resolves when every process can be used. */
  ready(): Promise<void> {
    return this.#until(() => this.names.every((name) => this.#children.get(name)?.ready === true));
  }

  /** For a run that took too long: who is not done. */
  unfinished(): string[] {
    return this.names.filter((name) => !this.#isFinished(name));
  }

  #isFinished(name: string): boolean {
    const child = this.#children.get(name);
    return child !== undefined && child.lives && this.#finished.has(child);
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#changed.promise;
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #message(name: string, child: Child, message: FromProcess): void {
    switch (message.say) {
      case "ready":
        // A client says so with each of its sessions, and has heard the rest before.
        if (child.ready) break;
        child.ready = true;
        this.#options.log.write({ kind: "driver", at: now(), what: "ready", process: child.process });
        if (name === "gateway" && child.lives) this.#options.proxy.target = message.port;
        // It was started before, and has not heard.
        if (this.#calm) child.tell({ say: "calm" });
        break;
      case "counts":
        this.calls += message.calls;
        this.#pending.set(name, message.pending);
        break;
      case "connected":
        if (message.resumed) this.resumed += 1;
        else this.renewed += 1;
        break;
      case "finished":
        this.#finished.add(child);
        break;
      case "left":
        break;
    }
    this.#change();
  }

  #exited(name: string, child: Child, expected: boolean, how: string): void {
    this.#pending.delete(name);
    if (name === "gateway" && this.#children.get(name) === child) this.#options.proxy.target = undefined;
    this.#change();
    if (expected || this.#closing) return;
    this.#options.log.write({ kind: "driver", at: now(), what: "exit", process: child.process, detail: how });
    this.#failures += 1;
    if (this.#failures >= MOST_FAILURES) {
      const log = join(this.#options.settings.folder, `${child.process}.log`);
      const end = readFileSync(log, "utf8").trimEnd().split("\n").slice(-LOG_LINES).join("\n");
      this.#options.failed(new Error(`processes end by themselves, such as ${child.process}: ${how}\n${end}`));
      return;
    }
    setTimeout(() => this.start(nameOf(child.process)), AGAIN_MS).unref();
  }
}
