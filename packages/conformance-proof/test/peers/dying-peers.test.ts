import { run } from "@turnmux/conformance";
import { expect, it } from "vitest";
import { mutantTarget } from "../../src/reference.ts";

it("a client that dies of the end of a session fails the run, although no case is at it then", async () => {
  const file = "packages/conformance-proof/src/peers/driver.ts";
  const edits = [{ file, find: "    else driven.close();", replace: "    else process.exit(9);" }];
  const target = mutantTarget("client", { id: "dies-of-an-end", edits });
  const { results } = await run({ role: "client", target, only: () => false });
  const [first, ...others] = results;
  expect(first).toMatchObject({ id: "sanity.first", verdict: "pass" });
  const programs = others.find(({ id }) => id === "sanity.programs");
  expect(programs).toMatchObject({ verdict: "fail", sentence: expect.stringContaining("exit code 9") as string });
}, 180_000);
