/**
 * The requirements of the specification, as the package carries them: made from its text by `main.ts`.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Clause, Requirement } from "./extract.ts";

/** Where they are, from the sources and from the build alike. */
export const REQUIREMENTS_FILE: string = fileURLToPath(new URL("../../requirements.json", import.meta.url));

const level = z.enum(["MUST", "SHOULD", "MAY"]);
const role = z.enum(["gateway", "client", "both"]);

const schema = z.strictObject({
  requirements: z.array(
    z.strictObject({
      id: z.string(),
      level,
      role,
      section: z.string(),
      text: z.string(),
      hash: z.string(),
      clauses: z.array(z.strictObject({ id: z.string(), level, role, text: z.string() })),
    }),
  ),
});

interface Book {
  readonly requirements: ReadonlyMap<string, Requirement>;
  readonly clauses: ReadonlyMap<string, Clause>;
}

let book: Book | undefined;

/** Read once, when somebody asks. */
function read(): Book {
  if (book !== undefined) return book;
  const { requirements } = schema.parse(JSON.parse(readFileSync(REQUIREMENTS_FILE, "utf8")));
  book = {
    requirements: new Map(requirements.map((one) => [one.id, one])),
    clauses: new Map(requirements.flatMap((one) => one.clauses.map((clause) => [clause.id, clause]))),
  };
  return book;
}

/** All requirements, in the order of the specification. */
export function allRequirements(): readonly Requirement[] {
  return [...read().requirements.values()];
}

/** All clauses, in the order of the specification. */
export function allClauses(): readonly Clause[] {
  return [...read().clauses.values()];
}

/** The identifier of the requirement that a clause belongs to: `FLOW-001` of `FLOW-001.2`, of `FLOW-001.should.1`, and of itself. */
export function requirementOf(clause: string): string {
  return clause.replace(/\..*$/, "");
}

/** A requirement by its identifier, `FRAME-003`; also the one that a clause belongs to, `FLOW-001.2`. */
export function requirement(id: string): Requirement | undefined {
  return read().requirements.get(requirementOf(id));
}

/** A clause by its identifier. */
export function clause(id: string): Clause | undefined {
  return read().clauses.get(id);
}
