import { check } from "@turnmux/conformance";
import { expect, it } from "vitest";
import { lineOf } from "../../src/mutants/command.ts";
import { EXIT_MISFIT } from "../../src/mutants/misfit.ts";
import type { Mutant } from "../../src/mutants/mutant.ts";
import { runMutant } from "../../src/mutants/run.ts";
import { mutantTarget, referenceTarget } from "../../src/reference.ts";
import { Program } from "../support/program.ts";

const file = "packages/conformance-proof/src/peers/services.ts";
const find = "echo: (input) => input,";

/** Clauses that no case of the suite covers, so that only those of this file do. */
const [CLAUSE, OTHER] = ["TEST-001", "TEST-002"];

check({
  id: "test.echo",
  title: "test.echo gives back what it is given",
  covers: [CLAUSE],
  role: "gateway",
  run: (t) => t.healthy(),
});

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
  const result = await runMutant(planted({ replace: 'echo: () => "other",' }), "gateway");
  expect(result).toMatchObject({ fate: "killed", sentence: "test.echo (binary)" });
});

it("survives where it changes nothing, and is reported with what passed", async () => {
  const result = await runMutant(planted({ replace: find, ways: ["text"] }), "gateway");
  expect(result).toMatchObject({ fate: "survived", sentence: "passed: test.echo" });
  expect(lineOf(result)).toContain("survived test.m as a gateway");
});

it("survives where no case covers what it breaks", async () => {
  const result = await runMutant(planted({ replace: find, breaks: OTHER }), "gateway");
  expect(result).toMatchObject({ fate: "survived", sentence: `no case covers ${OTHER}` });
  const client = await runMutant(planted({ replace: find }), "client");
  expect(client).toMatchObject({ fate: "survived", sentence: `no case covers ${CLAUSE} for a client, only test.echo` });
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
