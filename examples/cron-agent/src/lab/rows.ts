/**
 * The rows of the table, in order.
 *
 * @module
 */

import { childProcess } from "../doors/child-process.ts";
import { command } from "../doors/command.ts";
import { httpKeepAlive } from "../doors/http.ts";
import { impatient } from "../doors/impatient.ts";
import { ioThread } from "../doors/io-thread.ts";
import { multiplexedLoaded } from "../doors/multiplexed-loaded.ts";
import { multiplexed } from "../doors/multiplexed.ts";
import { secondConnection } from "../doors/second-connection.ts";
import { IMPATIENT_TIMEOUT_MS, OLD_TIMEOUT_MS } from "../settings.ts";
import type { RowSpec } from "./row.ts";

export const ROWS: readonly RowSpec[] = [
  {
    row: "second-connection",
    title: "a second connection for each call (the old way)",
    kind: "old",
    openDoor: secondConnection(OLD_TIMEOUT_MS),
  },
  {
    row: "http-timeout",
    title: "HTTP keep-alive, the same timeout",
    kind: "http",
    openDoor: httpKeepAlive({ timeoutMs: OLD_TIMEOUT_MS, idempotencyKey: false }),
  },
  {
    row: "http-key",
    title: "HTTP keep-alive, idempotency key, no timeout",
    kind: "http",
    openDoor: httpKeepAlive({ idempotencyKey: true }),
  },
  {
    row: "multiplexed",
    title: "turnmux, multiplexed on the session's socket",
    kind: "turnmux",
    openDoor: multiplexed,
  },
  {
    row: "in-process",
    title: "turnmux, in process",
    kind: "turnmux",
  },
  {
    row: "multiplexed-loaded",
    title: "turnmux, multiplexed beside 8 MiB texts",
    kind: "turnmux",
    openDoor: multiplexedLoaded,
  },
  {
    row: "io-thread",
    title: "turnmux, a gateway with an I/O thread",
    kind: "turnmux",
    openDoor: ioThread,
    ioThread: true,
  },
  {
    row: "child-process",
    title: "turnmux, a child process on the shared session",
    kind: "turnmux",
    openDoor: childProcess,
  },
  {
    row: "command",
    title: "turnmux, the command run by an exec tool",
    kind: "turnmux",
    openDoor: command,
  },
];

/** What is shown after the table: a call that does fail, and what the model makes of it. */
export const OUT_OF_TIME: RowSpec = {
  row: "out-of-time",
  title: `turnmux, multiplexed, the first cron.add limited to ${IMPATIENT_TIMEOUT_MS} ms`,
  kind: "out-of-time",
  openDoor: impatient(IMPATIENT_TIMEOUT_MS),
};
