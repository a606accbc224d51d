import { once } from "node:events";
import { createServer } from "node:http";
import { describe, it, onTestFinished } from "vitest";
import { PATIENCE_MS, seeded } from "./support/seed.ts";
import { portOf } from "./support/shared.ts";
import { StandardServer, standardRun } from "./support/standard-server.ts";
import { runStandardHost } from "./traffic/standard-host.ts";

describe.each([
  ["binary", "arraybuffer"],
  ["text", "arraybuffer"],
  ["text", "blob"],
] as const)(
  "2,000 messages of a host among 2,000 calls on Node's own WebSocket, by %s carriage and as %s",
  (carriage, binaryType) => {
    it(
      "arrive untouched and in order, at every listener, and nothing else does; every call gets its own result",
      seeded(async (seed) => {
        const http = createServer();
        http.listen(0, "127.0.0.1");
        await once(http, "listening");
        onTestFinished(() => void http.close());
        const run = await standardRun({ seed, messages: 1_000, calls: 1_000, carriage, binaryType, marks: false });
        const server = new StandardServer(http, "/host", run);
        const socket = new WebSocket(`ws://127.0.0.1:${portOf(http.address())}/host`);
        await server.check(runStandardHost(socket, run));
      }),
      PATIENCE_MS,
    );
  },
);
