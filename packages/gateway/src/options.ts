/**
 * What a gateway is made with, and whether it makes sense.
 *
 * @module
 */

import {
  UsageError,
  type Interceptor,
  type Journal,
  type Limits,
  type Logger,
  type ToolOverrides,
} from "@turnmux/core";
import { checkCount, checkMs } from "./check.ts";
import { poolSettings, type WorkersOptions } from "./worker-tools/options.ts";

/** Options of `createGateway`. */
export interface GatewayOptions {
  /**
   * Where calls of `once` tools are recorded, so that none runs twice for its key. Without one such tools are refused (KEY-006).
   * It stays its maker's to close, once `drain` or `close` has resolved.
   */
  readonly journal?: Journal | undefined;
  /** By tool name: what configuration says about a tool, over what its contract says. */
  readonly tools?: Readonly<Record<string, ToolOverrides>> | undefined;
  /** Stand around every call in every session, the first one outermost: `direction` tells the clients' calls from the gateway's. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** What this side takes from a peer, and how long it waits: `docs/spec.md` section 13. */
  readonly limits?: Partial<Limits> | undefined;
  /** Default: warnings and errors, one line each, on the standard error output. */
  readonly logger?: Logger | undefined;
  /** The threads that run worker tools: see `workerTool`. None is started before there is such a tool. */
  readonly workers?: WorkersOptions | undefined;
  /**
   * The deadline of a call of the gateway to a client, in milliseconds, where neither the call nor the tool has one. Default:
   * 60,000; tools with items have none then.
   */
  readonly timeoutMs?: number | undefined;
  /** How long a call of the gateway waits for a client to accept it, in milliseconds. Default: no limit of its own. */
  readonly acceptTimeoutMs?: number | undefined;
}

/** How a gateway is drained. */
export interface DrainOptions {
  /** How long calls that run may take to finish, in milliseconds. Default: 30,000. */
  readonly graceMs?: number | undefined;
  /** When clients may try again, in milliseconds. Told with GOAWAY and REFUSE. */
  readonly retryAfterMs?: number | undefined;
  /** A sentence for clients and logs. Default: that the gateway is shutting down. */
  readonly message?: string | undefined;
}

/** What came of draining. */
export interface DrainReport {
  /** Calls that were still running when the grace was over, and were cut off. */
  readonly cutCalls: number;
}

/** Throws {@link UsageError} where an option is not what it should be. */
export function checkGatewayOptions(options: GatewayOptions): void {
  checkMs("timeoutMs", options.timeoutMs);
  checkMs("acceptTimeoutMs", options.acceptTimeoutMs);
  checkJournal(options.journal);
  poolSettings(options.workers);
  for (const [name, overrides] of Object.entries(options.tools ?? {})) checkOverrides(`tools["${name}"]`, overrides);
}

function checkJournal(journal: unknown): void {
  if (journal === undefined) return;
  const isJournal =
    typeof journal === "object" && journal !== null && "claim" in journal && typeof journal.claim === "function";
  if (!isJournal) throw new UsageError('journal must be one: sqliteJournal("state.db"), or memoryJournal()');
}

const OVERRIDES = {
  timeoutMs: checkMs,
  maxTimeoutMs: checkMs,
  maxConcurrent: checkCount,
} as const;

function checkOverrides(path: string, overrides: ToolOverrides): void {
  const checks: Readonly<Record<string, typeof checkMs | undefined>> = OVERRIDES;
  for (const [name, value] of Object.entries(overrides)) {
    const check = checks[name];
    if (check === undefined) {
      throw new UsageError(
        `${path}.${name}: there is no such override; there are ${Object.keys(OVERRIDES).join(", ")}`,
      );
    }
    // What is no number fails the check.
    check(`${path}.${name}`, value as number | undefined);
  }
}
