/**
 * A model's call of a tool, for a framework that shows what comes before the result.
 *
 * @module
 */
import type { CallOptions } from "@turnmux/core";
import { ItemsForModel } from "./run.ts";
import { argumentsFor, type ModelTool, type ToolSource } from "./tool-table.ts";

/** What a call tells before its result. */
export type Report = { readonly progress: unknown } | { readonly item: unknown };

/**
 * Calls a tool, and yields what comes before its result, which it returns. Items wait for the reader, and their tool waits for them; of several progress reports
 * that the reader was too slow for it gets the latest. Leaving the loop early cancels the call.
 */
export async function* runReporting(
  source: ToolSource,
  tool: Pick<ModelTool, "name" | "streams" | "input">,
  given: unknown,
  options: CallOptions,
): AsyncGenerator<Report, unknown, undefined> {
  const left = new AbortController();
  const signal = options.signal === undefined ? left.signal : AbortSignal.any([left.signal, options.signal]);
  const latest = new Latest();
  const calling = { ...options, signal, onProgress: (progress: unknown) => latest.set({ progress }) };
  const input = argumentsFor(tool, given);
  const call = tool.streams ? source.callItems(tool.name, input, calling) : undefined;
  const items = new ItemsForModel();
  const iterator = call?.[Symbol.asyncIterator]();
  const next = async (): Promise<Step> => {
    if (call === undefined) return { result: await source.call(tool.name, input, calling) };
    const step = await iterator?.next();
    if (step !== undefined && step.done !== true) return { item: step.value };
    return { result: items.with(await call.result) };
  };
  try {
    for (let pending = next(); ; ) {
      const step = await Promise.race([pending, latest.arrived]);
      const progress = latest.take();
      if (progress !== undefined) yield progress;
      if (step === undefined) continue;
      if ("result" in step) return step.result;
      items.add(step.item);
      yield step;
      pending = next();
    }
  } finally {
    // Of no effect where the call is over.
    left.abort();
  }
}

type Step = { readonly item: unknown } | { readonly result: unknown };

/** The latest report, until it is taken. */
class Latest {
  #report: Report | undefined;
  #arrival = Promise.withResolvers<undefined>();

  /** Resolves when there is a report. */
  get arrived(): Promise<undefined> {
    return this.#arrival.promise;
  }

  set(report: Report): void {
    this.#report = report;
    this.#arrival.resolve(undefined);
  }

  take(): Report | undefined {
    const report = this.#report;
    if (report !== undefined) {
      this.#report = undefined;
      this.#arrival = Promise.withResolvers();
    }
    return report;
  }
}
