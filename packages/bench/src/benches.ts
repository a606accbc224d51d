/**
 * All benches. Another one is another line here.
 *
 * @module
 */

import type { Bench } from "./bench.ts";
import { bulk } from "./benches/bulk/bench.ts";
import { busy } from "./benches/busy/bench.ts";
import { calls } from "./benches/calls/bench.ts";
import { hol } from "./benches/hol/bench.ts";
import { inproc } from "./benches/inproc/bench.ts";
import { once } from "./benches/once/bench.ts";
import { sessions } from "./benches/sessions/bench.ts";
import { share } from "./benches/share/bench.ts";
import { size } from "./benches/size/bench.ts";

/** See the module's comment. */
export const BENCHES: readonly Bench[] = [calls, once, bulk, hol, inproc, busy, share, sessions, size];
