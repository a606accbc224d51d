/**
 * What handlers do: they take effect, which is a line in the ledger, at some moment of their run.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ToolError, type BaseToolCall, type Reconciled } from "@turnmux/client";
import { AppendFile, readRecords } from "./append-file.ts";
import { FILES } from "./files.ts";
import type { Plant } from "./plants.ts";
import { now, type DiaryRecord, type Effect, type Orders, type ToolName } from "./records.ts";

/** What a handler's call came to: the result of tools that take effect. */
export interface Done {
  readonly intent: string;
  readonly effect: string;
}

/** What handlers know of their call. */
export type PerformerCall = Pick<BaseToolCall, "tool" | "key" | "signal" | "meta">;

/** See the module's comment. One for each process. */
export class Performer {
  /** Handlers that run. */
  running = 0;
  readonly #process: string;
  readonly #plants: readonly Plant[];
  readonly #ledger: AppendFile<Effect>;
  readonly #diary: AppendFile<DiaryRecord>;
  /** Effects by key, those of processes before this one included: what the world shows to whoever looks. */
  readonly #byKey = new Map<string, Done>();

  constructor(folder: string, process: string, plants: readonly Plant[]) {
    this.#process = process;
    this.#plants = plants;
    const path = join(folder, FILES.ledger);
    for (const { key, intent, effect } of readRecords<Effect>(path)) {
      if (key !== null) this.#byKey.set(key, { intent, effect });
    }
    this.#ledger = new AppendFile(path);
    this.#diary = new AppendFile(join(folder, FILES.diary));
  }

  /** A handler's whole run. */
  async perform(orders: Orders, call: PerformerCall): Promise<Done> {
    return this.#run(orders, call, async (run) => {
      const { before, after, how, intent } = orders;
      await pause(before);
      if (how === "refuse" && Math.random() < 0.5) throw new ToolError("failed_precondition", "not this time");
      if (how === "obey" && call.signal.aborted) {
        throw new ToolError("cancelled", "not any more", { outcome: "failed" });
      }
      const effect = randomUUID();
      const done: Done = { intent, effect };
      if (this.#plants.includes("late-effect")) {
        setTimeout(() => void this.#take(done, run, call), 300);
      } else {
        await this.#take(done, run, call);
      }
      await pause(after);
      if (how === "break") throw new Error("broken on purpose");
      if (this.#plants.includes("false-failure") && Math.random() < 0.1) {
        throw new ToolError("failed_precondition", "a lie: the effect is there");
      }
      if (this.#plants.includes("wrong-result") && Math.random() < 0.1) return { intent, effect: randomUUID() };
      return done;
    });
  }

  /** A handler's run that takes no effect. */
  async watch<T>(orders: Orders, call: PerformerCall, work: () => Promise<T>): Promise<T> {
    return this.#run(orders, call, work);
  }

  /** What became of a key whose handler's process is gone, as the world shows. */
  async reconcile(key: string): Promise<Reconciled<Done>> {
    await pause(Math.random() * 20);
    const result = this.#byKey.get(key);
    this.#diary.write({ kind: "reconciled", at: now(), key, found: result?.effect ?? null, process: this.#process });
    return result === undefined ? { outcome: "not_started" } : { outcome: "completed", result };
  }

  async #take({ intent, effect }: Done, run: string, call: PerformerCall): Promise<void> {
    const key = call.key ?? null;
    if (key !== null) this.#byKey.set(key, { intent, effect });
    await this.#ledger.keep({
      kind: "effect",
      at: now(),
      effect,
      run,
      intent,
      attempt: attemptOf(call),
      key,
      tool: call.tool as ToolName,
      process: this.#process,
    });
  }

  async #run<T>(orders: Orders, call: PerformerCall, work: (run: string) => Promise<T>): Promise<T> {
    const run = randomUUID();
    this.running += 1;
    this.#diary.write({
      kind: "began",
      at: now(),
      run,
      intent: orders.intent,
      attempt: attemptOf(call),
      tool: call.tool as ToolName,
      process: this.#process,
    });
    let how = "returned";
    try {
      return await work(run);
    } catch (error) {
      how = error instanceof Error ? error.message : "threw";
      throw error;
    } finally {
      this.running -= 1;
      this.#diary.write({ kind: "ended", at: now(), run, how });
    }
  }
}

function attemptOf(call: PerformerCall): string {
  return call.meta["attempt"] ?? "";
}
