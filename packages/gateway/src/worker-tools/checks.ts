/**
 * A tool's contract in the thread of its handler: checked there where the thread that has the call has no schemas.
 *
 * @module
 */

import type { ToolContract } from "@turnmux/core";
import { importNamespace } from "./module.ts";
import type { ModuleReference } from "./messages.ts";

/** What a contract makes of a value. */
export type Verdict =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly details: { readonly issues: readonly unknown[] } };

/** Checks what passes in and out of a handler. Throws or rejects where the contract cannot be asked. */
export interface Checks {
  check(part: "input" | "output" | "item" | "progress", value: unknown): Verdict | Promise<Verdict>;
}

/** Where the thread that has the call checks. */
export const CHECKED_ELSEWHERE: Checks = { check: (_part, value) => ({ ok: true, value }) };

const cached = new Map<string, Checks>();

/** The checks of a tool. Throws where the module's export is no tree with this tool. */
export async function checksOf(module: ModuleReference): Promise<Checks> {
  const { url, contract, tool } = module;
  if (contract === undefined) return CHECKED_ELSEWHERE;
  const name = JSON.stringify([url, contract, tool]);
  const known = cached.get(name);
  if (known !== undefined) return known;
  // Here and not above: a thread that checks nothing starts sooner without it.
  const { flattenTools, issueDetails, isToolTree, validate } = await import("@turnmux/core");
  const tree = (await importNamespace(url))[contract];
  if (!isToolTree(tree)) {
    throw new Error(`${url}: its export ${JSON.stringify(contract)} is no tree of tools, as defineTools() returns one`);
  }
  const found: ToolContract | undefined = flattenTools(tree).get(tool);
  if (found === undefined) throw new Error(`${url}: its export ${JSON.stringify(contract)} has no tool ${tool}`);
  const checks: Checks = {
    check: (part, value) => {
      const schema = found[part];
      // Of a tool without a result, what is returned does not count.
      if (schema === undefined && part === "output") return { ok: true, value: undefined };
      if (schema === undefined) throw new Error(`the contract has no ${part}`);
      const checked = validate(schema, value);
      const verdict = (late: Awaited<typeof checked>): Verdict =>
        late.ok ? late : { ok: false, details: issueDetails(late.issues) };
      return checked instanceof Promise ? checked.then(verdict) : verdict(checked);
    },
  };
  cached.set(name, checks);
  return checks;
}
