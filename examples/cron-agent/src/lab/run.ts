/**
 * The main job: every row, the table, the verdict.
 *
 * @module
 */

import { WANTED } from "../request.ts";
import { startScriptedModel } from "../model/server.ts";
import { BLOCK_MS, OLD_TIMEOUT_MS, RUN_LIMIT_MS } from "../settings.ts";
import { temporaryDirectory } from "../temporary.ts";
import { type ModelSettings, modelFromEnvironment } from "../turn/model.ts";
import { type Undo, withUndo } from "../undo.ts";
import { introduction, progress, sentences, table, truth, verdict } from "./report.ts";
import type { RowResult } from "./row.ts";
import { OUT_OF_TIME, ROWS } from "./rows.ts";
import { runRow } from "./run-row.ts";
import { claimsOf } from "./verdict.ts";

/** Runs everything, prints it, and says whether the claims hold. Rejects when the signal is aborted. */
export function runAll(options: { json: boolean; signal: AbortSignal }): Promise<boolean> {
  return withUndo(async (undo) => {
    const real = modelFromEnvironment(process.env);
    const limit = AbortSignal.timeout(real === undefined ? RUN_LIMIT_MS.scripted : RUN_LIMIT_MS.real);
    const model = real ?? (await scriptedModel(undo));

    console.log(introduction(model.model));
    const signal = AbortSignal.any([options.signal, limit]);
    // The gateway processes need not compile the same sources one after the other.
    process.env["NODE_COMPILE_CACHE"] ??= await temporaryDirectory(undo);
    const rows: RowResult[] = [];
    for (const spec of ROWS) {
      const started = performance.now();
      const row = await runRow(spec, model, signal);
      rows.push(row);
      console.log(progress(row, (performance.now() - started) / 1000));
    }
    console.log(`\n${table(rows)}\n\n${sentences(rows)}\n`);
    const outOfTime = await runRow(OUT_OF_TIME, model, signal);
    console.log(`${truth(outOfTime)}\n`);

    const claims = claimsOf(rows, outOfTime);
    const passed = claims.every((claim) => claim.holds);
    console.log(verdict(claims));
    if (options.json) {
      const settings = { oldTimeoutMs: OLD_TIMEOUT_MS, blockMs: BLOCK_MS, model: model.model };
      console.log(JSON.stringify({ passed, ...settings, rows, outOfTime }));
    }
    return passed;
  });
}

async function scriptedModel(undo: Undo): Promise<ModelSettings> {
  const scripted = await startScriptedModel(WANTED);
  undo(() => scripted.stop());
  return scripted.settings;
}
