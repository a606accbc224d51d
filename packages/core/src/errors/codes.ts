/**
 * The error codes: gRPC's sixteen names, in one table. `docs/spec.md` section 7.
 *
 * @module
 */

/** What the table says about one code. */
export interface CodeInfo {
  /** The value in END, REFUSE, RESET and GOAWAY: 1 to 16. 0 is ok, and no error code. */
  readonly value: number;
  /** What the code means: the message of an error that came without one. */
  readonly sentence: string;
  /** Whether the same call may succeed later, unless the error itself says otherwise. */
  readonly retryable: boolean;
}

const table = {
  cancelled: { value: 1, sentence: "The call was cancelled.", retryable: false },
  unknown: { value: 2, sentence: "The call failed for a reason that is not known here.", retryable: false },
  invalid_argument: { value: 3, sentence: "The arguments are not valid.", retryable: false },
  deadline_exceeded: { value: 4, sentence: "The call took longer than its deadline.", retryable: false },
  not_found: { value: 5, sentence: "What the call asks for does not exist.", retryable: false },
  already_exists: { value: 6, sentence: "What the call would create exists already.", retryable: false },
  permission_denied: { value: 7, sentence: "The caller may not do this.", retryable: false },
  resource_exhausted: { value: 8, sentence: "A limit is reached.", retryable: true },
  failed_precondition: { value: 9, sentence: "The system is not in the state that the call needs.", retryable: false },
  aborted: { value: 10, sentence: "The call was aborted.", retryable: false },
  out_of_range: { value: 11, sentence: "The call reaches beyond the valid range.", retryable: false },
  unimplemented: { value: 12, sentence: "There is no such tool.", retryable: false },
  internal: { value: 13, sentence: "The tool failed.", retryable: false },
  unavailable: { value: 14, sentence: "The other side cannot be reached now.", retryable: true },
  data_loss: { value: 15, sentence: "Data is lost.", retryable: false },
  unauthenticated: { value: 16, sentence: "The caller has not proved who it is.", retryable: false },
} as const;

/** The name of an error code, for example `"resource_exhausted"`. */
export type Code = keyof typeof table;

/** Every code and what the table says about it. */
export const Codes: Readonly<Record<Code, CodeInfo>> = table;

/** Every code, in the order of the wire values. */
export const codeNames: readonly Code[] = Object.freeze(
  (Object.keys(table) as Code[]).sort((a, b) => table[a].value - table[b].value),
);

/** Whether a string is the name of a code. */
export function isCode(name: unknown): name is Code {
  return typeof name === "string" && Object.hasOwn(table, name);
}

/** The wire value of a code: 1 to 16. */
export function codeToWire(code: Code): number {
  return table[code].value;
}

/**
 * The code of a wire value. Every value that is not in the table, 0 and fractions included, is `"unknown"` (ERR-004).
 */
export function codeFromWire(value: number): Code {
  return codeNames[value - 1] ?? "unknown";
}
