/**
 * One call of the peer: what it may still be told, and how it ends, exactly once (CALL-004).
 *
 * @module
 */
import { bodyLength } from "../content/body.ts";
import { ValueError } from "../content/value.ts";
import { ToolError } from "../errors/tool-error.ts";
import type { LaneTicket } from "../lanes/lanes.ts";
import { NO_BODY, type AcceptInfo, type CallNumber, type CallPort, type Ending, type PortBody } from "../peer/port.ts";
import type { BookedCall } from "./call-book.ts";
import type { Deadline } from "./deadlines.ts";
import type { Environment } from "./environment.ts";
import type { Execution, Participant } from "./execution.ts";
import type { RegisteredTool } from "./registry.ts";

import { failed, type Failure, type Settled } from "./settled.ts";

/** What an incoming call needs of its dispatcher. */
export interface IncomingOwner {
  readonly environment: Environment;
  /** END was said, or never will be. */
  over(call: IncomingCall): void;
  /** Its deadline is over. */
  expired(call: IncomingCall): void;
}

/** What is known of a call when it comes. */
export interface IncomingRequest {
  readonly call: CallNumber;
  readonly callId: string;
  readonly key?: string | undefined;
  readonly turn?: string | undefined;
}

/** See the module's comment. The dispatcher owns it. */
export class IncomingCall implements Participant, BookedCall {
  readonly number: CallNumber;
  readonly callId: string;
  /** Something that stands for it, until it is known. */
  tool: RegisteredTool;
  readonly principal: string;
  readonly key: string | undefined;
  readonly turn: string | undefined;
  readonly since: number;
  /** The execution that it waits for, once there is one. */
  execution: Execution | undefined;
  /** Its deadline, where it has one. */
  deadline: Deadline | undefined;
  /** Of the caller's deadline, where it is not the one that it asked for. */
  shortenedMs: number | undefined;
  /**
   * Why it still has a place among its tool's concurrent calls, and its arguments are held: it is not over, and its handler has not
   * ended (CALL-013).
   */
  holds = 2;
  /** Its place in the lane of its session, where its tool takes it (LANE-007). */
  lane: LaneTicket | undefined;
  /** It has joined the run of a key, on behalf of a turn: says that it waits no more. */
  leaveKey: (() => void) | undefined;
  /** What its arguments and meta count for, for as long as it holds a place (FLOW-012). */
  argumentOctets = 0;
  bookedBefore: BookedCall | undefined;
  bookedBehind: BookedCall | undefined;
  readonly #port: CallPort;
  readonly #owner: IncomingOwner;
  #room: (() => void)[] | undefined;
  /** The ACCEPT that was said last. */
  #told: AcceptInfo | undefined;
  #state: BookedCall["state"] = "queued";
  #ended = false;
  #succeeded = false;
  #void = false;

  /** `since`: when it came, on the environment's clock. */
  constructor(
    owner: IncomingOwner,
    port: CallPort,
    tool: RegisteredTool,
    request: IncomingRequest,
    principal: string,
    since: number,
  ) {
    this.number = request.call;
    this.callId = request.callId;
    this.tool = tool;
    this.principal = principal;
    this.key = request.key;
    this.turn = request.turn;
    this.since = since;
    this.#port = port;
    this.#owner = owner;
  }

  /** True once END was said. */
  get ended(): boolean {
    return this.#ended;
  }

  /** True once its caller was told, or will be, that it has its result. */
  get succeeded(): boolean {
    return this.#succeeded;
  }

  /** What it was told last; at first that it waits for its turn. */
  get state(): BookedCall["state"] {
    return this.#state;
  }

  accept(accept: AcceptInfo): void {
    const { state, reason, place } = accept;
    if (state !== "replayed") this.#state = state;
    if (this.#silent) return;
    const told = this.#told;
    // A handler may say in every round of a loop what it waits for, but ACCEPTs that say nothing new have a rate (RATE-002).
    if (told?.state === state && told.reason === reason && told.place === place) return;
    this.#told = accept;
    const lagMs = this.#owner.environment.lagMs?.();
    this.#port.accept(this.number, { state, reason, place, lagMs, deadlineMs: this.shortenedMs });
  }

  progress(value: unknown): void {
    if (this.#silent) return;
    const body = this.#part(value);
    // A report may be left out (CALL-008), and this one would break the caller's limit (LIMIT-001).
    if (body !== undefined) this.#port.progress(this.number, body);
    else
      this.#owner.environment.log.warn(`turnmux: ${this.tool.name}: a progress report is more than the caller takes`);
  }

  async item(value: unknown): Promise<void> {
    if (this.#silent) {
      // Nobody hears it. A handler that sends on and on must not keep everybody else from running.
      await new Promise<void>((resolve) => this.#owner.environment.defer(resolve));
      return;
    }
    const body = this.#part(value);
    if (body === undefined) {
      const message = `an item is more than the ${this.#port.messageLimit} octets that the caller takes`;
      throw new ToolError("resource_exhausted", message, { retryable: false });
    }
    if (this.#port.item(this.number, body)) return;
    await new Promise<void>((resolve) => {
      this.#room ??= [];
      this.#room.push(resolve);
    });
  }

  /** The port has room for a further item. */
  roomMade(): void {
    const waiting = this.#room;
    if (waiting === undefined) return;
    this.#room = undefined;
    for (const resolve of waiting) resolve();
  }

  settle(settled: Settled): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#succeeded = settled.ok && !this.#void;
    this.deadline?.cancel();
    this.leaveKey?.();
    this.roomMade();
    if (!this.#void) this.#answer(this.#ending(settled));
    this.#owner.over(this);
  }

  /** Its deadline is over. */
  expire(): void {
    this.#owner.expired(this);
  }

  /**
   * The session is over: nobody hears the end. The execution goes on where its tool says so; where the grant was `revoked` only if it may
   * have begun.
   */
  makeVoid(reason: unknown, revoked: boolean): void {
    this.#void = true;
    this.roomMade();
    const { execution } = this;
    const keeps = this.tool.contract.whenSessionEnds === "keep" && execution !== undefined;
    if (keeps && (!revoked || execution.canStillRun(this))) return;
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

  #answer(ending: Ending): void {
    this.#owner.environment.callAnswered?.(ending);
    this.#port.end(this.number, ending);
  }

  /** The body of an item or a report; undefined where it is larger than the caller takes. */
  #part(value: unknown): PortBody | undefined {
    const body = this.#port.encode(value);
    return body.content === "local" || bodyLength(body) <= this.#port.messageLimit ? body : undefined;
  }

  #ending(settled: Settled): Ending {
    if (!settled.ok) {
      const { details, ...rest } = settled;
      return { ...rest, body: this.#details(details) };
    }
    try {
      const body = this.#port.encode(settled.value);
      const octets = body.content === "local" ? 0 : bodyLength(body);
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
      return { ...forbiddenResult(this.tool, error.message, this.#owner.environment), body: this.#details(undefined) };
    }
  }

  #details(details: unknown): PortBody {
    if (details === undefined) return NO_BODY;
    try {
      return this.#port.encode(details);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      this.#owner.environment.log.error(
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
