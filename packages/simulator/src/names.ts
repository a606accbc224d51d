/**
 * What the numbers in OPENs stand for, read off the wire (CALL-016).
 *
 * @module
 */
import type { WireFrame } from "./wire.ts";

const SLOTS = 64;
const TURN = 6;

/** The names that one side of a session has said in its OPENs. */
export class Names {
  readonly #slots: string[] = [];
  #next = 0;
  /** The tool of each stream: an OPEN that is sent again says nothing new. */
  readonly #tools = new Map<number, string>();

  /** An OPEN is sent. False where a number in it stands for nothing. */
  sent(frame: WireFrame): boolean {
    if (this.#tools.has(frame.stream)) return true;
    const places = frame.places(TURN + 1);
    const tool = this.#name(places[0]);
    const turn = this.#name(places[TURN] ?? "");
    this.#tools.set(frame.stream, tool ?? "?");
    return tool !== undefined && turn !== undefined;
  }

  /** The tool that the OPEN of a stream names. */
  toolOf(stream: number): string {
    return this.#tools.get(stream) ?? "?";
  }

  #name(place: unknown): string | undefined {
    if (typeof place === "number") return this.#slots[place];
    const name = String(place);
    if (place === "" || this.#slots.includes(name)) return name;
    this.#slots[this.#next] = name;
    this.#next = (this.#next + 1) % SLOTS;
    return name;
  }
}
