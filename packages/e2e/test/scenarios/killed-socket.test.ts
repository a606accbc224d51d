/** The socket is killed around an add: what was on its way, in either direction, is lost. */
import { TurnmuxError } from "@turnmux/client";
import { expect, it } from "vitest";
import { tools } from "./support/cron.ts";
import { clientOf } from "./support/client.ts";
import { openGateway } from "./support/gateway.ts";
import { Proxy, type Kill } from "./support/proxy.ts";

const ROUNDS = 40;

/** Octets of a message that still arrive: none, a part of it, or all. */
const PARTS = [0, 1, 7, 12, 30, 1 << 20] as const;

const CASES: readonly (readonly [name: string, kill: (round: number) => Kill])[] = [
  ["1 ms after an add", () => ({ after: "to the gateway", milliseconds: 1 })],
  ["at once after an add", () => ({ after: "to the gateway", milliseconds: 0 })],
  ["with the call on its way", (round) => ({ losing: "to the gateway", arrive: PARTS[round % PARTS.length] ?? 0 })],
  [
    "with what the gateway says of the call",
    (round) => ({ losing: "to the client", arrive: PARTS[round % PARTS.length] ?? 0 }),
  ],
];

it.each(CASES)("A socket that is killed %s costs the call nothing but time", async (_name, kill) => {
  const { gateway, scheduler, url } = await openGateway();
  const proxy = await Proxy.before(url);
  const session = await clientOf(proxy.url);
  const turn = session.turn("turn-7");
  const { id } = session;
  // A session that its client has never spoken in is not kept for it (RESUME-007).
  await turn.client(tools).cron.list({});
  for (let round = 1; round <= ROUNDS; round += 1) {
    const killed = proxy.arm(kill(round));
    const job = await turn.client(tools).cron.add({ name: `job of round ${round}`, every: "day" });
    expect(job).toEqual({ id: `job-${round}` });
    await killed;
  }
  // It is still the session that it was.
  await session.client(tools).cron.list({});
  expect(session.id).toBe(id);
  expect(proxy.kills).toBe(ROUNDS);
  expect(new Set(scheduler.jobs.map(({ name }) => name)).size).toBe(ROUNDS);
  expect(scheduler.jobs).toHaveLength(ROUNDS);
  await gateway.close();
});

it("Many calls at once survive a socket that is killed again and again", async () => {
  const { gateway, scheduler, url } = await openGateway();
  const proxy = await Proxy.before(url);
  const session = await clientOf(proxy.url);
  const api = session.turn("turn-7").client(tools);
  const names: string[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const [, kill] = CASES[round % CASES.length] ?? [];
    const killed = proxy.arm(kill?.(round) ?? { after: "to the gateway", milliseconds: 1 });
    const adding = Array.from({ length: 8 }, (_, index) => {
      const name = `job ${index} of round ${round}`;
      names.push(name);
      return api.cron.add({ name, every: "day" });
    });
    const jobs = await Promise.all(adding);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(8);
    await killed;
  }
  expect(scheduler.jobs.map(({ name }) => name).sort()).toEqual(names.sort());
  await gateway.close();
});

it.each(CASES)(
  "Without a connection to come back on, a socket that is killed %s leaves a call that says so",
  async (_name, kill) => {
    const { gateway, scheduler, url } = await openGateway();
    const proxy = await Proxy.before(url);
    const outcomes = new Set<string>();
    for (let round = 1; round <= ROUNDS; round += 1) {
      const job = { name: `job of round ${round}`, every: "day" };
      const options = { key: `turn-7 tool-call-${round}` };
      const session = await clientOf(proxy.url, { reconnect: false });
      const killed = proxy.arm(kill(round));
      const first = await session
        .client(tools)
        .cron.add(job, options)
        .catch((error: unknown) => {
          if (!TurnmuxError.is(error)) throw error;
          outcomes.add(error.outcome);
          if (error.outcome === "unknown") expect(error.forModel()).toContain("Do not repeat it; check with cron.list");
          else expect(error.outcome).toBe("not_started");
          return undefined;
        });
      await killed;
      const next = await clientOf(url);
      const again = await next.client(tools).cron.add(job, options);
      if (first !== undefined) expect(again).toEqual(first);
      await next.close();
    }
    expect(outcomes).toContain("unknown");
    expect(new Set(scheduler.jobs.map(({ name }) => name)).size).toBe(ROUNDS);
    expect(scheduler.jobs).toHaveLength(ROUNDS);
    await gateway.close();
  },
);
