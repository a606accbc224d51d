/**
 * Names of OPENs as numbers (CALL-016, CALL-017).
 *
 * @module
 */

/** What `tool` and `turn` of one OPEN are on the wire; no `turn` where it is nil. */
export interface WrittenNames {
  readonly tool: string | number;
  readonly turn?: string | number;
}

/** What its receiver makes of it: the names, or the requirement that it breaks. */
export type ReadNames = { readonly tool: string; readonly turn?: string } | { readonly requirement: string };

/** OPENs of one direction of a session, in order, and the table behind them. */
export interface NamesVector {
  readonly name: string;
  readonly opens: readonly (WrittenNames & { readonly read: ReadNames })[];
  /** The slots behind the last OPEN, from 0. */
  readonly slots: readonly string[];
}

const SLOTS = 64;

function run(name: string, opens: readonly WrittenNames[]): NamesVector {
  const slots: string[] = [];
  let next = 0;
  const read = (place: string | number, most: number): string => {
    if (typeof place === "number") {
      const found = slots[place];
      if (found === undefined) throw new RangeError("CALL-017");
      if (Buffer.byteLength(found) > most) throw new RangeError("FRAME-009");
      return found;
    }
    if (!slots.includes(place)) {
      slots[next] = place;
      next = (next + 1) % SLOTS;
    }
    return place;
  };
  const all = opens.map((open) => {
    try {
      const tool = read(open.tool, 64);
      const names = open.turn === undefined ? { tool } : { tool, turn: read(open.turn, 256) };
      return { ...open, read: names };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return { ...open, read: { requirement: error.message } };
    }
  });
  return { name, opens: all, slots };
}

const many = (count: number, prefix: string): WrittenNames[] =>
  Array.from({ length: count }, (_, index) => ({ tool: `${prefix}${index}` }));

/** The vectors of names. */
export function namesVectors(): readonly NamesVector[] {
  return [
    run("a name takes a slot, and then its number stands for it", [
      { tool: "a" },
      { tool: 0 },
      { tool: "b" },
      { tool: 1 },
    ]),
    run("the tool takes its slot before the turn", [
      { tool: "a", turn: "t" },
      { tool: 0, turn: 1 },
    ]),
    run("a tool and a turn of the same name share a slot", [
      { tool: "a", turn: "a" },
      { tool: "b" },
      { tool: 1, turn: 0 },
    ]),
    run("a string that is in the table takes no other slot", [
      { tool: "a" },
      { tool: "a" },
      { tool: "b" },
      { tool: 1 },
    ]),
    run("the 65th name takes slot 0", [...many(65, "n"), { tool: 0 }, { tool: 1 }, { tool: 63 }]),
    run("a name that was driven out takes the next slot", [...many(65, "n"), { tool: "n0" }, { tool: 1 }]),
    run("a turn drives out the name that its own OPEN has just taken a slot for", [
      ...many(63, "n"),
      { tool: "x", turn: "y" },
      { tool: 63, turn: 0 },
    ]),
    run("an empty slot", [{ tool: "a" }, { tool: 1 }]),
    run("an empty slot as the turn", [{ tool: "a", turn: 1 }]),
    run("a number that is that of no slot", [...many(64, "n"), { tool: 64 }]),
    run("a turn's name that is too long for a tool", [{ tool: "a", turn: "t".repeat(65) }, { tool: 1 }]),
  ];
}
