/** What becomes of worker tools and their threads when the gateway ends. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { memoryJournal } from "@turnmux/gateway";
import { IMPATIENT, MODULE, workerGateway, workerTools } from "../support/worker-tools.ts";

describe("a gateway that is closed", () => {
  test("cancels what its threads run, ends what does not yield, and leaves no thread", async () => {
    const { gateway, session } = workerGateway({ workers: { maxThreads: 2 } }, IMPATIENT);
    const client = session.client(workerTools);
    const begun = [Promise.withResolvers<unknown>(), Promise.withResolvers<unknown>()] as const;
    const never = client.busy("never", { onProgress: begun[0].resolve });
    const sees = client.busy("cancelled", { onProgress: begun[1].resolve });
    const ends = Promise.all([never.result, sees.result].map((each) => each.catch((error: unknown) => error)));
    await Promise.all(begun.map(({ promise }) => promise));
    expect(gateway.stats().workers).toEqual({ threads: 2, running: 2, queued: 0 });
    await gateway.close();
    expect(gateway.stats().workers).toEqual({ threads: 0, running: 0, queued: 0 });
    for (const end of await ends) expect(end).toMatchObject({ code: "unavailable" });
  });

  test("has recorded how its `once` calls ended, also those that never began", async () => {
    const journal = memoryJournal();
    const { gateway, session } = workerGateway({ journal, workers: { maxThreads: 1 } }, IMPATIENT);
    const client = session.client(workerTools);
    const begun = Promise.withResolvers<unknown>();
    const queued = Promise.withResolvers<unknown>();
    const running = client.job("never", { key: "runs", onProgress: begun.resolve });
    running.catch(() => {});
    await begun.promise;
    client.job("x", { key: "waits", onAccept: queued.resolve }).catch(() => {});
    await queued.promise;
    await gateway.close();
    const [runs, waits] = await journal.find([
      { principal: "alice", key: "runs" },
      { principal: "alice", key: "waits" },
    ]);
    expect(runs).toMatchObject({ ending: { outcome: "unknown" } });
    expect(waits === undefined || waits.ending?.outcome === "not_started").toBe(true);
  });

  test("waits for them while it drains", async () => {
    const { gateway, session } = workerGateway();
    const begun = Promise.withResolvers<unknown>();
    const stop = new AbortController();
    const call = session.client(workerTools).busy("cancelled", { onProgress: begun.resolve, signal: stop.signal });
    await begun.promise;
    const drained = gateway.drain();
    stop.abort();
    expect([await call.result, await drained]).toEqual(["saw it", { cutCalls: 0 }]);
    expect(gateway.stats().workers.threads).toBe(0);
  });
});

/** Runs this in a process of its own, which must end by itself. */
async function run(code: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=turnmux-source", "--input-type=module", "-e", code],
    { cwd: fileURLToPath(new URL("../..", import.meta.url)), timeout: 50_000 },
  );
  return stdout.trim();
}

test("threads that have nothing to do keep no process up", async () => {
  const code = `
    import { z } from "zod";
    import { createGateway, defineTools, tool, workerTool } from "@turnmux/gateway";
    const tools = defineTools({ echo: tool({ description: "Echo", input: z.string(), output: z.string(), effect: "read" }) });
    const gateway = createGateway({ workers: { minThreads: 2 } });
    gateway.implement(tools, { echo: workerTool(${JSON.stringify(MODULE.href)}, { export: "echo" }) });
    console.log(await gateway.openSession({ principal: "alice", scopes: [] }).client(tools).echo("end"));
  `;
  expect(await run(code)).toBe("end");
}, 60_000);
