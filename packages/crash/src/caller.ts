/**
 * An application that calls tools, and writes down what it wants, what it asked, and what it was told.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { TurnmuxError, type Session } from "@turnmux/client";
import type { AppendFile } from "./append-file.ts";
import { now, type Ending, type Orders, type StoreRecord, type ToolName } from "./records.ts";

/** Something that the application wants. */
export interface Intent {
  readonly intent: string;
  readonly tool: ToolName;
  /** The key of all calls for it. Null for tools that take none, and in a turn. */
  readonly key: string | null;
  /** The turn that its calls are made in, without a key of the application's own. */
  readonly turn: string | null;
  readonly orders: Orders;
}

/** How one call for an intent is made. */
export interface AttemptOptions {
  readonly timeoutMs: number;
  /** Milliseconds after which the application cancels the call. */
  readonly cancelMs?: number | undefined;
  /** In place of the intent's own. */
  readonly key?: string | undefined;
  /** Reads items with pauses. */
  readonly slowly?: boolean | undefined;
}

/** Makes the call that an intent asks for, on a session that stands or will. Gives back the value, and what is wrong with it. */
export type Invoke = (
  session: Session,
  intent: Intent,
  attempt: { readonly id: string; readonly signal: AbortSignal; readonly options: AttemptOptions },
) => Promise<{ readonly value: unknown; readonly wrong?: string | undefined }>;

/** Seconds of this process's own time that a call may take beyond its deadline, before it counts as hung. */
const PATIENCE_S = 25;

interface Pending {
  readonly attempt: string;
  /** Seconds left. */
  left: number;
}

/** See the module's comment. */
export class Caller {
  /** Calls that were begun. */
  calls = 0;
  readonly #store: AppendFile<StoreRecord>;
  readonly #process: string;
  readonly #invoke: Invoke;
  readonly #forget: () => boolean;
  readonly #pending = new Set<Pending>();

  /** `forget` says whether the ending of the next call goes unheard: a planted fault. */
  constructor(store: AppendFile<StoreRecord>, process: string, invoke: Invoke, forget: () => boolean = () => false) {
    this.#store = store;
    this.#process = process;
    this.#invoke = invoke;
    this.#forget = forget;
    // Where the process itself stands still no second passes, and nothing counts as hung.
    setInterval(() => this.#tick(), 1_000).unref();
  }

  /** Calls that have not ended. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Makes one call, and writes down what it was told. Never rejects. */
  async attempt(session: Session, intent: Intent, options: AttemptOptions): Promise<Ending> {
    const attempt = randomUUID();
    const { timeoutMs, cancelMs, key = intent.key } = options;
    const pending: Pending = { attempt, left: timeoutMs / 1_000 + PATIENCE_S };
    this.#store.write({
      kind: "asked",
      at: now(),
      process: this.#process,
      intent: intent.intent,
      attempt,
      key,
      timeoutMs,
      cancelMs: cancelMs ?? null,
    });
    this.calls += 1;
    this.#pending.add(pending);
    const controller = new AbortController();
    const timer = cancelMs === undefined ? undefined : setTimeout(() => controller.abort(), cancelMs);
    let ending: Ending;
    let wrong: string | undefined;
    try {
      const answer = await this.#invoke(session, intent, { id: attempt, signal: controller.signal, options });
      ending = { ok: true, value: answer.value };
      wrong = answer.wrong;
    } catch (error) {
      ending = failure(error);
      if (!TurnmuxError.is(error)) wrong = "this is no TurnmuxError, and has no outcome";
    } finally {
      clearTimeout(timer);
      this.#pending.delete(pending);
    }
    if (!this.#forget()) {
      await this.#store.keep({
        kind: "told",
        at: now(),
        attempt,
        ending,
        ...(wrong === undefined ? {} : { wrong }),
      });
    }
    return ending;
  }

  #tick(): void {
    for (const pending of this.#pending) {
      pending.left -= 1;
      if (Math.floor(pending.left) === 0) this.#store.write({ kind: "hung", at: now(), attempt: pending.attempt });
    }
  }
}

function failure(error: unknown): Ending {
  if (TurnmuxError.is(error)) {
    const { code, outcome, sentence } = error;
    return { ok: false, code, outcome, message: sentence };
  }
  return { ok: false, code: "unknown", outcome: "unknown", message: String(error) };
}
