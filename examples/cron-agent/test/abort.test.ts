import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { ROWS } from "../src/lab/rows.ts";
import { runRow } from "../src/lab/run-row.ts";

for (const spec of ROWS.filter(({ kind }) => kind === "turnmux")) {
  test(`a run that is broken off in the middle of a turn ends: ${spec.row}`, async (context) => {
    const abort = new AbortController();
    // A model that is asked, and never answers.
    const model = createServer(() => abort.abort(new Error("broken off")));
    await new Promise<void>((resolve) => model.listen(0, "127.0.0.1", resolve));
    context.after(() => {
      model.closeAllConnections();
      model.close();
    });
    const { port } = model.address() as AddressInfo;
    const settings = { baseURL: `http://127.0.0.1:${port}/v1`, apiKey: "none", model: "mute" };
    await assert.rejects(runRow(spec, settings, abort.signal), /broken off/);
  });
}
