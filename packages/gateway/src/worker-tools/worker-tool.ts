/**
 * Handlers that run in a thread of their own: what an application says of one.
 *
 * @module
 */

import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UsageError, type ToolContract, type ToolHandler } from "@turnmux/core";
import { checkDelay } from "../check.ts";

/** What {@link workerTool} takes beside the module. */
export interface WorkerToolOptions {
  /** The module's export that is the handler. Default: `"default"`. */
  readonly export?: string | undefined;
  /**
   * The module's export that is the tree of the tool, as `defineTools` returned it. With an I/O thread it lets a call be checked and run
   * without the main thread, whose schemas no other thread has.
   */
  readonly contract?: string | undefined;
  /** How long a handler may go on behind its cancellation or deadline before its thread is ended, in milliseconds. Default: 1,000. */
  readonly terminateAfterMs?: number | undefined;
}

/** A handler in another thread as plain data, which can cross threads itself. */
export interface WorkerToolDescription {
  /** Of the module: a `file:` URL. */
  readonly url: string;
  readonly export: string;
  readonly contract: string | undefined;
  readonly terminateAfterMs: number;
}

/** What a worker tool's handler has on its call beside what every handler has. */
export interface SeesCancellation {
  /**
   * True once the call is cancelled or its deadline is over. Read from shared memory, so that a loop sees it that never returns to
   * its event loop; so is `signal.aborted`.
   */
  readonly cancelled: boolean;
}

/** A tool's handler as a worker's module exports it. */
export type WorkerHandler<C extends ToolContract> =
  ToolHandler<C> extends (input: infer Input, call: infer Call) => infer Returned
    ? (input: Input, call: Call & SeesCancellation) => Returned
    : never;

const brand: unique symbol = Symbol.for("turnmux.worker-tool");

/** What {@link workerTool} returns: a handler for `implement`, and for nothing else. */
export interface WorkerTool {
  (input: unknown, call: unknown): Promise<never>;
  readonly [brand]: WorkerToolDescription;
}

const DEFAULT_TERMINATE_AFTER_MS = 1_000;

/**
 * A handler that runs in the gateway's pool of threads: what it computes keeps nobody else waiting, and one that does not yield when it
 * is cancelled is ended with its thread.
 *
 * ```ts
 * gateway.implement(tools, { report: { build: workerTool(new URL("./report.js", import.meta.url), { export: "build" }) } });
 * ```
 *
 * @throws {UsageError} where the module is no file, or an option is not what it should be
 */
export function workerTool(module: URL | string, options: WorkerToolOptions = {}): WorkerTool {
  const { export: name = "default", contract, terminateAfterMs = DEFAULT_TERMINATE_AFTER_MS } = options;
  const url = fileUrl(module);
  checkName("export", name);
  if (contract !== undefined) checkName("contract", contract);
  checkDelay("workerTool(): terminateAfterMs", terminateAfterMs);
  const handler = (): Promise<never> =>
    Promise.reject(
      new UsageError(
        "A worker tool runs in a gateway: pass it to implement() of a gateway, or of one of its sessions.",
      ),
    );
  const description: WorkerToolDescription = Object.freeze({ url, export: name, contract, terminateAfterMs });
  return Object.freeze(Object.assign(handler, { [brand]: description }));
}

/** What {@link workerTool} was told, where this is its; undefined for any other handler. */
export function workerToolOf(handler: unknown): WorkerToolDescription | undefined {
  return isWorkerTool(handler) ? handler[brand] : undefined;
}

function isWorkerTool(handler: unknown): handler is WorkerTool {
  return typeof handler === "function" && Object.hasOwn(handler, brand);
}

function fileUrl(module: URL | string): string {
  const url = String(module);
  if (!url.startsWith("file:")) {
    throw new UsageError(
      `workerTool(): ${JSON.stringify(url.slice(0, 200))} is no file's URL. Pass new URL("./tools.js", import.meta.url).`,
    );
  }
  let isFile = false;
  try {
    isFile = statSync(fileURLToPath(url)).isFile();
  } catch {
    // What no path can be is no file either.
  }
  if (!isFile) throw new UsageError(`workerTool(): there is no file ${url}.`);
  return url;
}

function checkName(option: string, name: unknown): void {
  if (typeof name !== "string" || name === "") {
    throw new UsageError(`workerTool(): ${option} must be the name of an export of the module.`);
  }
}
