/**
 * Names that OPENs repeat, tools and turns, as numbers: one table for each direction of a session, which both sides fill from
 * the OPENs that carry a string (CALL-016). It needs no frames of its own: OPENs arrive in order, each once.
 *
 * @module
 */
import { EMPTY_MAP } from "../empty.ts";
import { ProtocolViolation } from "../errors/violation.ts";
import type { NamedOpenFrame, OpenFrame } from "../wire/frame.ts";
import { fits, StringLimit } from "../wire/limits.ts";

/** Slots of a table (CALL-016). With the limits of the strings this bounds what a peer can make this side keep. */
export const NAME_SLOTS: number = 64;

/** A table that nothing was put into. */
const NO_NAMES: never[] = [];

/** The table of what this side sends. One for each session. */
export class SentNames {
  #slots: string[] = NO_NAMES;
  #numbers: Map<string, number> = EMPTY_MAP;
  #next = 0;

  /**
   * The OPEN as it is handed over: names that the peer knows are numbers. Each frame once, in the order in which they are
   * handed over; one that is sent again is what this gave the first time.
   */
  written(frame: OpenFrame): OpenFrame {
    const tool = this.#number(frame.tool, StringLimit.tool);
    const turn = frame.turn === undefined ? undefined : this.#number(frame.turn, StringLimit.turn);
    return typeof tool === "string" && typeof turn !== "number" ? frame : withNames(frame, tool, turn);
  }

  #number(name: string | number, limit: number): string | number {
    if (typeof name === "number") return name;
    const number = this.#numbers.get(name);
    // A name that is a turn's may be too long for a tool: then encoding says so.
    if (number !== undefined) return fits(name, limit) ? number : name;
    const former = this.#slots[this.#next];
    if (former !== undefined) this.#numbers.delete(former);
    if (this.#slots.length === 0) this.#slots = [name];
    else this.#slots[this.#next] = name;
    if (this.#numbers === EMPTY_MAP) this.#numbers = new Map();
    this.#numbers.set(name, this.#next);
    this.#next = (this.#next + 1) % NAME_SLOTS;
    return name;
  }
}

/** The table of what the peer sends. One for each session. */
export class ReceivedNames {
  #slots: string[] = NO_NAMES;
  #next = 0;

  /**
   * The OPEN with its names. Each frame of the session once, in order, also one that is dropped or refused then.
   *
   * @throws ProtocolViolation CALL-017 for a number that stands for nothing, FRAME-009 where its string is too long for the place.
   */
  named(frame: OpenFrame): NamedOpenFrame {
    const tool = this.#name("tool", frame.tool, StringLimit.tool);
    const turn = frame.turn === undefined ? undefined : this.#name("turn", frame.turn, StringLimit.turn);
    return withNames(frame, tool, turn);
  }

  #name(field: string, given: string | number, limit: number): string {
    if (typeof given === "string") {
      this.#add(given);
      return given;
    }
    const name = given < NAME_SLOTS ? this.#slots[given] : undefined;
    if (name === undefined) {
      throw new ProtocolViolation(
        "CALL-017",
        `OPEN: "${field}" is a number for which no OPEN before has given a string`,
        "failed_precondition",
      );
    }
    if (!fits(name, limit)) {
      throw new ProtocolViolation("FRAME-009", `OPEN: "${field}" stands for a string of more than ${limit} octets`);
    }
    return name;
  }

  #add(name: string): void {
    if (this.#slots.includes(name)) return;
    // What is put into an empty list gets room for many more, which most sessions with one tool do not need.
    if (this.#slots.length === 0) this.#slots = [name];
    else this.#slots[this.#next] = name;
    this.#next = (this.#next + 1) % NAME_SLOTS;
  }
}

/** The same frame with other names. Field by field: this is on the way of every call, and spreading costs more. */
function withNames<N extends string | number>(frame: OpenFrame, tool: N, turn: N | undefined): OpenFrame & Named<N> {
  return {
    type: "open",
    stream: frame.stream,
    more: frame.more,
    final: frame.final,
    tool,
    callId: frame.callId,
    key: frame.key,
    deadlineMs: frame.deadlineMs,
    priority: frame.priority,
    content: frame.content,
    turn,
    lineage: frame.lineage,
    trace: frame.trace,
    meta: frame.meta,
    body: frame.body,
  };
}

interface Named<N> {
  readonly tool: N;
  readonly turn: N | undefined;
}
