/** The gateway's event loop is blocked for longer than the client waits for ACCEPT, and the model retries. */
import { expect, it } from "vitest";
import { Program } from "../late-timers/support/program.ts";
import { tools } from "./support/cron.ts";
import { clientOf, failureOf } from "./support/client.ts";

const GATEWAY = new URL("./programs/gateway.ts", import.meta.url);
const JOB = { name: "report", every: "day" };
const ACCEPT_MS = 300;

async function blockable(): Promise<{ gateway: Program; url: string }> {
  const gateway = new Program(GATEWAY);
  gateway.ask({ do: "listen", heartbeatMs: 60_000 });
  return { gateway, url: (await gateway.told("listening")).url };
}

/** What a model does that repeats a call, again and again, until it succeeds. The gateway runs again after the first time. */
async function persevere(gateway: Program, add: () => Promise<{ id: string }>): Promise<{ id: string }> {
  for (let attempt = 1; ; attempt += 1) {
    const adding = add();
    if (attempt > 1) gateway.release();
    try {
      return await adding;
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

const WHEN = ["while it is still blocked", "when it runs again"] as const;

it.each(WHEN)(
  "A job that was created although nobody said so stays the only one when the model repeats it %s",
  async (when) => {
    const { gateway, url } = await blockable();
    const session = await clientOf(url, { acceptTimeoutMs: ACCEPT_MS });
    const turn = session.turn("turn-7");
    const adding = failureOf(turn.client(tools).cron.add(JOB));
    await gateway.blocked();
    const error = await adding;
    expect(error).toMatchObject({ code: "deadline_exceeded", outcome: "unknown" });
    expect(error.forModel()).toContain("Do not repeat it; check with cron.list first.");
    if (when === "when it runs again") gateway.release();
    expect(await persevere(gateway, () => turn.client(tools).cron.add(JOB))).toEqual({ id: "job-1" });
    expect(await session.client(tools).cron.list({})).toHaveLength(1);
  },
);

it.each(WHEN)(
  "A call that the gateway could not even read makes one job when the model repeats it %s",
  async (when) => {
    const { gateway, url } = await blockable();
    const session = await clientOf(url, { acceptTimeoutMs: ACCEPT_MS });
    const turn = session.turn("turn-7");
    await gateway.block(0);
    const error = await failureOf(turn.client(tools).cron.add(JOB));
    expect(error).toMatchObject({ code: "deadline_exceeded", outcome: "unknown" });
    if (when === "when it runs again") gateway.release();
    const { id } = await persevere(gateway, () => turn.client(tools).cron.add(JOB));
    expect(await session.client(tools).cron.list({})).toEqual([{ id, ...JOB }]);
  },
);

it("A call without a limit on ACCEPT is answered when the gateway runs again", async () => {
  const { gateway, url } = await blockable();
  const session = await clientOf(url);
  const adding = session.turn("turn-7").client(tools).cron.add(JOB);
  await gateway.blocked();
  gateway.release();
  expect(await adding).toEqual({ id: "job-1" });
});
