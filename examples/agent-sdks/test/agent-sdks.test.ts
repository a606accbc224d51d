import assert from "node:assert/strict";
import { test } from "node:test";
import { withAgents } from "../src/with-agents.ts";
import { withAi } from "../src/with-ai.ts";

for (const [name, run] of [
  ["the Vercel AI SDK", withAi],
  ["the OpenAI Agents SDK", withAgents],
] as const) {
  test(`a model in ${name} creates one job, although its acknowledgement is lost, and reads what it should of its mistake`, async () => {
    const { text, read, jobs } = await run();
    assert.deepEqual(jobs, ["tea at four"]);
    assert.equal(read.length, 4);
    assert.deepEqual(JSON.parse(read[0] ?? ""), []);
    assert.deepEqual(JSON.parse(read[1] ?? ""), { id: "job-1" });
    assert.match(read[2] ?? "", /text: .*It did not run; mend the arguments before you call it again\.$/);
    assert.deepEqual(JSON.parse(read[3] ?? ""), ["tea at four"]);
    assert.equal(text, 'There are these jobs: ["tea at four"]');
  });
}
