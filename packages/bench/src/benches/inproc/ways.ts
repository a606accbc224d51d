/**
 * Calls that stay in the process: a plain function, the same function as a tool of `openSession`, and, for comparison, the same tool
 * across a socket within the process.
 *
 * @module
 */
import { connect, defineTools, sharedToken, tool } from "@turnmux/client";
import { createGateway, tokenAuth } from "@turnmux/gateway";
import { z } from "zod";

const Job = z.object({
  name: z.string(),
  schedule: z.string(),
  runs: z.number().int().nonnegative(),
  enabled: z.boolean(),
});
const Planned = z.object({ id: z.string(), name: z.string(), nextRunAtMs: z.number(), enabled: z.boolean() });

const tools = defineTools({
  plan: tool({ description: "Plans a job", input: Job, output: Planned, effect: "idempotent", timeoutMs: 30_000 }),
});

type JobInput = z.infer<typeof Job>;
type PlannedJob = z.infer<typeof Planned>;

/** About 100 octets as JSON, as its answer. */
const JOB: JobInput = {
  name: "nightly backup of the volumes",
  schedule: "15 3 * * 1-5",
  runs: 12_345,
  enabled: true,
};

/** What comes back for it. */
const ID = "job_12345";

function plan({ name, runs, enabled }: JobInput): PlannedJob {
  return { id: `job_${runs}`, name, nextRunAtMs: 1_763_900_000_000 + runs, enabled };
}

/** Ways of making the call. */
export type InprocName = "function" | "function, validated" | "openSession" | "socket";

/** One way of making the call. */
export type InprocWay = (job: JobInput) => Promise<PlannedJob>;

const TOKEN = "a token that is long enough to be one";

/** All ways, ready to be called. */
export async function openWays(): Promise<Readonly<Record<InprocName, InprocWay>>> {
  const gateway = createGateway();
  gateway.implement(tools, { plan: (job) => plan(job) });
  const near = gateway.openSession({ principal: "bench", scopes: [] }).client(tools);
  const endpoint = gateway.listen({ port: 0, auth: tokenAuth(TOKEN, { principal: "bench", scopes: [] }) });
  await endpoint.ready;
  const far = (await connect(endpoint.url, { auth: sharedToken(TOKEN) })).client(tools);
  return {
    function: async (job) => plan(job),
    "function, validated": async (job) => Planned.parse(plan(Job.parse(job))),
    openSession: (job) => near.plan(job),
    socket: (job) => far.plan(job),
  };
}

/** Makes `calls` calls, `concurrency` at a time. Rejects where one comes back wrong. */
export async function makeCalls(way: InprocWay, calls: number, concurrency: number): Promise<void> {
  let left = calls;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const { id } = await way(JOB);
      if (id !== ID) throw new Error("a call came back with another result");
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
