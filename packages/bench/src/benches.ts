/**
 * All benches. Another one is another line here.
 *
 * @module
 */

import type { Bench } from "./bench.ts";
import { calls } from "./benches/calls/bench.ts";

/** See the module's comment. */
export const BENCHES: readonly Bench[] = [calls];
