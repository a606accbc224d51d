/**
 * Answers `turnmux.outcome` and `turnmux.calls` (TOOL-005, TOOL-006): out of what runs here, and the journal.
 *
 * @module
 */
import {
  callsToolName,
  isOutcomeRequest,
  outcomeToolName,
  type CallInFlight,
  type CallOutcome,
  type CallsResult,
  type OutcomeRequest,
} from "../contract/outcome.ts";
import { callsTool, outcomeTool } from "../contract/builtin.ts";
import { effectToWire } from "../errors/effect.ts";
import { ToolError } from "../errors/tool-error.ts";
import type { JournalRecord } from "../journal/journal.ts";
import { aftermathOf, UNKNOWN_FOR_GOOD } from "./aftermath.ts";
import type { Environment } from "./environment.ts";
import { Execution } from "./execution.ts";
import type { HeldKey, OnceCalls } from "./once.ts";
import { replayed } from "./recorded.ts";
import type { AnyHandler, RegisteredTool, ToolRegistry } from "./registry.ts";
import { failed, type Settled } from "./settled.ts";

/** What {@link Inquiries} work with. */
export interface InquiriesOptions {
  readonly registry: ToolRegistry;
  /** Absent where there is no journal. */
  readonly once: OnceCalls | undefined;
  readonly environment: Environment;
  /** Whether the caller may call this tool at present. */
  readonly allows: (tool: RegisteredTool) => boolean;
}

/** What the handlers of the built-in tools use of their call. */
interface Asking {
  readonly principal: string;
  readonly signal: AbortSignal;
}

/** Where a record stands, from claim to ending. */
type Place = Pick<JournalRecord, "key" | "tool" | "callId" | "claimedAtMs">;

/** One for each session. */
export class Inquiries {
  readonly #options: InquiriesOptions;

  constructor(options: InquiriesOptions) {
    this.#options = options;
  }

  /** The built-in tools. */
  tools(): readonly RegisteredTool[] {
    const more = { timeoutMs: undefined, maxTimeoutMs: undefined, maxConcurrent: undefined };
    // Their contracts have checked the input, and a handler's second argument is its call.
    const outcome: AnyHandler = (input, call) => this.#outcome(input, call);
    const calls: AnyHandler = (_input, call) => this.#calls(call);
    return [
      { name: outcomeToolName, contract: outcomeTool, handler: outcome, offer: offer(outcomeToolName), ...more },
      { name: callsToolName, contract: callsTool, handler: calls, offer: offer(callsToolName), ...more },
    ];
  }

  #calls({ principal }: Asking): CallsResult {
    const { registry, once, environment } = this.#options;
    const now = environment.now();
    const calls: CallInFlight[] = [];
    const shown = new Set<string>();
    for (const { callId, tool, key, turn, state, since, deadline } of registry.calls.of(principal)) {
      if (!this.#mayShow(tool.name)) continue;
      const deadlineMs = deadline === undefined ? undefined : Math.max(0, Math.ceil(deadline.at - now));
      const sinceMs = Math.max(0, Math.floor(now - since));
      calls.push(present({ callId, tool: tool.name, key, turn, state, sinceMs, deadlineMs }));
      if (key !== undefined) shown.add(key);
    }
    // Handlers of `once` tools go on when their callers are gone.
    for (const { claim, execution } of once?.heldBy(principal) ?? []) {
      if (!execution.started || execution.ending !== undefined || shown.has(claim.key)) continue;
      if (!this.#mayShow(claim.tool)) continue;
      const sinceMs = Math.max(0, environment.wallClock() - claim.atMs);
      calls.push({ callId: claim.callId, tool: claim.tool, key: claim.key, state: "running", sinceMs });
    }
    return { calls };
  }

  async #outcome(input: unknown, asking: Asking): Promise<CallOutcome> {
    if (!isOutcomeRequest(input)) throw new ToolError("invalid_argument", "pass a key or a callId");
    const known = this.#inMemory(input, asking.principal);
    if (known !== undefined) return known;
    const { once } = this.#options;
    if (once === undefined) return { state: "none" };
    const { principal } = asking;
    const query = input.key === undefined ? { principal, callId: input.callId } : { principal, key: input.key };
    let record: JournalRecord | undefined;
    try {
      record = await once.record(query);
    } catch (error) {
      throw unreadable(this.#options.environment, error);
    }
    if (record === undefined) return { state: "none" };
    this.#checkScopes(record.tool);
    // It may have come while the journal was read.
    const meanwhile = this.#inMemory({ key: record.key }, principal);
    if (meanwhile !== undefined) return meanwhile;
    if (record.ending === undefined) return this.#withoutEnding(once, record, asking);
    return this.#settled(record, this.#read(record), record.settledAtMs);
  }

  /** What is known without the journal. */
  #inMemory(request: OutcomeRequest, principal: string): CallOutcome | undefined {
    const { registry, once } = this.#options;
    if (request.key === undefined) {
      for (const { callId, tool, key } of registry.calls.of(principal)) {
        if (callId === request.callId) return this.#running({ callId, tool: tool.name, key });
      }
    }
    const held = once === undefined ? undefined : find(once.heldBy(principal), request);
    if (held !== undefined) {
      const { tool, callId, key, atMs } = held.claim;
      // Somebody else asks already.
      if (!held.execution.runs) {
        this.#checkScopes(tool);
        return this.#abandoned({ tool, callId, key, claimedAtMs: atMs });
      }
      const place = { tool, callId, key, claimedAtMs: atMs };
      const { ending } = held.execution;
      if (ending === undefined) return this.#running(place);
      // It is about to be recorded.
      this.#checkScopes(tool);
      return this.#settled(place, ending, undefined);
    }
    const { key } = request;
    const ended = once?.unrecorded(key === undefined ? { principal, callId: request.callId } : { principal, key });
    if (ended === undefined) return undefined;
    const { claim, settlement } = ended;
    this.#checkScopes(claim.tool);
    return this.#settled({ ...claim, claimedAtMs: claim.atMs }, replayed(settlement.ending), settlement.atMs);
  }

  #running(about: Pick<CallOutcome, "callId" | "tool" | "key" | "claimedAtMs">): CallOutcome {
    this.#checkScopes(about.tool ?? "");
    return present({ state: "running", ...about });
  }

  /** A record without an ending, of a call that does not run here: its owner is dead, or another one. */
  async #withoutEnding(once: OnceCalls, record: JournalRecord, { principal, signal }: Asking): Promise<CallOutcome> {
    const { environment, registry } = this.#options;
    const { key, callId, fingerprint } = record;
    const tool = registry.get(record.tool);
    // Without the tool nobody can find out anything, and whether the owner lives nobody else knows.
    if (tool === undefined) return this.#abandoned(record);
    const execution = new Execution(tool, undefined, fingerprint, false);
    const claimed = await once.claim(principal, key, callId, execution);
    const verdict = claimed.kind === "elsewhere" ? await once.askOther(principal, key) : claimed;
    /** Ends what was asked: those that came with the key meanwhile go on by themselves. */
    const over = (): void => {
      once.release(principal, key);
      execution.settle(UNKNOWN_FOR_GOOD, true);
    };
    const ends = async (settled: Settled): Promise<CallOutcome> => {
      await once.settle(principal, key, settled);
      execution.settle(settled, true);
      return this.#settled(record, settled, environment.wallClock());
    };
    switch (verdict.kind) {
      case "elsewhere":
        over();
        return present({ state: "running", ...placeOf(record) });
      case "replay":
        over();
        return this.#settled(record, verdict.settled, undefined);
      case "run":
        // It was freed meanwhile, and is to be free again.
        await ends(failed("cancelled", "only its outcome was asked for", "not_started"));
        return { state: "none" };
      case "refuse":
        over();
        throw unreadable(environment, verdict.settled);
      case "abandoned": {
        if (tool.reconcile === undefined) {
          over();
          return this.#abandoned(record);
        }
        const asked = AbortSignal.any([signal, execution.signal]);
        const found = await aftermathOf(tool, { key, principal, callId, signal: asked }, environment);
        if (found.kind === "settled") return ends(found.settled);
        if (found.kind === "run") return ends(TOOK_NO_EFFECT);
        over();
        return this.#abandoned(record);
      }
    }
  }

  #abandoned(record: Place): CallOutcome {
    const again = this.#options.registry.get(record.tool)?.contract.afterCrash === "run";
    const what = again ? "a repetition with its key runs it again" : "whether it took effect is not known";
    const message = `the side that ran this call ended while it ran; ${what}`;
    return present({ state: "abandoned", ...placeOf(record), outcome: "unknown", code: "aborted", message });
  }

  #settled(place: Place, settled: Settled, settledAtMs: number | undefined): CallOutcome {
    const about = { state: "settled", ...placeOf(place), settledAtMs } as const;
    if (settled.ok) {
      // Of a tool that is gone nobody knows any more who may see its results.
      const shown = this.#options.registry.get(place.tool) !== undefined;
      return present({ ...about, outcome: "completed", result: shown ? settled.value : undefined });
    }
    const { code, message, outcome, retryable } = settled;
    return present({ ...about, outcome, code, message, retryable });
  }

  #read(record: JournalRecord): Settled {
    try {
      if (record.ending !== undefined) return replayed(record.ending);
    } catch (error) {
      this.#options.environment.log.error("turnmux: a record of the journal cannot be read", { error });
    }
    return failed("data_loss", "the record of this key cannot be read", "unknown");
  }

  #mayShow(name: string): boolean {
    const tool = this.#options.registry.get(name);
    return tool !== undefined && this.#options.allows(tool);
  }

  /** What the scopes do not allow to be called is not told of either (KEY-002). */
  #checkScopes(name: string): void {
    const tool = this.#options.registry.get(name);
    if (tool === undefined || this.#options.allows(tool)) return;
    throw new ToolError("permission_denied", `the scopes of this session do not allow ${name}`);
  }
}

const TOOK_NO_EFFECT: Settled = failed(
  "aborted",
  "the side that ran this call ended before the call took effect",
  "not_started",
);

function offer(name: string): RegisteredTool["offer"] {
  return { name, effect: effectToWire("read") };
}

function placeOf({ key, tool, callId, claimedAtMs }: Place): Place {
  return { key, tool, callId, claimedAtMs };
}

function find(held: Iterable<HeldKey>, request: OutcomeRequest): HeldKey | undefined {
  for (const one of held) {
    if (request.key === undefined ? one.claim.callId === request.callId : one.claim.key === request.key) return one;
  }
  return undefined;
}

function unreadable(environment: Environment, error: unknown): ToolError {
  environment.log.error("turnmux: the journal could not be asked for an outcome", { error });
  return new ToolError("unavailable", "the journal cannot be read now");
}

/** Without the properties whose value is absent. */
function present<T extends object>(value: T): T {
  for (const [name, field] of Object.entries(value)) if (field === undefined) Reflect.deleteProperty(value, name);
  return value;
}
