/**
 * The code that GOAWAY and REFUSE have for each rule that was broken: the table behind CHAN-009 in section 10 of the specification.
 *
 * @module
 */
import type { CodeName } from "../wire/constants.ts";

/**
 * Requirements by code, as the table has them. `RATE` stands for all of its area; a requirement that stands under no code has
 * {@link OTHERWISE}, one under several any of them.
 */
export const BREACH_CODES: Readonly<Partial<Record<CodeName, readonly string[]>>> = {
  failed_precondition: [
    "CARR-003",
    "CARR-004",
    "FRAME-011",
    "HAND-002",
    "HAND-004",
    "HAND-005",
    "HAND-006",
    "HAND-008",
    "STREAM-002",
    "STREAM-003",
    "STREAM-004",
    "CALL-017",
    "DELIV-005",
    "RESUME-004",
    "FLOW-004",
  ],
  resource_exhausted: [
    "FRAME-001",
    "HAND-007",
    "STREAM-010",
    "FLOW-003",
    "LIMIT-001",
    "LIMIT-002",
    "LIMIT-003",
    "LIMIT-004",
    "RATE",
  ],
  deadline_exceeded: ["HAND-007"],
  data_loss: ["CARR-021"],
};

/** The code of all that the table does not name. */
export const OTHERWISE: CodeName = "invalid_argument";

/** The codes that a requirement, such as `FLOW-003`, may be answered with. */
export function breachCodes(requirement: string): readonly [CodeName, ...CodeName[]] {
  const [area = ""] = requirement.split("-");
  const [first, ...rest] = (Object.keys(BREACH_CODES) as CodeName[]).filter((code) => {
    const listed = BREACH_CODES[code] ?? [];
    return listed.includes(requirement) || listed.includes(area);
  });
  return first === undefined ? [OTHERWISE] : [first, ...rest];
}
