/**
 * The I/O thread's own file.
 *
 * @module
 */

import { workerData } from "node:worker_threads";
import type { IoThreadStart } from "../messages.ts";
import { Station } from "./station.ts";

// What the gateway that started this thread has put there.
Station.open(workerData as IoThreadStart);
