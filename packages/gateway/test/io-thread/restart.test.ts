/** What a gateway does where the system gives it no thread in place of one that has died. */
import { afterEach, expect, it, vi } from "vitest";
import type { WorkerListener } from "../../src/io-thread/main/worker.ts";
import { createGateway, tokenAuth } from "../../src/index.ts";
import { Log } from "../support/gateway.ts";

const system = vi.hoisted(() => ({
  /** How many threads it has not for who asks for one. */
  refuses: 0,
  listeners: [] as WorkerListener[],
}));

vi.mock("../../src/io-thread/main/worker.ts", () => ({
  IoWorker: class {
    readonly port = { postMessage: () => {} };

    constructor(_start: unknown, listener: WorkerListener) {
      if (system.refuses > 0) {
        system.refuses -= 1;
        throw new Error("the system has no thread");
      }
      system.listeners.push(listener);
    }

    keepUp(): void {}
  },
}));

afterEach(() => {
  vi.useRealTimers();
  system.listeners.length = 0;
});

const auth = tokenAuth("a shared secret of the tests", { principal: "alice", scopes: [] });

it("says so, and asks for one again", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const log = new Log();
  const gateway = createGateway({ logger: log });
  const endpoint = gateway.listen({ port: 0, auth, ioThread: true });
  const [first] = system.listeners;
  first?.messages([{ kind: "listening", endpoint: 1, address: { address: "127.0.0.1", family: "IPv4", port: 4711 } }]);
  await endpoint.ready;
  // It has lived for long.
  await vi.advanceTimersByTimeAsync(60_000);
  system.refuses = 3;
  first?.died(new Error("it died"), []);
  expect(system.listeners.length).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(system.listeners.length).toBe(2);
  expect(log.of("error").map(({ fields }) => String(fields?.["error"]))).toEqual([
    "Error: it died",
    ...Array.from({ length: 3 }, () => "Error: the system has no thread"),
  ]);
  const closed = gateway.close();
  system.listeners[1]?.messages([{ kind: "endpointClosed", endpoint: 1 }]);
  await vi.advanceTimersByTimeAsync(0);
  system.listeners[1]?.died(undefined, []);
  await closed;
});

it("refuses an endpoint for which there is no thread, and takes the next one", () => {
  const gateway = createGateway({ logger: new Log() });
  system.refuses = 1;
  expect(() => gateway.listen({ port: 0, auth, ioThread: true })).toThrow("the system has no thread");
  gateway.listen({ port: 0, auth, ioThread: true });
  expect(system.listeners.length).toBe(1);
});
