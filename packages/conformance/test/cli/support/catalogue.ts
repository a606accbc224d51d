import type { Catalogue } from "../../../src/cli/catalogue.ts";
import type { Clause, Requirement } from "../../../src/spec/extract.ts";
import type { Case } from "../../../src/suite/case.ts";

/** A case that does nothing. */
export function entry(id: string, more: Partial<Case> = {}): Case {
  return { id, title: `what ${id} shows`, covers: ["FRAME-003"], role: "both", run: async () => {}, ...more };
}

/** A requirement with clauses of these texts; one clause has the id of the requirement. */
export function requirement(id: string, section: string, ...texts: readonly string[]): Requirement {
  const clauses = texts.map((text, index): Clause => {
    return { id: texts.length === 1 ? id : `${id}.${index + 1}`, level: "MUST", role: "both", text };
  });
  return { id, level: "MUST", role: "both", section, text: texts.join(" "), hash: "0", clauses };
}

/** A small suite: cases of each role and carriage. */
export const CATALOGUE: Catalogue = {
  cases: [
    entry("call.one-end", { covers: ["CALL-004"] }),
    entry("frame.reserved-bit", { ways: ["binary"] }),
    entry("frame.unknown-type", { covers: ["FRAME-004.1"] }),
    entry("frame.skipped-type", { covers: ["FRAME-004.2"], role: "client" }),
    entry("text.member", { covers: ["CARR-010"], ways: ["text"], role: "gateway" }),
    entry("behaviour.echo", { covers: ["CALL-004"], role: "behaviour" }),
    entry("chan.batches", { covers: ["CHAN-006"], level: "should", needs: ["command", "credit"], alone: true }),
  ],
  requirements: [
    requirement("CARR-010", "1. Carriage", "A text message MUST start so."),
    requirement("FRAME-003", "2. Frames", "The reserved bit R MUST be zero."),
    requirement("FRAME-004", "2. Frames", "An unknown type MUST be an error.", "A skipped one MUST NOT be."),
    requirement("CALL-004", "6. Calls", "One END for each OPEN MUST be sent."),
    requirement("AUTH-006", "4. Proof", "A secret MUST NOT appear."),
    {
      ...requirement("CHAN-006", "10. Channel", "Frames SHOULD leave together."),
      level: "SHOULD",
      clauses: [{ id: "CHAN-006", level: "SHOULD", role: "both", text: "Frames SHOULD leave together." }],
    },
  ],
  excused: {
    "AUTH-006": { role: "both", why: "nobody can see all logs" },
    "FRAME-004.2": { role: "gateway", why: "a gateway skips nothing" },
  },
};
