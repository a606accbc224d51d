/**
 * The main job: every row, the table, the verdict.
 *
 * @module
 */

import { WANTED } from "../request.ts";
import { startScriptedModel } from "../model/server.ts";
import { BLOCK_MS, OLD_TIMEOUT_MS, RUN_LIMIT_MS } from "../settings.ts";
import { type ModelSettings, modelFromEnvironment } from "../turn/model.ts";
import { type Undo, withUndo } from "../undo.ts";
import { introduction, progress, sentences, table, verdict } from "./report.ts";
import type { RowResult } from "./row.ts";
import { ROWS } from "./rows.ts";
import { runRow } from "./run-row.ts";
import { claimsOf } from "./verdict.ts";

/** Runs everything, prints it, and says whether the claims hold. Rejects when the signal is aborted. */
export function runAll(options: { json: boolean; signal: AbortSignal }): Promise<boolean> {
  return withUndo(async (undo) => {
    const real = modelFromEnvironment(process.env);
    const limit = AbortSignal.timeout(real === undefined ? RUN_LIMIT_MS.scripted : RUN_LIMIT_MS.real);
    const model = real ?? (await scriptedModel(undo));

    console.log(introduction(model.model));
    const rows = await runRows(model, AbortSignal.any([options.signal, limit]));
    const claims = claimsOf(rows);
    const passed = claims.every((claim) => claim.holds);
    console.log(`\n${table(rows)}\n\n${sentences(rows)}\n\n${verdict(claims)}`);
    if (options.json) {
      console.log(
        JSON.stringify({ passed, oldTimeoutMs: OLD_TIMEOUT_MS, blockMs: BLOCK_MS, model: model.model, rows }),
      );
    }
    return passed;
  });
}

async function scriptedModel(undo: Undo): Promise<ModelSettings> {
  const scripted = await startScriptedModel(WANTED);
  undo(() => scripted.stop());
  return scripted.settings;
}

async function runRows(model: ModelSettings, signal: AbortSignal): Promise<RowResult[]> {
  const rows: RowResult[] = [];
  for (const spec of ROWS) {
    const started = performance.now();
    const row = await runRow(spec, model, signal);
    rows.push(row);
    console.log(progress(row, (performance.now() - started) / 1000));
    signal.throwIfAborted();
  }
  return rows;
}
