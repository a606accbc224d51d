import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BREACH_CODES, breachCodes, OTHERWISE } from "../../src/spec/breach-codes.ts";
import { allRequirements } from "../../src/spec/requirements.ts";

/** What stands under each code in the table behind CHAN-009. */
function tableOf(page: string): Record<string, string> {
  const [, behind = ""] = page.split("code of GOAWAY:\n\n| code | for |\n| --- | --- |\n");
  const [table = ""] = behind.split("\n\n");
  return Object.fromEntries(
    table.split("\n").map((row) => {
      const [, code = "", text = ""] = /^\| `(\w+)` \| (.*) \|$/.exec(row) ?? [];
      return [code, text];
    }),
  );
}

/** The requirements that a cell names: `LIMIT-001 to LIMIT-004` and `all of RATE` as well. */
function named(cell: string): string[] {
  const found = /\b([A-Z]+)-(\d{3})(?: to \1-(\d{3}))?|all of ([A-Z]+)/g;
  return [...cell.matchAll(found)].flatMap(([, area = "", from = "", to = from, whole]) =>
    whole !== undefined
      ? [whole]
      : Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => {
          return `${area}-${String(Number(from) + index).padStart(3, "0")}`;
        }),
  );
}

describe("the codes of protocol errors", () => {
  const table = tableOf(readFileSync(new URL("../../../../docs/spec.md", import.meta.url), "utf8"));

  it("are those of the table behind CHAN-009", () => {
    const { [OTHERWISE]: others, ...rest } = table;
    expect(others).toMatch(/^all others/);
    expect(Object.fromEntries(Object.entries(rest).map(([code, cell]) => [code, named(cell)]))).toEqual(BREACH_CODES);
  });

  it("are of requirements that there are", () => {
    const ids = allRequirements().map(({ id }) => id);
    const known = new Set([...ids, ...ids.map((id) => id.replace(/-\d+$/, ""))]);
    expect(Object.values(BREACH_CODES).flatMap((listed) => listed.filter((entry) => !known.has(entry)))).toEqual([]);
  });

  it.each([
    ["STREAM-002", ["failed_precondition"]],
    ["RATE-003", ["resource_exhausted"]],
    ["HAND-007", ["resource_exhausted", "deadline_exceeded"]],
    ["LIMIT-005", ["invalid_argument"]],
    ["CONT-003", ["invalid_argument"]],
  ])("are, for %s, %j", (requirement, codes) => {
    expect(breachCodes(requirement)).toEqual(codes);
  });
});
