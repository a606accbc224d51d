/** Calls that may have begun without the main thread, and those of a dead process that an I/O thread had taken over, when it ends itself. */
import { expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, ToolError, workerTool, type Journal, type Reconciled } from "@turnmux/gateway";
import { testGateway } from "../support/gateway.ts";
import { newPath, openJournal } from "../support/journal-files.ts";
import { mortal, type Mortal } from "../support/mortal.ts";
import { tools as workerTools } from "../support/worker-module-with-contract.ts";
import { IMPATIENT } from "../support/worker-tools.ts";

const MODULE = new URL("../support/worker-module-with-contract.ts", import.meta.url);
const effect = { input: z.object({}), output: z.string(), effect: "once" } as const;
const tools = defineTools({
  work: tool({ description: "Works", ...effect }),
  again: tool({ description: "May work again after a crash", ...effect, afterCrash: "run" }),
});
const never = (): Promise<never> => new Promise(() => {});

/** The records of a process that died while it ran a call of this tool under the key `k`. */
async function cutOff(name: "work" | "again"): Promise<Journal> {
  const path = newPath();
  const journal = openJournal(path);
  const began = Promise.withResolvers<undefined>();
  const hangs = (): Promise<never> => {
    began.resolve(undefined);
    return never();
  };
  const { gateway } = testGateway({ journal });
  gateway.implement(tools, { work: hangs, again: hangs });
  const session = gateway.openSession({ principal: "alice", scopes: ["write"] });
  const api = session.client(tools);
  api[name]({}, { key: "k" }).catch(() => {});
  await began.promise;
  await journal.close();
  return openJournal(path);
}

/** Calls by the key, and resolves as soon as the handler, or who asks about it, has told so; the call with it. */
async function begun(call: Promise<unknown>, began: Promise<unknown>): Promise<Promise<unknown>[]> {
  call.catch(() => {});
  await Promise.race([began, call]);
  return [call];
}

it("leaves open whether a worker tool of its own has taken effect, also where the tool is another one by then", async () => {
  const { gateway } = testGateway();
  const handlers = {
    double: never,
    quiet: never,
    stuck: workerTool(MODULE, { export: "stuck", contract: "tools", terminateAfterMs: IMPATIENT }),
  } as const;
  const unimplement = gateway.implement(workerTools, handlers);
  const { client, kill } = await mortal(gateway);
  const api = client.client(workerTools);
  const began = Promise.withResolvers<unknown>();
  const call = api.stuck({}, { key: "k", onProgress: began.resolve });
  const ended = expect(call).rejects.toMatchObject({ outcome: "unknown" });
  await began.promise;
  const ran: string[] = [];
  unimplement();
  gateway.implement(workerTools, {
    ...handlers,
    stuck: () => {
      ran.push("in the main thread");
      return "";
    },
  });
  await kill();
  await ended;
  await expect(api.stuck({}, { key: "k" })).rejects.toMatchObject({ code: "aborted", outcome: "unknown" });
  expect(ran).toEqual([]);
}, 60_000);

it("finds out once more what became of a call, where it died while it was found out", async () => {
  const { gateway } = testGateway({ journal: await cutOff("work") });
  const ran: string[] = [];
  const asked = Promise.withResolvers<undefined>();
  const answers: (() => Promise<Reconciled<string>>)[] = [
    () => {
      asked.resolve(undefined);
      return never();
    },
    () => Promise.resolve({ outcome: "completed", result: "it was done" }),
  ];
  gateway.implement(tools, {
    work: {
      run: () => `run ${ran.push("work")}`,
      reconcile: () => {
        ran.push("asked");
        return (answers.shift() ?? never)();
      },
    },
    again: never,
  });
  const { client, kill } = await mortal(gateway);
  const [call] = await begun(client.client(tools).work({}, { key: "k" }), asked.promise);
  await kill();
  expect(await client.client(tools).work({}, { key: "k" })).toBe("it was done");
  expect(await call).toBe("it was done");
  expect(ran).toEqual(["asked", "asked"]);
}, 60_000);

/** A gateway that runs a call of a dead process again, which waits there to be told how to end. */
async function repeating() {
  const journal = await cutOff("again");
  const { gateway } = testGateway({ journal });
  const seen = { runs: 0 };
  const began = Promise.withResolvers<undefined>();
  const ends = Promise.withResolvers<string>();
  gateway.implement(tools, {
    work: never,
    again: () => {
      seen.runs += 1;
      began.resolve(undefined);
      return seen.runs === 1 ? ends.promise : "run again";
    },
  });
  const { client, kill }: Mortal = await mortal(gateway);
  const [call] = await begun(client.client(tools).again({}, { key: "k" }), began.promise);
  return { journal, gateway, seen, client, kill, call, end: ends };
}

const FAILED = new ToolError("failed_precondition", "it took no effect this time", { outcome: "failed" });

it("does not take a repetition that failed for the call that it repeats, where it died in between", async () => {
  const { seen, client, kill, call, end } = await repeating();
  await kill();
  // The repetition that the client made anew is behind this one.
  await client.call("turnmux.calls", {});
  end.reject(FAILED);
  await expect(call).rejects.toMatchObject({ code: "failed_precondition", outcome: "unknown" });
  expect(await client.client(tools).again({}, { key: "k" })).toBe("run again");
  expect(seen.runs).toBe(2);
}, 60_000);

it("leaves the key of such a repetition taken where the gateway is closed before it fails", async () => {
  const { journal, gateway, end } = await repeating();
  await gateway.close();
  end.reject(FAILED);
  // Whatever may be recorded of it is asked for within a few turns of the event loop.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  const [record] = await journal.find([{ principal: "alice", key: "k" }]);
  expect(record).toBeDefined();
  expect(record?.ending).toBeUndefined();
}, 60_000);
