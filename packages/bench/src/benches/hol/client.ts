/**
 * The client's process: small calls and the host's own messages, one at a time each, while large results loop.
 *
 * @module
 */
import { programSettings, serveProgram } from "../../process/program.ts";
import { percentile } from "../../statistics.ts";
import { contender } from "./contender.ts";
import type { HolActions, HolSettings, Latencies } from "./settings.ts";

const { name, octets, url = "" } = programSettings() as HolSettings;
const shared = await contender(name).connect(url, octets);
let numbers = 0;

const actions: HolActions = {
  run: async ({ large, ms, calls }) => {
    const startedAt = performance.now();
    const until = startedAt + ms;
    const goesOn = (done: number, least: number): boolean => done < least || performance.now() < until;
    const [small, host, ...larges] = await Promise.all([
      repeat(goesOn, calls, () => shared.small(++numbers)),
      repeat(goesOn, calls, () => shared.host(++numbers)),
      ...large.map((kind) => repeat(goesOn, 1, () => shared.large(kind))),
    ]);
    return {
      small: latencies(small),
      host: latencies(host),
      large: latencies(larges.flat()),
      seconds: (performance.now() - startedAt) / 1_000,
    };
  },
};

serveProgram(actions);

/** Does something again and again; resolves with how long each took. */
async function repeat(
  goesOn: (done: number, least: number) => boolean,
  least: number,
  act: () => Promise<boolean>,
): Promise<number[]> {
  const took: number[] = [];
  while (goesOn(took.length, least)) {
    const at = performance.now();
    if (!(await act())) throw new Error("something came back wrong");
    took.push(performance.now() - at);
  }
  return took;
}

function latencies(took: readonly number[]): Latencies {
  const sorted = took.toSorted((a, b) => a - b);
  const [p50Ms, p99Ms, maxMs] = [percentile(sorted, 0.5), percentile(sorted, 0.99), sorted.at(-1) ?? 0];
  return { count: sorted.length, p50Ms, p99Ms, maxMs };
}
