import { expect, it } from "vitest";
import { run } from "../../src/suite/runner.ts";

/** Understands nothing, and says so, as it should. */
const REFUSES = `
  process.stdout.write('{"ready":{"carriages":["local"]}}\\n');
  process.stdin.on("data", () => process.stdout.write('{"event":"error","message":"what?"}\\n')).on("end", () => process.exit(0));
`;

it("a peer in one process that opens no session is not fit for any case", async () => {
  const target = { command: [process.execPath, "-e", REFUSES] };
  const { results } = await run({ role: "behaviour", target, timeScale: 0.5, only: () => false });
  expect(results.map(({ id, verdict }) => [id, verdict])).toEqual([["sanity.first", "fail"]]);
});
