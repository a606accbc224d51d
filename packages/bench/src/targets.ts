/**
 * What the benches must show on a machine that is idle otherwise: `--check` holds them to it.
 *
 * @module
 */

import { CLIENT_TARGET } from "./benches/size/limit.ts";
import type { Target } from "./check.ts";

/** See the module's comment. */
export const TARGETS: readonly Target[] = [
  {
    bench: "calls",
    row: "turnmux",
    concurrency: 1,
    figure: "cpuRatio",
    atMost: 1.15,
    says: "CPU per call of the floor's",
  },
  { bench: "calls", row: "turnmux", concurrency: 64, figure: "ratio", atLeast: 1.3, says: "calls of the floor's" },
  { bench: "calls", row: "turnmux", concurrency: 1024, figure: "ratio", atLeast: 1.4, says: "calls of the floor's" },
  {
    bench: "calls",
    row: "turnmux",
    concurrency: 1024,
    figure: "cpuRatio",
    atMost: 0.65,
    says: "CPU per call of the floor's",
  },
  {
    bench: "calls",
    row: "turnmux",
    concurrency: 64,
    figure: "ofBestPeer",
    atLeast: 1,
    says: "calls of the fastest peer's",
  },
  {
    bench: "calls",
    row: "turnmux",
    concurrency: 1024,
    figure: "ofBestPeer",
    atLeast: 1,
    says: "calls of the fastest peer's",
  },
  {
    bench: "once",
    row: "once",
    concurrency: 64,
    figure: "ratio",
    atLeast: 0.3,
    says: "calls of those without a journal",
  },
  { bench: "bulk", row: "turnmux, to the client", figure: "ratio", atLeast: 0.7, says: "octets of raw ws's" },
  { bench: "bulk", row: "turnmux, to the gateway", figure: "ratio", atLeast: 0.7, says: "octets of raw ws's" },
  ...["to the client", "to the gateway"].flatMap((direction) =>
    ["senderGrowthMiB", "readerGrowthMiB"].map((figure) => ({
      bench: "bulk",
      row: `turnmux, ${direction}`,
      figure,
      // As much as the floor's own reader may grow by until its memory is collected, and some.
      atMost: 64,
      says: "MiB that a process grew by for 256 MiB",
    })),
  ),
  { bench: "hol", row: "turnmux, text", figure: "p99Ms", atMost: 10, says: "milliseconds of a small call" },
  { bench: "hol", row: "turnmux, octets", figure: "p99Ms", atMost: 10, says: "milliseconds of a small call" },
  ...["turnmux, text", "turnmux, octets"].map((row) => ({
    bench: "hol",
    row,
    figure: "hostP99Ms",
    atMost: 10,
    says: "milliseconds of the host's own ping",
  })),
  {
    bench: "inproc",
    row: "openSession",
    concurrency: 1,
    figure: "beyondUs",
    atMost: 5,
    says: "us beyond the function",
  },
  {
    bench: "inproc",
    row: "openSession",
    concurrency: 64,
    figure: "beyondUs",
    atMost: 5,
    says: "us beyond the function",
  },
  ...["blocked", "in bites"].flatMap((how) => [
    ...[
      { figure: "handshakeP99Ms", atMost: 100, says: "milliseconds until a new client's session stands" },
      { figure: "acceptP99Ms", atMost: 50, says: "milliseconds until a call is accepted" },
      { figure: "workerP99Ms", atMost: 50, says: "milliseconds of a worker tool's call" },
    ].map((target) => ({ bench: "busy", row: `I/O thread, ${how}`, ...target })),
    ...["I/O thread", "attached"].flatMap((way) =>
      [
        { figure: "handshakesFailed", says: "new clients that failed" },
        { figure: "failed", says: "calls that failed" },
        { figure: "doubled", says: "calls that ran twice" },
      ].map((target) => ({ bench: "busy", row: `${way}, ${how}`, ...target, atMost: 0 })),
    ),
  ]),
  { bench: "busy", row: "old way, blocked", figure: "failedShare", atLeast: 1, says: "of all calls that failed" },
  {
    bench: "busy",
    row: "I/O thread, idle",
    concurrency: 64,
    figure: "ratio",
    atLeast: 0.6,
    says: "calls of those without the I/O thread",
  },
  { bench: "share", row: "1 child", concurrency: 64, figure: "ratio", atLeast: 0.5, says: "calls of direct ones" },
  {
    bench: "sessions",
    row: "turnmux, 10000",
    figure: "beyondKiB",
    atMost: 12,
    says: "KiB of an idle session beyond ws",
  },
  ...[10, 100, 1_000, 10_000].flatMap((count) =>
    [{ atLeast: 0.75 }, { atMost: 1.25 }].map((bound) => ({
      bench: "sessions",
      row: `turnmux, ${count}`,
      figure: "ofOne",
      ...bound,
      says: "CPU per call beside the floor's, of that of 1 session",
    })),
  ),
  {
    bench: "size",
    row: "client",
    figure: "gzippedKiB",
    atMost: CLIENT_TARGET / 1_024,
    says: "KiB, minified and gzipped",
  },
];
