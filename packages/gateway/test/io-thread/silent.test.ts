/** An I/O thread that never yields: whoever ends it is not kept waiting for ever. */
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { connect, sharedToken } from "@turnmux/client";
import type { Endpoint, Gateway } from "@turnmux/gateway";
import { VirtualTime } from "../../../core/test/support/virtual-time.ts";
import { SILENT_MS, SilenceWatch } from "../../src/io-thread/main/watch.ts";
import { connected, dialled, listening, testGateway, type Log } from "../support/gateway.ts";
import { ODD_SECRET } from "../support/odd-auth.ts";

const ODD = new URL("../support/odd-auth.ts", import.meta.url);

describe("a watch", () => {
  function watched() {
    const time = new VirtualTime();
    const seen = { asked: 0, silent: 0 };
    const state = { waits: true };
    const watch = new SilenceWatch({
      environment: time.environment("main"),
      ask: () => {
        seen.asked += 1;
      },
      waits: () => state.waits,
      silent: () => {
        seen.silent += 1;
      },
    });
    return { time, seen, state, watch };
  }

  it("gives up who says nothing, once", async () => {
    const { time, seen, watch } = watched();
    watch.begin();
    watch.begin();
    await time.advance(SILENT_MS - 1);
    expect(seen).toEqual({ asked: 1, silent: 0 });
    await time.advance(SILENT_MS);
    expect([seen, time.pendingTimers]).toEqual([{ asked: 1, silent: 1 }, 0]);
  });

  it("gives who answers as long as it takes", async () => {
    const { time, seen, state, watch } = watched();
    watch.begin();
    for (let times = 0; times < 10; times += 1) {
      watch.heard();
      await time.advance(SILENT_MS);
    }
    expect(seen).toEqual({ asked: 11, silent: 0 });
    state.waits = false;
    await time.advance(SILENT_MS);
    expect([seen, time.pendingTimers]).toEqual([{ asked: 11, silent: 0 }, 0]);
  });

  it("ends with what it watches", () => {
    const { time, watch } = watched();
    watch.begin();
    watch.end();
    expect(time.pendingTimers).toBe(0);
  });
});

describe("an I/O thread that never yields", { timeout: 60_000 }, () => {
  afterEach(() => {
    vi.useRealTimers();
    delete process.env["TURNMUX_TEST_PORT"];
  });

  /** A gateway whose I/O thread loops, in a world in which the main thread's time stands still. */
  async function looping(): Promise<{ gateway: Gateway; log: Log; endpoint: Endpoint; other: Endpoint }> {
    const server = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    process.env["TURNMUX_TEST_PORT"] = String((server.address() as AddressInfo).port);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const { gateway, log } = testGateway();
    const auth = { module: ODD, export: "loops" };
    const endpoint = await listening(gateway, { ioThread: true, auth });
    const other = await listening(gateway, { ioThread: true });
    const looped = once(server, "connection").then(([socket]) => once(socket as Socket, "data"));
    connect(endpoint.url, { auth: sharedToken(ODD_SECRET, "odd"), reconnect: false }).catch(() => {});
    await looped;
    return { gateway, log, endpoint, other };
  }

  it("is ended when the gateway is closed", async () => {
    const { gateway, log } = await looping();
    const closed = gateway.close();
    await vi.advanceTimersByTimeAsync(2 * SILENT_MS);
    await closed;
    expect(String((await log.line(/the I\/O thread has ended/)).fields?.["error"])).toMatch(
      /has not answered for 10 s/,
    );
  });

  it("is ended when one of its endpoints is closed, and a successor has the others", async () => {
    const { endpoint, other } = await looping();
    const { url } = other;
    const closed = endpoint.close();
    await vi.advanceTimersByTimeAsync(2 * SILENT_MS);
    await closed;
    await dialled(url);
    expect((await connected({ url })).state).toBe("ready");
  });
});
