/**
 * What a browser has to load.
 *
 * @module
 */
import type { Bench, Row } from "../../bench.ts";
import { bundleShares, bundleSize } from "./bundle.ts";
import { CLIENT, ENTRIES, SHARES } from "./entries.ts";

const KIB = 1_024;

/** See the module's comment. The validator is the application's own, and not in it. */
export const size: Bench = {
  name: "size",
  description: "the browser client, minified and gzipped",
  columns: [
    { figure: "gzippedKiB", title: "gzipped KiB", digits: 1 },
    { figure: "minifiedKiB", title: "minified KiB", digits: 1 },
    { figure: "what", title: "" },
  ],
  programs: {},
  run: async (context) => {
    const rows: Row[] = [];
    for (const { name, what, source } of ENTRIES) {
      const { gzipped, minified, modules } = await bundleSize(source);
      const largest = modules.slice(0, 5).map(({ path, minified: octets }) => `${path} ${octets}`);
      context.say(`${name}: largest are ${largest.join(", ")}`);
      rows.push({ name, what, gzippedKiB: gzipped / KIB, minifiedKiB: minified / KIB, modules: modules.length });
    }
    const shares = await bundleShares(
      CLIENT.source,
      SHARES.map(({ modules }) => modules),
    );
    for (const [i, { name, what }] of SHARES.entries()) {
      const { gzipped = 0, minified = 0 } = shares[i] ?? {};
      rows.push({ name, what, gzippedKiB: gzipped / KIB, minifiedKiB: minified / KIB });
    }
    return rows;
  },
};
