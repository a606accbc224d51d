/** What the main thread does about endpoints of the I/O thread that cannot be opened again. */
import { expect, it } from "vitest";
import { tokenAuth } from "@turnmux/gateway";
import { VirtualTime } from "../../../core/test/support/virtual-time.ts";
import { EndpointsOfThread, FIRST_AGAIN_MS, LAST_AGAIN_MS } from "../../src/io-thread/main/endpoints.ts";

const auth = tokenAuth("a shared secret of the tests", { principal: "alice", scopes: [] });
const address = { address: "127.0.0.1", family: "IPv4", port: 4711 };
const error = { message: "the port is in use", code: "EADDRINUSE" };

/** An endpoint that there was, whose thread has died. `lives` says whether it has a successor. */
function reopening() {
  const time = new VirtualTime();
  const sent: string[] = [];
  const state = { lives: true, empty: false };
  const endpoints = new EndpointsOfThread({
    environment: time.environment("main"),
    send: (message) => {
      if (state.lives) sent.push("kind" in message ? message.kind : "result");
      return state.lives;
    },
    closes: () => {},
    empty: () => {
      state.empty = true;
    },
  });
  const endpoint = endpoints.add({ port: 0, auth, ioThread: true });
  endpoints.openAll();
  endpoints.take({ kind: "listening", endpoint: 1, address });
  const fails = (): void => endpoints.take({ kind: "listenFailed", endpoint: 1, error });
  endpoints.orphaned(new Error("it died"));
  endpoints.openAll();
  sent.length = 0;
  return { time, sent, state, endpoints, endpoint, fails };
}

it("tries one again that there was, more and more seldom, at the port that it had", async () => {
  const { time, sent, endpoint, fails } = reopening();
  const waits: number[] = [];
  for (let tries = 0; tries < 8; tries += 1) {
    fails();
    const since = time.now;
    while (sent.length === tries) await time.advance(FIRST_AGAIN_MS);
    waits.push(time.now - since);
  }
  expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, LAST_AGAIN_MS, LAST_AGAIN_MS]);
  expect(endpoint.data.port).toBe(4711);
});

it("begins with short waits again once it was open", async () => {
  const { time, sent, endpoints, fails } = reopening();
  fails();
  await time.advance(FIRST_AGAIN_MS);
  fails();
  endpoints.take({ kind: "listening", endpoint: 1, address });
  expect(time.pendingTimers).toBe(0);
  fails();
  await time.advance(FIRST_AGAIN_MS);
  expect(sent).toEqual(["listen", "listen"]);
});

it("tries none again that is closed meanwhile", async () => {
  const { time, sent, state, endpoints, endpoint, fails } = reopening();
  fails();
  const closed = endpoint.close();
  expect(time.pendingTimers).toBe(0);
  fails();
  expect([sent, time.pendingTimers]).toEqual([["closeEndpoint"], 0]);
  endpoints.take({ kind: "endpointClosed", endpoint: 1 });
  await closed;
  expect([endpoints.size, state.empty]).toEqual([0, true]);
});

it("leaves it to the successor where the thread dies meanwhile", async () => {
  const { time, sent, state, endpoints, fails } = reopening();
  fails();
  state.lives = false;
  endpoints.orphaned(undefined);
  expect(time.pendingTimers).toBe(0);
  state.lives = true;
  endpoints.openAll();
  await time.advance(LAST_AGAIN_MS);
  expect(sent).toEqual(["listen"]);
});
