/**
 * Takes the peer's calls: finds the tool, checks who asks and what, runs the handler, and answers each exactly once.
 * `docs/spec.md` section 6.
 *
 * @module
 */
import { apart, bodyLength } from "../content/body.ts";
import { metaOctets } from "../content/meta.ts";
import type { ToolHandlers } from "../contract/infer.ts";
import type { ToolTree } from "../contract/tree.ts";
import { issueDetails, validate, type Checked } from "../contract/validate.ts";
import { isReservedName } from "../contract/names.ts";
import type { Value } from "../content/value.ts";
import { EMPTY_MAP } from "../empty.ts";
import { TurnmuxError } from "../errors/turnmux-error.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import { SHORT_ARGUMENTS } from "../limits.ts";
import { NumberTable } from "../peer/number-table.ts";
import type { Lanes } from "../lanes/lanes.ts";
import { NO_BODY, type CallNumber, type CallPort, type PortEvent } from "../peer/port.ts";
import type { OfferEntry } from "../wire/frame.ts";
import type { BookPage } from "./call-book.ts";
import type { Environment } from "./environment.ts";
import { Execution } from "./execution.ts";
import type { RunContext } from "./handler-call.ts";
import { IncomingCall, invalidArguments, type IncomingOwner } from "./incoming.ts";
import { noSuchTool, type IncomingCalls, type IncomingContext } from "./incoming-calls.ts";
import { Inquiries } from "./inquiries.ts";
import { KeyedCalls } from "./keyed-calls.ts";
import { strangerOf, type EarlyCalls, type LateTools } from "./late-tools.ts";
import type { OnceCalls } from "./once.ts";
import { describeBuiltin, ToolRegistry, type RegisteredTool } from "./registry.ts";
import { brokenOff, failed, type Failure, type Settled } from "./settled.ts";
import { runTraced } from "./traced.ts";
import { TurnCalls } from "./turn-calls.ts";

type OpenEvent = Extract<PortEvent, { type: "open" }>;

/** Milliseconds after which a caller that met a limit of concurrent calls may try again. */
const CONCURRENCY_RETRY_MS = 250;

/** Milliseconds after which a caller may try again whose arguments found no room. */
const ARGUMENTS_RETRY_MS = 1_000;

/** What a dispatcher works with. */
export interface DispatcherOptions {
  readonly session: IncomingContext;
  /** The tools of all sessions; this one's own come on top. Absent where there are none. */
  readonly registry: ToolRegistry | undefined;
  /** Absent where there is no journal. */
  readonly once: OnceCalls | undefined;
  /** Absent where sessions have no lanes: on a client. */
  readonly lanes?: Lanes | undefined;
  /** Present where the session may get tools in a moment that its peer calls already. */
  readonly late?: LateTools | undefined;
}

/** One for each session. */
export class Dispatcher implements IncomingOwner, IncomingCalls {
  readonly environment: Environment;
  readonly #session: IncomingContext;
  readonly #once: OnceCalls | undefined;
  readonly #lanes: Lanes | undefined;
  #registry: ToolRegistry;
  /** True once the registry is the session's own. Until then it is that of all. */
  #hasOwn = false;
  readonly #calls = new NumberTable<IncomingCall>();
  /** Of tools whose calls are counted. */
  #runningByTool: Map<string, number> = EMPTY_MAP;
  /** Octets of the long arguments of calls that have a place (FLOW-012). */
  #argumentOctets = 0;
  /** Where calls of the principal are found, whatever their session. Opened with the first call. */
  #page: BookPage | undefined;
  /** Calls on the page. */
  #booked = 0;
  #abandoned = false;
  readonly #late: LateTools | undefined;
  /** Calls that wait for their tools. */
  #early: EarlyCalls | undefined;
  /** Why the session is about to end, once it is. */
  #ending: "revoked" | "closed" | undefined;
  /** Made with the first call of a `once` tool. */
  #keyed: KeyedCalls | undefined;
  /** Absent where there are no lanes. */
  readonly #turns: TurnCalls | undefined;
  /** Made when one of them is called first: most sessions never do. */
  #builtin: ReadonlyMap<string, RegisteredTool> | undefined;

  constructor(options: DispatcherOptions) {
    const { session, registry, once, lanes, late } = options;
    this.#session = session;
    this.#late = late;
    if (late !== undefined) late.onOver = () => this.#toolsCame();
    this.#once = once;
    this.#lanes = lanes;
    this.environment = session.environment;
    this.#turns = lanes === undefined ? undefined : new TurnCalls(lanes, session);
    this.#registry = registry ?? this.#ownRegistry(undefined);
    this.#registry.listen(session);
  }

  suspended(): void {
    this.#turns?.suspended();
  }

  resumed(): void {
    this.#turns?.resumed();
  }

  ending(revoked: boolean): void {
    this.#ending = revoked || this.#ending === "revoked" ? "revoked" : "closed";
  }

  leave(): void {
    this.#turns?.leave();
    this.#registry.unlisten(this.#session);
  }

  #ownRegistry(parent: ToolRegistry | undefined): ToolRegistry {
    this.#hasOwn = true;
    return new ToolRegistry({ hasJournal: this.#once !== undefined, hasLanes: this.#turns !== undefined, parent });
  }

  offered(): OfferEntry[] {
    return this.allowed().map((tool) => tool.offer);
  }

  /** Throws {@link UsageError}: see {@link ToolRegistry.implement}. */
  implement<T extends ToolTree>(tools: T, handlers: ToolHandlers<T>): () => void {
    if (!this.#hasOwn) {
      this.#registry.unlisten(this.#session);
      this.#registry = this.#ownRegistry(this.#registry);
      this.#registry.listen(this.#session);
      this.#builtin = undefined;
    }
    return this.#registry.implement(tools, handlers);
  }

  /** The tools that the peer may call at present (TOOL-002). */
  allowed(): RegisteredTool[] {
    return [...this.#registry.all()].filter((tool) => this.#allows(tool));
  }

  /** Calls of the peer that are not over. */
  get running(): number {
    return this.#calls.size;
  }

  /** The peer calls. */
  open(port: CallPort, event: OpenEvent): void {
    const found = this.#find(event.tool);
    const isEarly = typeof found === "string" && this.#late?.isOver === false && !isReservedName(event.tool);
    const tool = isEarly ? strangerOf(event.tool) : found;
    if (typeof tool === "string") {
      this.#refuse(port, event, refusals[tool](event.tool));
      return;
    }
    const octets = countedOctets(event);
    const overload = this.#overload(tool) ?? this.#overfull(octets);
    if (overload !== undefined) {
      this.#refuse(port, event, overload);
      return;
    }
    const value = decoded(port, event);
    if (value === FAILED) return;
    const now = this.#session.environment.now();
    const deadlineMs = lesser(event.deadlineMs ?? tool.timeoutMs, tool.maxTimeoutMs);
    if (event.deadlineMs === 0) {
      const message = "the deadline was over before the call arrived";
      this.#refuse(port, event, failed("deadline_exceeded", message, "not_started"));
      return;
    }
    const call = new IncomingCall(this, port, tool, event, this.#session.caller, now);
    if (event.deadlineMs !== undefined && deadlineMs !== undefined && deadlineMs < event.deadlineMs) {
      call.shortenedMs = deadlineMs;
    }
    this.#calls.set(event.call, call);
    this.#book(call);
    this.#takePlace(tool);
    call.argumentOctets = octets;
    this.#argumentOctets += octets;
    if (deadlineMs !== undefined) call.deadline = this.#session.deadlines.set(now + deadlineMs, expire, call);
    if (isEarly) this.#awaitTool(call, event, value);
    else this.#start(call, event, value);
  }

  #awaitTool(call: IncomingCall, event: OpenEvent, value: Value | undefined): void {
    this.#early ??= new Map();
    this.#early.set(call, { event: { ...event, body: NO_BODY }, value });
    call.accept({ state: "queued", reason: this.#late?.reason });
  }

  /** Tools that are not there now are none. */
  #toolsCame(): void {
    const early = this.#early;
    this.#early = undefined;
    if (early === undefined) return;
    for (const [call, { event, value }] of early) {
      const tool = this.#find(event.tool);
      const refusal = typeof tool === "string" ? refusals[tool](event.tool) : this.#overload(tool);
      if (typeof tool === "string" || refusal !== undefined) {
        if (refusal !== undefined) call.settle(refusal);
        this.#leavePlace(call);
      } else this.#startLate(call, tool, event, value);
    }
  }

  /** Starts a call whose tool has come: its deadline counts from when it came itself. */
  #startLate(call: IncomingCall, tool: RegisteredTool, event: OpenEvent, value: Value | undefined): void {
    call.tool = tool;
    this.#takePlace(tool);
    const deadlineMs = lesser(event.deadlineMs ?? tool.timeoutMs, tool.maxTimeoutMs);
    if (deadlineMs !== event.deadlineMs && deadlineMs !== undefined) {
      call.deadline?.cancel();
      if (event.deadlineMs !== undefined) call.shortenedMs = deadlineMs;
      call.deadline = this.#session.deadlines.set(call.since + deadlineMs, expire, call);
    }
    if (call.deadline !== undefined && call.deadline.at <= this.environment.now()) this.expired(call);
    if (call.ended) this.#leavePlace(call);
    else this.#start(call, event, value);
  }

  /** Ends a call that is none here. */
  #refuse(port: CallPort, { call }: OpenEvent, refusal: Failure): void {
    this.environment.callAnswered?.(refusal);
    port.end(call, { ...refusal, body: NO_BODY });
  }

  /** A call is over, or goes on for nobody. */
  over(call: IncomingCall): void {
    if (this.#calls.get(call.number) === call) this.#calls.delete(call.number);
    // Nobody will start it, and so nobody will say that it has ended.
    if (this.#early?.delete(call) === true) this.#leavePlace(call);
    this.#page?.delete(call);
    this.#booked -= 1;
    this.#leavePage();
    // It waits no more.
    if (call.execution === undefined) call.lane?.leave();
    this.#leavePlace(call);
  }

  #book(call: IncomingCall): void {
    this.#abandoned = false;
    this.#page ??= this.#registry.calls.open(call.principal);
    this.#page.add(call);
    this.#booked += 1;
  }

  /** The page is kept for the calls that follow, until there is no port that could bring any. */
  #leavePage(): void {
    if (!this.#abandoned || this.#booked > 0 || this.#page === undefined) return;
    this.#registry.calls.close(this.#page);
    this.#page = undefined;
  }

  /** A place among the tool's concurrent calls. */
  #takePlace(tool: RegisteredTool): void {
    if (tool.maxConcurrent === undefined) return;
    if (this.#runningByTool === EMPTY_MAP) this.#runningByTool = new Map();
    this.#runningByTool.set(tool.name, (this.#runningByTool.get(tool.name) ?? 0) + 1);
  }

  /**
   * The place is free, and the arguments are let go, when this was said twice: when the call is over, and when its handler has ended,
   * which may go on for nobody (CALL-013, FLOW-012).
   */
  #leavePlace(call: IncomingCall): void {
    const { tool } = call;
    call.holds -= 1;
    if (call.holds > 0) return;
    call.lane?.leave();
    this.#argumentOctets -= call.argumentOctets;
    if (tool.maxConcurrent === undefined) return;
    const left = (this.#runningByTool.get(tool.name) ?? 1) - 1;
    if (left === 0) this.#runningByTool.delete(tool.name);
    else this.#runningByTool.set(tool.name, left);
  }

  /** This implementation has a fault, or something that it was given. */
  #failed(call: IncomingCall, error: unknown): void {
    this.#session.environment.log.error(`turnmux: ${call.tool.name} could not be run`, { error });
    const mayRun = call.execution?.started === true || call.execution?.mayHaveRun === true;
    call.settle(failed("internal", "the call could not be run", mayRun ? "unknown" : "not_started"));
  }

  /** The peer asks to cancel (CALL-005). The truth follows when the handler has ended. */
  reset(number: CallNumber, code: "cancelled" | "deadline_exceeded"): void {
    const call = this.#calls.get(number);
    if (call === undefined) return;
    if (code === "deadline_exceeded") {
      this.expired(call);
      return;
    }
    const reason = new TurnmuxError("cancelled", "the caller cancelled the call", {
      outcome: "unknown",
      tool: call.tool.name,
    });
    if (call.execution === undefined) {
      call.settle(failed("cancelled", "the call was cancelled before it ran", "not_started"));
    } else if (!call.execution.cancel(call, reason)) {
      call.settle(
        failed("cancelled", "the call was cancelled; others wait for the same key, and it goes on", "unknown"),
      );
    }
  }

  /** The session is over for this call. */
  makeVoid(number: CallNumber): void {
    const reason = new TurnmuxError("unavailable", "the session ended", { outcome: "unknown" });
    const call = this.#calls.get(number);
    if (call === undefined) return;
    // The port is over, and its numbers mean nothing any more.
    this.#calls.delete(number);
    call.makeVoid(reason, this.#ending === "revoked");
  }

  /** The port is gone, and what it has not told of is void. */
  abandon(): void {
    for (const number of this.#calls.keys()) this.makeVoid(number);
    this.#abandoned = true;
    this.#leavePage();
  }

  /** The port has room for a further item of this call. */
  room(number: CallNumber): void {
    this.#calls.get(number)?.roomMade();
  }

  /** The tool, or why there is none for this caller (CALL-010). */
  #find(name: string): RegisteredTool | "unknown" | "denied" {
    if (isReservedName(name)) return this.#builtins().get(name) ?? "unknown";
    const tool = this.#registry.get(name);
    if (tool === undefined) return "unknown";
    return this.#allows(tool) ? tool : "denied";
  }

  #keyedCalls(): KeyedCalls {
    this.#keyed ??= new KeyedCalls({
      once: this.#once,
      lanes: this.#lanes,
      environment: this.environment,
      execute: (execution, context) => this.#execute(execution, context),
      failed: (call, error) => this.#failed(call, error),
    });
    return this.#keyed;
  }

  #builtins(): ReadonlyMap<string, RegisteredTool> {
    const environment = this.environment;
    const registry = this.#registry;
    const once = this.#once;
    if (this.#builtin === undefined) {
      const describe = describeBuiltin(
        () => this.allowed(),
        (problem) => environment.log.warn(`turnmux: ${problem}`),
      );
      const inquiries = new Inquiries({ registry, once, environment, allows: (tool) => this.#allows(tool) });
      this.#builtin = new Map(
        [describe, ...inquiries.tools(), ...(this.#turns?.tools() ?? [])].map((tool) => [tool.name, tool]),
      );
    }
    return this.#builtin;
  }

  #allows(tool: RegisteredTool): boolean {
    const { allowsAll, scopes: held } = this.#session;
    if (allowsAll) return true;
    return tool.contract.scopes.every((scope) => held.has(scope));
  }

  #overload(tool: RegisteredTool): Failure | undefined {
    const most = tool.maxConcurrent;
    if (most === undefined || (this.#runningByTool.get(tool.name) ?? 0) < most) return undefined;
    return failed(
      "resource_exhausted",
      `${tool.name} runs ${most} times already for this session, and takes no more`,
      "not_started",
      {
        retryAfterMs: CONCURRENCY_RETRY_MS,
      },
    );
  }

  /** Credit is no help here: a handler may wait for a call of its peer's, whose arguments must not wait for that handler. */
  #overfull(octets: number): Failure | undefined {
    const most = this.#session.limits.heldArguments;
    // One that is alone is taken in any case: `message` has said so.
    if (octets === 0 || this.#argumentOctets === 0 || this.#argumentOctets + octets <= most) return undefined;
    return failed(
      "resource_exhausted",
      `the arguments and meta of the calls that run would be more than ${most} octets with this one (heldArguments): try again when one of them has ended [FLOW-012]`,
      "not_started",
      { retryAfterMs: ARGUMENTS_RETRY_MS },
    );
  }

  /** Checks the call, and runs it: at once, where nothing takes its time. */
  #start(call: IncomingCall, event: OpenEvent, value: Value | undefined): void {
    let running: Promise<void> | undefined;
    try {
      const checked = this.#validated(call, value);
      if (checked instanceof Promise) {
        const rest = { ...event, body: NO_BODY };
        running = checked.then((late) => this.#checked(call, rest, value, late));
      } else running = this.#checked(call, event, value, checked);
    } catch (error) {
      this.#failed(call, error);
    }
    if (running === undefined) this.#leavePlace(call);
    else void this.#awaited(call, running);
  }

  async #awaited(call: IncomingCall, running: Promise<void>): Promise<void> {
    try {
      await running;
    } catch (error) {
      this.#failed(call, error);
    }
    this.#leavePlace(call);
  }

  /** What the contract makes of the arguments; undefined where it cannot be asked. */
  #validated(call: IncomingCall, value: Value | undefined): Checked | undefined | Promise<Checked | undefined> {
    const uncheckable = (error: unknown): undefined => {
      this.environment.log.error(`turnmux: the validator of ${call.tool.name} failed`, { error });
      call.settle(failed("internal", "the tool's contract could not be checked", "not_started"));
    };
    try {
      const checked = validate(call.tool.contract.input, value);
      return checked instanceof Promise ? checked.catch(uncheckable) : checked;
    } catch (error) {
      return uncheckable(error);
    }
  }

  #checked(
    call: IncomingCall,
    event: OpenEvent,
    value: Value | undefined,
    checked: Checked | undefined,
  ): Promise<void> | undefined {
    if (call.ended || checked === undefined) return undefined;
    if (!checked.ok) {
      call.settle(invalidArguments({ details: issueDetails(checked.issues) }));
      return undefined;
    }
    const context: RunContext = {
      callId: event.callId,
      key: event.key,
      turn: event.turn,
      lineage: event.lineage,
      principal: this.#session.caller,
      scopes: this.#session.scopeList,
      deadlineAt: call.deadline?.at,
      trace: event.trace,
      meta: event.meta ?? {},
    };
    const input = checked.value;
    if (call.tool.contract.lane === undefined || this.#turns === undefined) {
      return this.#run(call, input, value, context);
    }
    return this.#turns.run(call, input, context, (entered) => this.#run(call, input, value, entered));
  }

  /** Runs a call that waits for nothing more but its key. */
  #run(call: IncomingCall, input: unknown, value: Value | undefined, context: RunContext): Promise<void> | undefined {
    if (call.tool.contract.effect === "once") return this.#keyedCalls().run(call, input, value, context);
    const execution = new Execution(call.tool, input);
    call.execution = execution;
    execution.join(call);
    const settled = this.#execute(execution, context);
    if (settled instanceof Promise) return settled.then((late) => execution.settle(late));
    execution.settle(settled);
    return undefined;
  }

  #execute(execution: Execution, context: RunContext): Settled | Promise<Settled> {
    const refusal = this.#ending === undefined ? undefined : endings[this.#ending];
    if (refusal !== undefined && (refusal === endings.revoked || execution.tool.contract.whenSessionEnds === "abort")) {
      execution.refused = true;
      return refusal;
    }
    const { elsewhere } = execution.tool;
    if (elsewhere !== undefined) return elsewhere.run(execution, context, this.#session.identity.id);
    return runTraced(execution, context, this.#session);
  }

  /** The deadline of a call is over. */
  expired(call: IncomingCall): void {
    if (call.ended) return;
    const { execution } = call;
    // What has not started, and nobody else waits for, does not start any more.
    const outcome = execution?.canStillRun(call) === true ? brokenOff(call.tool.contract.effect) : "not_started";
    const reason = new TurnmuxError("deadline_exceeded", "the deadline of the call is over", {
      outcome: "unknown",
      tool: call.tool.name,
    });
    call.settle(failed("deadline_exceeded", "the deadline is over", outcome));
    call.giveUp(reason);
  }
}

const expire = (call: IncomingCall): void => call.expire();

const refusals = {
  unknown: (name: string): Failure => ({ ok: false, ...noSuchTool(name) }),
  denied: (name: string): Failure =>
    failed("permission_denied", `the scopes of this session do not allow ${name}`, "not_started"),
} as const;

const endings = {
  revoked: failed("permission_denied", "the grant of this session was taken back", "not_started"),
  closed: failed("unavailable", "the session was closed", "not_started"),
} as const;

const FAILED: unique symbol = Symbol("failed");

/** The arguments, or {@link FAILED} where the peer broke the protocol with them. */
function decoded(port: CallPort, event: OpenEvent): Value | undefined | typeof FAILED {
  try {
    const { body } = event;
    // Octets are views of the message that they came in, and the handler may keep them for long.
    return port.decode(body.content === "local" ? body : apart(body));
  } catch (error) {
    if (!(error instanceof ProtocolViolation)) throw error;
    port.fail(error);
    return FAILED;
  }
}

/** What the arguments of a call and its meta count for (FLOW-012). In process nothing: what runs there has the same owner. */
function countedOctets({ body, meta }: OpenEvent): number {
  const octets = body.content === "local" ? 0 : bodyLength(body) + metaOctets(meta);
  return octets > SHORT_ARGUMENTS ? octets : 0;
}

function lesser(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}
