import { run, type RunReport, type Target } from "@turnmux/conformance";
import { expect, it } from "vitest";
import type { Edit } from "../../src/mutants/mutant.ts";
import { mutantTarget } from "../../src/reference.ts";
import { Program } from "../support/program.ts";

/** The reference with less than section 15 of the specification describes, which is no fault. */
function lesser(id: string, edits: readonly Edit[]): Target {
  return mutantTarget("gateway", { id, edits });
}

function edit(file: string, find: string, replace: string): Edit {
  return { file: `packages/conformance-proof/src/peers/${file}`, find, replace };
}

/** Which cases did not go well. */
function wrong({ results }: RunReport): readonly string[] {
  return results
    .filter(({ verdict }) => verdict === "fail" || verdict === "error")
    .map(({ id, sentence }) => `${id}: ${sentence}`);
}

function unsupported({ results }: RunReport): readonly string[] {
  return results.filter(({ verdict }) => verdict === "unsupported").map(({ id }) => id);
}

it("a gateway with a key of its own fails nothing: what needs the keys of section 15 is unsupported", async () => {
  const program = new Program(
    lesser("own-key", [
      edit("keys.ts", 'conformance: { ...CONFORMANCE, secret: "turnmux-conformance-secret" },', ""),
      edit("keys.ts", 'secret: "turnmux-conformance-wide"', 'secret: "none of yours"'),
      edit(
        "keys.ts",
        'stranger: { principal: "stranger", scopes: ["test"], secret: "turnmux-conformance-stranger" },',
        'mine: { principal: "me", scopes: ["test"], secret: "my secret" },',
      ),
      edit("gateway.ts", "keys: { device:", "keys: { gadget:"),
    ]),
    {},
  );
  const { endpoint: url } = await program.ready();
  const key = { keyId: "mine", method: "token", principal: "me", scopes: ["test"], secret: "my secret" } as const;
  const report = await run({ role: "gateway", target: { url, key } });
  expect(wrong(report)).toEqual([]);
  const open = ["auth.opens-with-device", "auth.refuses-of-another-secret", "keys.of-another-principal"];
  expect(unsupported(report)).toEqual(expect.arrayContaining(open));
}, 180_000);

it("a gateway without the tools that are optional fails nothing: what needs them is unsupported", async () => {
  const target = lesser("without-optional-tools", [
    edit("contracts.ts", "    grant: tool({", "    another: tool({"),
    edit("session-tools.ts", "      grant: ({", "      another: ({"),
    edit("contracts.ts", "  journal: tool({", "  more: tool({"),
    edit("services.ts", "      journal: ({", "      more: ({"),
    edit("contracts.ts", "  countAgain: tool({", "  countOther: tool({"),
    edit("services.ts", "      countAgain: async", "      countOther: async"),
    edit("contracts.ts", "  countFound: tool({", "  countMore: tool({"),
    edit("services.ts", "      countFound: {", "      countMore: {"),
  ]);
  const areas = ["tools.", "keys.", "calls."];
  const report = await run({
    role: "gateway",
    target,
    only: ({ id }) => areas.some((area) => id.startsWith(area)),
  });
  expect(wrong(report)).toEqual([]);
  const needing = ["tools.scopes-that-change", "tools.outcome-beyond-the-scopes"];
  expect(unsupported(report)).toEqual(expect.arrayContaining(needing));
}, 180_000);

it("a gateway that takes no limits, and says so, fails nothing for it: what counts on them is unsupported", async () => {
  const target = lesser("without-limits", [
    edit("limits.ts", "knownLimits(Given.parse(JSON.parse(text)))", "{}"),
    edit("gateway.ts", "sayReady({ ", 'sayReady({ withoutLimits: ["unsent", "heldArguments", "handshakeOctets"], '),
  ]);
  const unstated = ["flow.unsent-answers", "flow.held-meta", "handshake.octets-of-all"];
  const stated = ["delivery.twice-the-limit", "flow.grants-a-step"];
  const ids = [...unstated, ...stated];
  const report = await run({ role: "gateway", target, only: ({ id }) => ids.includes(id) });
  expect(wrong(report)).toEqual([]);
  expect(unsupported(report).toSorted()).toEqual(ids.toSorted());
}, 180_000);
