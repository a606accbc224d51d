/**
 * The measuring side of a gateway process.
 *
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { GatewayOptions } from "../gateway/agent-gateway.ts";
import type { ControlOp, ControlOps, ControlReply } from "../gateway/control.ts";

/** How long a gateway process may take to end by itself before it is killed. */
const END_LIMIT_MS = 5_000;

interface Waiter {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A gateway in a child process. Whoever starts it calls `stop`. */
export class GatewayProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiter>();
  #lastId = 0;
  #url = "";
  #threadUrl: string | undefined;

  private constructor() {
    this.#child = fork(fileURLToPath(new URL("../gateway/process.ts", import.meta.url)), [], {
      execArgv: ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child.on("message", (reply: ControlReply) => this.#receive(reply));
    this.#child.on("error", (error) => this.#fail(error));
    this.#child.on("exit", (code, signal) => this.#fail(new Error(`the gateway process ended: ${signal ?? code}`)));
  }

  /** Starts a process and a gateway in it. */
  static async start(options: GatewayOptions): Promise<GatewayProcess> {
    const gateway = new GatewayProcess();
    try {
      const { url, threadUrl } = await gateway.ask("start", options);
      gateway.#url = url;
      gateway.#threadUrl = threadUrl;
      return gateway;
    } catch (error) {
      gateway.#child.kill("SIGKILL");
      throw error;
    }
  }

  /** Where the gateway listens. */
  get url(): string {
    return this.#url;
  }

  /** Where its I/O thread listens, where it has one. */
  get threadUrl(): string | undefined {
    return this.#threadUrl;
  }

  /** Asks the gateway's process for something. Rejects when it fails, or the process ends. */
  ask<Op extends ControlOp>(op: Op, args: ControlOps[Op]["args"]): Promise<ControlOps[Op]["result"]> {
    const { promise, resolve, reject } = Promise.withResolvers<ControlOps[Op]["result"]>();
    const id = ++this.#lastId;
    this.#waiting.set(id, { resolve: (value) => resolve(value as ControlOps[Op]["result"]), reject });
    this.#child.send({ id, op, args }, (error) => {
      if (error !== null) reject(error);
    });
    return promise;
  }

  /** Drains the gateway and waits for the end of its process, which it brings about when need be. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    const limit = setTimeout(() => this.#child.kill("SIGKILL"), END_LIMIT_MS);
    this.ask("stop", null).catch(() => undefined);
    await exited;
    clearTimeout(limit);
  }

  #receive(reply: ControlReply): void {
    const waiter = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("error" in reply) waiter?.reject(new Error(reply.error));
    else waiter?.resolve(reply.result);
  }

  #fail(error: Error): void {
    for (const waiter of this.#waiting.values()) waiter.reject(error);
    this.#waiting.clear();
  }
}
