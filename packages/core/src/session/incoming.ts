/**
 * One call of the peer: what it may still be told, and how it ends, exactly once (CALL-004).
 *
 * @module
 */
import { ValueError } from "../content/value.ts";
import { ToolError } from "../errors/tool-error.ts";
import { NO_BODY, type AcceptInfo, type CallNumber, type CallPort, type Ending, type PortBody } from "../peer/port.ts";
import type { BookedCall } from "./call-book.ts";
import type { Deadline } from "./deadlines.ts";
import type { Environment } from "./environment.ts";
import type { Execution, Participant } from "./execution.ts";
import type { RegisteredTool } from "./registry.ts";
import { failed, type Failure, type Settled } from "./settled.ts";

/** See the module's comment. The dispatcher owns it. */
export class IncomingCall implements Participant, BookedCall {
  readonly number: CallNumber;
  readonly callId: string;
  readonly tool: RegisteredTool;
  readonly principal: string;
  readonly key: string | undefined;
  readonly turn: string | undefined;
  readonly since: number;
  /** The execution that it waits for, once there is one. */
  execution: Execution | undefined;
  /** Its deadline, where it has one. */
  deadline: Deadline | undefined;
  readonly #port: CallPort;
  readonly #environment: Environment;
  readonly #over: (call: IncomingCall) => void;
  readonly #acceptMore: () => Pick<AcceptInfo, "lagMs" | "deadlineMs">;
  #room: (() => void)[] = [];
  #state: BookedCall["state"] = "queued";
  #ended = false;
  #void = false;

  constructor(options: {
    readonly number: CallNumber;
    readonly callId: string;
    readonly tool: RegisteredTool;
    readonly principal: string;
    readonly key: string | undefined;
    readonly turn: string | undefined;
    /** When it came, on the environment's clock. */
    readonly since: number;
    readonly port: CallPort;
    readonly environment: Environment;
    readonly over: (call: IncomingCall) => void;
    readonly acceptMore: () => Pick<AcceptInfo, "lagMs" | "deadlineMs">;
  }) {
    this.number = options.number;
    this.callId = options.callId;
    this.tool = options.tool;
    this.principal = options.principal;
    this.key = options.key;
    this.turn = options.turn;
    this.since = options.since;
    this.#port = options.port;
    this.#environment = options.environment;
    this.#over = options.over;
    this.#acceptMore = options.acceptMore;
  }

  /** True once END was said. */
  get ended(): boolean {
    return this.#ended;
  }

  /** What it was told last; at first that it waits for its turn. */
  get state(): BookedCall["state"] {
    return this.#state;
  }

  accept(accept: AcceptInfo): void {
    if (accept.state !== "replayed") this.#state = accept.state;
    if (!this.#silent) this.#port.accept(this.number, { ...this.#acceptMore(), ...accept });
  }

  progress(value: unknown): void {
    if (this.#silent) return;
    const body = this.#part(value);
    // A report may be left out (CALL-008), and this one would break the caller's limit (LIMIT-001).
    if (body !== undefined) this.#port.progress(this.number, body);
    else this.#environment.log.warn(`turnmux: ${this.tool.name}: a progress report is more than the caller takes`);
  }

  async item(value: unknown): Promise<void> {
    if (this.#silent) {
      // Nobody hears it. A handler that sends on and on must not keep everybody else from running.
      await new Promise<void>((resolve) => this.#environment.defer(resolve));
      return;
    }
    const body = this.#part(value);
    if (body === undefined) {
      const message = `an item is more than the ${this.#port.messageLimit} octets that the caller takes`;
      throw new ToolError("resource_exhausted", message, { retryable: false });
    }
    if (this.#port.item(this.number, body)) return;
    await new Promise<void>((resolve) => this.#room.push(resolve));
  }

  /** The port has room for a further item. */
  roomMade(): void {
    const waiting = this.#room;
    this.#room = [];
    for (const resolve of waiting) resolve();
  }

  settle(settled: Settled): void {
    if (this.#ended) return;
    this.#ended = true;
    this.deadline?.cancel();
    this.roomMade();
    if (!this.#void) this.#port.end(this.number, this.#ending(settled));
    this.#over(this);
  }

  /** The session is over: nobody hears the end. The execution goes on where its tool says so. */
  makeVoid(reason: unknown): void {
    this.#void = true;
    this.roomMade();
    if (this.tool.contract.whenSessionEnds === "keep" && this.execution !== undefined) return;
    this.giveUp(reason);
    this.settle(failed("unavailable", "the session ended", "unknown"));
  }

  /** Leaves the execution, whose handler is aborted when nobody else waits for it. */
  giveUp(reason: unknown): void {
    this.execution?.leave(this, reason);
  }

  get #silent(): boolean {
    return this.#ended || this.#void;
  }

  /** The body of an item or a report; undefined where it is larger than the caller takes. */
  #part(value: unknown): PortBody | undefined {
    const body = this.#port.encode(value);
    return body.content === "local" || body.octets.length <= this.#port.messageLimit ? body : undefined;
  }

  #ending(settled: Settled): Ending {
    if (!settled.ok) {
      const { details, ...rest } = settled;
      return { ...rest, body: this.#details(details) };
    }
    try {
      const body = this.#port.encode(settled.value);
      const octets = body.content === "local" ? 0 : body.octets.length;
      if (octets <= this.#port.messageLimit) return { ok: true, body };
      const message = `the result is larger than the ${this.#port.messageLimit} octets that the caller takes`;
      return {
        ok: false,
        code: "resource_exhausted",
        message,
        outcome: "completed",
        retryable: false,
        body: this.#details(undefined),
      };
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      return { ...forbiddenResult(this.tool, error.message, this.#environment), body: this.#details(undefined) };
    }
  }

  #details(details: unknown): PortBody {
    if (details === undefined) return NO_BODY;
    try {
      return this.#port.encode(details);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      this.#environment.log.error(
        `turnmux: ${this.tool.name}: the details of a tool error cannot travel: ${error.message}`,
      );
      return NO_BODY;
    }
  }
}

/** What the peer is told when a handler returned what its contract forbids (CALL-012). */
export function forbiddenResult(tool: RegisteredTool, why: string, environment: Environment): Failure {
  environment.log.error(`turnmux: ${tool.name}: the handler returned what its contract forbids: ${why}`);
  const message = "the tool returned what its contract forbids; the log of the side that ran it says what";
  return failed("internal", message, "completed");
}

/** Arguments that the contract forbids (CALL-011). */
export function invalidArguments(details: Parameters<typeof failed>[3]): Settled {
  return failed("invalid_argument", "the arguments do not fit the tool's contract", "not_started", details);
}
