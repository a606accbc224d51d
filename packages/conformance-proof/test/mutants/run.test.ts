import { check } from "@turnmux/conformance";
import { expect, it } from "vitest";
import { lineOf } from "../../src/mutants/command.ts";
import { EXIT_MISFIT } from "../../src/mutants/misfit.ts";
import type { Mutant } from "../../src/mutants/mutant.ts";
import { runMutant } from "../../src/mutants/run.ts";
import { mutantTarget, referenceTarget } from "../../src/reference.ts";
import { Program } from "../support/program.ts";

const file = "packages/conformance-proof/src/peers/services.ts";
const find = "counted: ({ counter }) => counters.read(counter),";
const wrong = "counted: () => ({ value: 4_711, runs: 0 }),";

/** Clauses that no case of the suite covers, so that only those of this file do. */
const [CLAUSE, OTHER, BLAMED, TWICE, WARNED] = ["TEST-001", "TEST-002", "TEST-003", "TEST-004", "TEST-005"];

function counted(id: string, covers: readonly string[], blames?: string, level: "must" | "should" = "must"): void {
  check({
    id,
    title: "test.counted says what was counted",
    covers,
    role: "gateway",
    level,
    async run(t) {
      const call = await t.open(await t.session(), { tool: "test.counted", input: { counter: "nobody's" } });
      t.equal((await call.ended()).value, { value: 0, runs: 0 }, "What test.counted says", blames);
    },
  });
}

counted("test.counted", [CLAUSE]);
counted("test.blames-another", [BLAMED, TWICE], OTHER);
counted("test.blames-it", [TWICE], TWICE);
counted("test.warns", [WARNED], undefined, "should");

function planted(more: Partial<Mutant> & { readonly replace: string }): Mutant {
  const { replace, ...head } = more;
  return {
    id: "test.m",
    breaks: CLAUSE,
    roles: ["gateway"],
    why: "does it",
    edits: [{ file, find, replace }],
    ...head,
  };
}

it("is killed by a case that covers what it breaks", async () => {
  const result = await runMutant(planted({ replace: wrong }), "gateway");
  expect(result).toMatchObject({ fate: "killed", sentence: "test.counted (binary)" });
});

it("survives where all that fails blames another requirement", async () => {
  const result = await runMutant(planted({ replace: wrong, breaks: BLAMED, ways: ["binary"] }), "gateway");
  expect(result.fate).toBe("survived");
  expect(result.sentence).toContain(`test.blames-another fails for ${OTHER}, and not for ${BLAMED}: `);
});

it("is killed by a case that blames what it breaks, whichever other failed first", async () => {
  const result = await runMutant(planted({ replace: wrong, breaks: TWICE }), "gateway");
  expect(result).toMatchObject({ fate: "killed", sentence: "test.blames-it (binary)" });
});

it("survives where a case only warns", async () => {
  const result = await runMutant(planted({ replace: wrong, breaks: WARNED, ways: ["binary"] }), "gateway");
  expect(result.fate).toBe("survived");
  expect(result.sentence).toContain("test.warns only warns: ");
});

it("is broken where the peer does not work at all", async () => {
  const edits = [{ file, find: "echo: (input) => input,", replace: 'echo: () => "other",' }];
  const result = await runMutant(planted({ replace: "", edits }), "gateway");
  expect(result.fate).toBe("broken");
  expect(result.sentence).toContain("it does not work at all (binary): ");
});

it("survives where it changes nothing, and is reported with what passed", async () => {
  const result = await runMutant(planted({ replace: find, ways: ["text"] }), "gateway");
  expect(result).toMatchObject({ fate: "survived", sentence: "passed: test.counted" });
  expect(lineOf(result)).toContain("survived test.m as a gateway");
});

it("survives where no case covers what it breaks", async () => {
  const result = await runMutant(planted({ replace: find, breaks: OTHER }), "gateway");
  expect(result).toMatchObject({ fate: "survived", sentence: `no case covers ${OTHER}` });
  const client = await runMutant(planted({ replace: find }), "client");
  expect(client).toMatchObject({
    fate: "survived",
    sentence: `no case covers ${CLAUSE} for a client, only test.counted`,
  });
});

it("is broken where it does not fit", async () => {
  const edits = [{ file, find: "no such text", replace: "" }];
  expect(await runMutant(planted({ replace: "", edits }), "gateway")).toMatchObject({ fate: "broken" });
});

it.each([
  ["what it looks for is not there", { file, find: "no such text", replace: "" }, "0 times"],
  [
    "the peer never loads the file",
    { file: "packages/crash/src/random.ts", find: "export", replace: "" },
    "never loads",
  ],
])("ends the process with a sentence where %s", async (_, edit, sentence) => {
  const program = new Program(mutantTarget("gateway", { id: "test.m", edits: [edit] }), {});
  expect(await program.exited).toBe(EXIT_MISFIT);
  await expect.poll(() => program.errors.join(" ")).toContain(sentence);
  expect(program.lines).toEqual([]);
});

it("ends the process where nobody planted it", async () => {
  const { command = [], environment } = mutantTarget("gateway", { id: "", edits: [] });
  const program = new Program({ command, environment: { ...environment, TURNMUX_MUTANT: "nobody.did" } }, {});
  expect(await program.exited).toBe(EXIT_MISFIT);
});

it("leaves the peers alone that have none", async () => {
  const program = new Program(referenceTarget("client"), {});
  expect(await program.ready()).toMatchObject({ shared: true });
});
