/**
 * The rows of the table, in order.
 *
 * @module
 */

import { httpKeepAlive } from "../doors/http.ts";
import { secondConnection } from "../doors/second-connection.ts";
import { OLD_TIMEOUT_MS } from "../settings.ts";
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
];
