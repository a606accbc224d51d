/**
 * The gateway's process, with a journal in a file.
 *
 * @module
 */

import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createGateway, sqliteJournal, tokenAuth } from "@turnmux/gateway";
import { programSettings, serveProgram } from "../../process/program.ts";
import { percentile } from "../../statistics.ts";
import { take } from "../calls/contract.ts";
import { SECRET, tools } from "./contract.ts";

const { folder } = programSettings() as { readonly folder: string };

/** What a write of 4 KiB takes until the disk has it. */
export interface DiskTimes {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What this program does beside serving calls. */
export type ServerActions = { readonly fsync: (times: number) => DiskTimes };

const actions: ServerActions = {
  fsync: (times) => {
    const path = join(folder, "fsync");
    const file = openSync(path, "w");
    const page = Buffer.alloc(4_096, "turnmux");
    try {
      const taken = Array.from({ length: times }, () => {
        const at = performance.now();
        writeSync(file, page);
        fsyncSync(file);
        return performance.now() - at;
      }).sort((a, b) => a - b);
      return { p50Ms: percentile(taken, 0.5), p99Ms: percentile(taken, 0.99) };
    } finally {
      closeSync(file);
      rmSync(path);
    }
  },
};

const gateway = createGateway({ journal: sqliteJournal(join(folder, "calls.db")) });
gateway.implement(tools, { shop: { idempotent: take, once: take } });
const endpoint = gateway.listen({ port: 0, auth: tokenAuth(SECRET, { principal: "ada", scopes: [] }) });
await endpoint.ready;
serveProgram(actions, endpoint.url);
