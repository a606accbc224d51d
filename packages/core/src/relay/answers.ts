/**
 * What the protocol's own tools answer a child that may not do everything that the session may.
 *
 * @module
 */
import { describeToolName, isDescribeRequest } from "../contract/describe.ts";
import { callsToolName, isCallsResult, isOutcomeRequest, outcomeToolName } from "../contract/outcome.ts";
import type { Value } from "../content/value.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import { NO_BODY, type CallPort, type Ending, type PortEvent } from "../peer/port.ts";
import type { RelayOptions } from "./relay.ts";

/** Keys and identifiers of calls that are remembered. */
const REMEMBERED = 10_000;

/** A call ends here, or goes to the session's peer and the child gets what `share` leaves of the result. */
export type NarrowAnswer =
  | { readonly kind: "ends"; readonly ending: Ending }
  | { readonly kind: "asks"; readonly share: ((result: unknown) => unknown) | undefined };

/** One for each turn that is shared: its children may ask about the calls of each other, and about nothing else. */
export class NarrowAnswers {
  readonly #options: Pick<RelayOptions, "permissions" | "turn">;
  readonly #made = new Set<string>();

  constructor(options: Pick<RelayOptions, "permissions" | "turn">) {
    this.#options = options;
  }

  /** A child makes this call: from then on children may ask what became of it. */
  made({ key, callId }: { readonly key?: string | undefined; readonly callId: string }): void {
    for (const name of [callId, key]) {
      if (name === undefined) continue;
      this.#made.add(name);
      const [oldest] = this.#made;
      if (this.#made.size > REMEMBERED && oldest !== undefined) this.#made.delete(oldest);
    }
  }

  /** What becomes of a call of a tool whose name is the protocol's. */
  answer(port: CallPort, { tool, body }: Extract<PortEvent, { type: "open" }>): NarrowAnswer {
    let input: Value | undefined;
    try {
      input = port.decode(body);
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      return refused("invalid_argument", "the arguments cannot be decoded");
    }
    const { permissions, turn } = this.#options;
    if (tool === describeToolName) {
      const wanted = isDescribeRequest(input) ? input.tools : undefined;
      const tools = permissions.described().filter(({ name }) => wanted === undefined || wanted.includes(name));
      return { kind: "ends", ending: { ok: true, body: port.encode({ tools }) } };
    }
    if (tool === outcomeToolName) {
      if (!isOutcomeRequest(input)) return refused("invalid_argument", `${tool} takes { key } or { callId }`);
      if (this.#made.has(input.key ?? input.callId ?? "")) return { kind: "asks", share: undefined };
      return refused(
        "permission_denied",
        "this is no call of a process of this turn, and nothing else is shared with it",
      );
    }
    if (tool !== callsToolName) return refused("permission_denied", "this is not shared with processes of the turn");
    const share = (result: unknown): unknown =>
      isCallsResult(result) ? { calls: result.calls.filter((call) => call.turn === turn.turn) } : { calls: [] };
    return { kind: "asks", share };
  }
}

function refused(code: "invalid_argument" | "permission_denied", message: string): NarrowAnswer {
  return { kind: "ends", ending: { ok: false, code, message, outcome: "not_started", body: NO_BODY } };
}
