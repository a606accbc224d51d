import { expect, it } from "vitest";
import { RunQueue } from "../../src/io-thread/thread/run-queue.ts";

function queue() {
  const runs = new RunQueue<{ readonly sessionId: string; readonly name: string; octets(): number }>();
  return {
    runs,
    add: (sessionId: string, name: string, octets = 0) => {
      const run = { sessionId, name, octets: () => octets };
      runs.add(run);
      return run;
    },
    names: () => [...runs].map(({ name }) => name),
  };
}

it("keeps a bounded number of runs whose sessions are over, the latest, and all others", () => {
  const { runs, add, names } = queue();
  add("stands", "first");
  const givenUp: string[] = [];
  for (let session = 0; session < 100; session++) {
    for (let call = 0; call < 256; call++) add(`${session}`, `${session}.${call}`);
    givenUp.push(...runs.leave(`${session}`).map(({ name }) => name));
  }
  expect(names()).toHaveLength(1 + 1_024);
  expect(names().slice(0, 2)).toEqual(["first", "96.0"]);
  expect(givenUp).toHaveLength(96 * 256);
  expect(givenUp.slice(0, 2)).toEqual(["0.0", "0.1"]);
});

it("keeps a bounded number of octets of them", () => {
  const { runs, add, names } = queue();
  for (let session = 0; session < 10; session++) {
    add(`${session}`, `${session}`, 20 * 1024 * 1024);
    runs.leave(`${session}`);
  }
  expect(names()).toEqual(["7", "8", "9"]);
});

it("counts one no more that is begun or given up", () => {
  const { runs, add, names } = queue();
  for (let session = 0; session < 5_000; session++) {
    const run = add(`${session}`, `${session}`, 1024 * 1024);
    expect(runs.leave(`${session}`)).toEqual([]);
    if (session >= 10) expect([runs.delete(run), runs.delete(run)]).toEqual([true, false]);
  }
  expect(names()).toHaveLength(10);
});
