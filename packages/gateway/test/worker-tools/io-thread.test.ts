/** Worker tools of a gateway with an I/O thread: what they need of the main thread, which is nothing. */
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import { memoryJournal, workerTool, type Acceptance, type GatewayOptions, type Interceptor } from "@turnmux/gateway";
import type { BlockedStart } from "../support/client-beside-a-blocked-thread.ts";
import { connected, listening, SECRET, testGateway } from "../support/gateway.ts";
import { IMPATIENT, workerGateway, workerTools } from "../support/worker-tools.ts";
import { tools } from "../support/worker-module-with-contract.ts";

const WITH_CONTRACT = new URL("../support/worker-module-with-contract.ts", import.meta.url);

/** A gateway whose worker tools have their contract with them. */
async function beside(options: GatewayOptions = {}) {
  const { gateway, log } = testGateway(options);
  gateway.implement(tools, {
    double: workerTool(WITH_CONTRACT, { export: "double", contract: "tools" }),
    quiet: workerTool(WITH_CONTRACT, { export: "quiet", contract: "tools" }),
    stuck: workerTool(WITH_CONTRACT, { export: "stuck", contract: "tools", terminateAfterMs: IMPATIENT }),
  });
  return { gateway, log, endpoint: await listening(gateway, { ioThread: true }) };
}

// Each of them starts several threads, all of which load the packages from source.
describe("behind an I/O thread a worker tool", { timeout: 60_000 }, () => {
  test("is called, checked and answered while the main thread is blocked", async () => {
    const { endpoint } = await beside();
    const over = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const start: BlockedStart = {
      url: endpoint.url,
      secret: SECRET,
      tool: "double",
      input: { text: "4" },
      over,
      result: JSON.stringify({ twice: 8 }),
    };
    const client = new Worker(new URL("../support/client-beside-a-blocked-thread.ts", import.meta.url), {
      workerData: start,
      execArgv: ["--conditions=turnmux-source"],
    });
    onTestFinished(async () => void (await client.terminate()));
    // Whatever is done from here on, this thread does none of it.
    expect(Atomics.wait(over, 0, 0, 50_000)).not.toBe("timed-out");
    expect(over[0]).toBe(1);
  });

  test("has its arguments refused as anywhere, and its items and result arrive", async () => {
    const { endpoint } = await beside();
    const client = (await connected(endpoint)).client(tools);
    await expect(client.double({ text: 1 as unknown as string }).result).rejects.toMatchObject({
      code: "invalid_argument",
      outcome: "not_started",
      details: { issues: [{ path: ["text"] }] },
    });
    const call = client.double({ text: "4" });
    const seen: number[] = [];
    for await (const n of call) seen.push(n);
    expect([seen, await call.result]).toEqual([[4], { twice: 8 }]);
  });

  test("goes by the main thread where something stands there around its calls", async () => {
    const seen: string[] = [];
    const audit: Interceptor = (call, next) => {
      seen.push(call.tool);
      return next(call);
    };
    const { endpoint } = await beside({ interceptors: [audit] });
    expect(await (await connected(endpoint)).client(tools).double({ text: "4" }).result).toEqual({ twice: 8 });
    expect(seen).toEqual(["double"]);
  });

  test("goes by the main thread where it has no contract with it, and does all the same", async () => {
    const { gateway } = workerGateway();
    const session = await connected(await listening(gateway, { ioThread: true }));
    const client = session.client(workerTools);
    expect(await client.echo({ a: [1, "two"] })).toEqual({ a: [1, "two"] });
    await expect(client.fail("tool error")).rejects.toMatchObject({ code: "failed_precondition", outcome: "failed" });
    const call = client.count({ to: 300 });
    let last = 0;
    for await (const n of call) last = n;
    expect([last, await call.result]).toEqual([300, 300]);
  });

  test("counts as not started for as long as it waits for a thread in the main thread's pool, and is not run behind its deadline", async () => {
    const { gateway } = workerGateway({ workers: { maxThreads: 1 }, journal: memoryJournal() });
    const session = await connected(await listening(gateway, { ioThread: true }));
    const client = session.client(workerTools);
    const stop = new AbortController();
    const begun = Promise.withResolvers<unknown>();
    const busy = client.busy("cancelled", { signal: stop.signal, onProgress: begun.resolve });
    busy.result.catch(() => {});
    await begun.promise;
    /** A call that waits in the pool, and how it ends. */
    const queued = async (call: (onAccept: (acceptance: Acceptance) => void) => Promise<unknown>) => {
      const place = Promise.withResolvers<unknown>();
      const ended = call((said) => said.place !== undefined && place.resolve(said.place)).catch(
        (error: unknown) => error,
      );
      await place.promise;
      return { ended };
    };
    const late = await queued((onAccept) => client.job("late", { key: "k-1", timeoutMs: 1_000, onAccept }));
    expect(await late.ended).toMatchObject({ code: "deadline_exceeded", outcome: "not_started" });
    const cancel = new AbortController();
    const given = await queued((onAccept) => client.job("up", { key: "k-2", signal: cancel.signal, onAccept }));
    cancel.abort();
    expect(await given.ended).toMatchObject({ code: "cancelled", outcome: "not_started" });
    await expect.poll(() => gateway.stats().workers.queued).toBe(0);
    stop.abort();
    // Their keys are free.
    expect(await client.job("again", { key: "k-1" })).toBe("again by k-1");
    expect(await client.job("paint", { key: "k-2" })).toBe("paint by k-2");
  });

  test("ends with the gateway, whose journal then knows how", async () => {
    const journal = memoryJournal();
    const { gateway, endpoint } = await beside({ journal });
    const session = await connected(endpoint);
    const begun = Promise.withResolvers<unknown>();
    const call = session.client(tools).stuck({}, { key: "k-1", onProgress: begun.resolve });
    call.catch(() => {});
    await begun.promise;
    await gateway.close();
    const [record] = await journal.find([{ principal: "alice", key: "k-1" }]);
    expect(record).toMatchObject({ ending: { outcome: "unknown" } });
  });
});
