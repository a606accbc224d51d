/**
 * What a handler in the main thread says to its callers, who are in the I/O thread.
 *
 * @module
 */

import {
  cloneValue,
  forbiddenResult,
  ToolError,
  ValueError,
  type AcceptInfo,
  type Environment,
  type Participant,
  type RegisteredTool,
  type Settled,
  type Value,
} from "@turnmux/core";
import type { RunNumber, ToThread } from "../messages.ts";
import { crossing, movable, type Movable } from "../postbox.ts";
import { packResult } from "../packed.ts";
import { sizeOf } from "../size.ts";

/** Small items that may be on their way: a handler need not wait for the other thread after each. */
const ITEMS_AHEAD = 32;

/** What may be too much for a caller, in octets, is waited for one by one. */
const LARGE_ITEM = 16 * 1024;

/** What {@link RunEnds} work with. */
export interface RunEndsOptions {
  readonly run: RunNumber;
  readonly tool: RegisteredTool;
  readonly environment: Environment;
  readonly post: (message: ToThread, moved?: readonly Movable[]) => void;
  /** The run is over, and was told so. */
  readonly over: (settled: Settled) => void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** See the module's comment. */
export class RunEnds implements Participant {
  readonly #options: RunEndsOptions;
  /** Items that the callers have no room for yet, and whether somebody waits for just this one. */
  readonly #under = new Map<number, Waiting | undefined>();
  /** Those who wait until fewer items are under way. */
  #crowd: (() => void)[] = [];
  #lastItem = 0;
  /** Of an item that the handler did not wait for. */
  #fault: ToolError | undefined;
  #silent = false;

  constructor(options: RunEndsOptions) {
    this.#options = options;
  }

  accept(accept: AcceptInfo): void {
    const { run, post } = this.#options;
    if (!this.#silent) post({ kind: "accept", run, accept });
  }

  progress(value: unknown): void {
    const { run, post } = this.#options;
    if (this.#silent) return;
    const { value: sent, transfer } = crossing(value, true);
    post({ kind: "progress", run, value: sent }, transfer);
  }

  async item(given: unknown): Promise<void> {
    const { run, post, environment } = this.#options;
    if (this.#silent) {
      // Nobody hears it. A handler that sends on and on must not keep everybody else from running.
      await new Promise<void>((resolve) => environment.defer(resolve));
      return;
    }
    if (this.#fault !== undefined) throw this.#fault;
    // The handler may go on with its own.
    const { value, transfer } = crossing(given, true);
    const isLarge = sizeOf(value, LARGE_ITEM) >= LARGE_ITEM;
    this.#lastItem += 1;
    const item = this.#lastItem;
    this.#under.set(item, undefined);
    post({ kind: "item", run, item, value }, transfer);
    if (isLarge) await new Promise<void>((resolve, reject) => this.#under.set(item, { resolve, reject }));
    else if (this.#under.size >= ITEMS_AHEAD) await new Promise<void>((resolve) => this.#crowd.push(resolve));
  }

  settle(settled: Settled): void {
    const { run, post, over } = this.#options;
    const told = this.#crossing(settled);
    // What a successor may have to be told as well stays here; all else is a copy already.
    const isKept = this.#options.tool.contract.effect === "once";
    if (!told.ok) post({ kind: "settled", run, settled: told });
    else if (isKept) {
      const { value, transfer } = crossing(told.value, true);
      post(packResult(run, value), transfer);
    } else post(packResult(run, told.value), movable(told.value));
    this.#makeRoom();
    over(told);
  }

  /** There is room again where this item was. */
  room(item: number): void {
    this.#under.get(item)?.resolve();
    this.#under.delete(item);
    if (this.#under.size < ITEMS_AHEAD) this.#crowd.shift()?.();
  }

  /** An item was more than a caller takes. */
  refused(item: number, message: string): void {
    const error = new ToolError("resource_exhausted", message, { retryable: false });
    const waiting = this.#under.get(item);
    if (waiting === undefined) this.#fault = error;
    else waiting.reject(error);
    this.room(item);
  }

  /** Its callers are gone. */
  unheard(): void {
    this.#silent = true;
    this.#makeRoom();
  }

  #makeRoom(): void {
    for (const waiting of this.#under.values()) waiting?.resolve();
    this.#under.clear();
    for (const resolve of this.#crowd.splice(0)) resolve();
  }

  /** The ending as it can cross: values, and no more. */
  #crossing(settled: Settled): Settled {
    const { tool, environment } = this.#options;
    try {
      if (settled.ok) return { ok: true, value: cloneValue(settled.value) };
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      return forbiddenResult(tool, error.message, environment);
    }
    if (settled.ok) return settled;
    const { details, ...rest } = settled;
    const copy = details === undefined ? undefined : this.#details(details);
    return copy === undefined ? rest : { ...rest, details: copy };
  }

  #details(details: Value): Value | undefined {
    try {
      return cloneValue(details);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      const { tool, environment } = this.#options;
      environment.log.error(`turnmux: ${tool.name}: the details of a tool error cannot travel: ${error.message}`);
      return undefined;
    }
  }
}
