/**
 * Rounds in which everything is measured between two measurements of the floor: a machine that grows slower, or is shared,
 * slows both alike.
 *
 * @module
 */

import type { BenchContext, Row } from "./bench.ts";
import { median, spread } from "./statistics.ts";

/** What one measurement gave. */
export interface Sample {
  /** Pieces of work that were done. */
  readonly calls: number;
  /** Begun, and not answered, or answered wrongly. */
  readonly lost: number;
  readonly seconds: number;
  /** CPU microseconds of the client and the server for all of them. */
  readonly clientUs: number;
  readonly serverUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What is measured: something that can be done again and again. */
export interface Contender {
  readonly name: string;
  measure(): Promise<Sample>;
}

/** Work for each second. */
export function perSecond({ calls, seconds }: Sample): number {
  return calls / seconds;
}

/** CPU microseconds for each piece of work, both processes. */
export function cpuEach({ calls, clientUs, serverUs }: Sample): number {
  return (clientUs + serverUs) / calls;
}

/**
 * Measures floor, first contender, floor, second contender, ..., floor, and that `context.rounds` times; each contender's
 * figure is the ratio to the mean of the floors on its two sides. Gives back a row for the floor and one for each contender.
 *
 * @param about what all rows have in common, such as the concurrency
 */
export async function alternate(
  context: BenchContext,
  floor: Contender,
  contenders: readonly Contender[],
  about: Pick<Row, "concurrency">,
): Promise<Row[]> {
  const floors: Sample[] = [];
  const samples = contenders.map((): Sample[] => []);
  const ratios = contenders.map((): number[] => []);
  const cpuRatios = contenders.map((): number[] => []);
  for (let round = 0; round < context.rounds; round++) {
    let before = await floor.measure();
    floors.push(before);
    for (const [index, contender] of contenders.entries()) {
      const sample = await contender.measure();
      const after = await floor.measure();
      floors.push(after);
      samples[index]?.push(sample);
      ratios[index]?.push(perSecond(sample) / ((perSecond(before) + perSecond(after)) / 2));
      cpuRatios[index]?.push(cpuEach(sample) / ((cpuEach(before) + cpuEach(after)) / 2));
      before = after;
    }
    const now = contenders.map(({ name }, index) => `${name} ${(ratios[index]?.at(-1) ?? 0).toFixed(2)}`);
    const at = about.concurrency === undefined ? "" : `, ${about.concurrency} at once`;
    context.say(`round ${round + 1} of ${context.rounds}${at}: ${now.join(", ")}`);
  }
  return [
    { name: floor.name, ...about, ratio: 1, ratioMin: 1, ratioMax: 1, cpuRatio: 1, ...absolute(floors) },
    ...contenders.map(
      ({ name }, index): Row => ({
        name,
        ...about,
        ...besideFloor(ratios[index] ?? [], cpuRatios[index] ?? []),
        ...absolute(samples[index] ?? []),
      }),
    ),
  ];
}

/** The figures of a row that are ratios to the floor, from those of each round. */
export function besideFloor(
  ratios: readonly number[],
  cpuRatios: readonly number[],
): Required<Pick<Row, "ratio" | "ratioMin" | "ratioMax" | "cpuRatio" | "cpuRatioMin" | "cpuRatioMax">> {
  const ratio = spread(ratios);
  const cpu = spread(cpuRatios);
  return {
    ratio: ratio.median,
    ratioMin: ratio.min,
    ratioMax: ratio.max,
    cpuRatio: cpu.median,
    cpuRatioMin: cpu.min,
    cpuRatioMax: cpu.max,
  };
}

function absolute(samples: readonly Sample[]): Omit<Row, "name"> {
  const middle = (figure: (sample: Sample) => number): number => median(samples.map(figure));
  return {
    cpuUs: middle(cpuEach),
    clientUs: middle(({ clientUs, calls }) => clientUs / calls),
    serverUs: middle(({ serverUs, calls }) => serverUs / calls),
    p50Ms: middle(({ p50Ms }) => p50Ms),
    p99Ms: middle(({ p99Ms }) => p99Ms),
    perSecond: middle(perSecond),
    calls: samples.reduce((sum, { calls }) => sum + calls, 0),
    lost: samples.reduce((sum, { lost }) => sum + lost, 0),
  };
}
