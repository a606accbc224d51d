/**
 * A call of somebody else's that interceptors or tracing are to see: its arguments and results are values on the way.
 *
 * @module
 */
import type { KnownTool, OutgoingCalls } from "../session/outgoing-calls.ts";
import { priorityFromWire } from "../errors/effect.ts";
import { TurnmuxError } from "../errors/turnmux-error.ts";
import { NO_BODY, type CallNumber, type CallPort, type Ending, type PortBody, type PortEvent } from "../peer/port.ts";
import type { RelayedRun, RelayTurn } from "./run.ts";

/** What {@link ObservedCall} works with. */
export interface ObservedOptions {
  readonly calls: OutgoingCalls;
  readonly child: CallPort;
  readonly event: Extract<PortEvent, { type: "open" }>;
  readonly turn: RelayTurn;
  /** What the peer says of the tool. */
  readonly contract: KnownTool | undefined;
  readonly streams: boolean;
  /** What the child gets of a result. Default: all of it. */
  readonly share?: ((result: unknown) => unknown) | undefined;
  readonly over: () => void;
}

/** See the module's comment. */
export class ObservedCall implements RelayedRun {
  readonly #options: ObservedOptions;
  readonly #abort = new AbortController();
  readonly #number: CallNumber;
  #room: (() => void) | undefined;
  #gone = false;

  constructor(options: ObservedOptions) {
    this.#options = options;
    this.#number = options.event.call;
  }

  start(): void {
    void this.#run();
  }

  wait(): void {}

  cancel(message: string): void {
    this.#abort.abort(new TurnmuxError("cancelled", message, { outcome: "unknown" }));
  }

  abandon(): void {
    this.#gone = true;
    this.cancel("the process that made the call is gone");
    this.room();
  }

  room(): void {
    const room = this.#room;
    this.#room = undefined;
    room?.();
  }

  async #run(): Promise<void> {
    const { child, over, share } = this.#options;
    let ending: Ending;
    try {
      const result = await this.#call();
      ending = { ok: true, body: this.#encoded(share === undefined ? result : share(result)) };
    } catch (error) {
      ending = this.#failed(error);
    }
    if (!this.#gone) child.end(this.#number, ending);
    over();
  }

  async #call(): Promise<unknown> {
    const { calls, child, event, turn, contract, streams } = this.#options;
    const { tool, key, deadlineMs, trace, meta, priority } = event;
    const options = {
      key,
      trace,
      meta,
      signal: this.#abort.signal,
      timeoutMs: deadlineMs ?? Number.POSITIVE_INFINITY,
      priority: priority === undefined ? undefined : priorityFromWire(priority),
      onAccept: (acceptance: Parameters<CallPort["accept"]>[1]): void => {
        if (!this.#gone) child.accept(this.#number, acceptance);
      },
      onProgress: (report: unknown): void => {
        if (!this.#gone) child.progress(this.#number, this.#encoded(report));
      },
    };
    const input = child.decode(event.body);
    if (!streams || contract === undefined) return calls.call(tool, input, options, turn, contract);
    const items = calls.items(tool, input, options, turn, contract);
    for await (const item of items) {
      if (this.#gone) break;
      if (!child.item(this.#number, this.#encoded(item))) await this.#hasRoom();
    }
    return items.result;
  }

  async #hasRoom(): Promise<void> {
    const room = Promise.withResolvers<void>();
    this.#room = room.resolve;
    await room.promise;
  }

  #encoded(value: unknown): PortBody {
    return value === undefined ? NO_BODY : this.#options.child.encode(value);
  }

  #failed(error: unknown): Ending {
    if (!TurnmuxError.is(error)) {
      const message = "the process that shares its session could not relay the call";
      return { ok: false, code: "internal", message, outcome: "unknown", body: NO_BODY };
    }
    const { code, sentence, outcome, retryable, retryAfterMs, requirement, details } = error;
    const body = this.#encoded(details);
    return { ok: false, code, message: sentence, outcome, retryable, retryAfterMs, requirement, body };
  }
}
