/** A turn holds a lock of the application's, and calls a tool that needs it. */
import type { Acceptance } from "@turnmux/client";
import { expect, it } from "vitest";
import { tools } from "./support/cron.ts";
import { clientOf, failureOf, isSettled, outlived } from "./support/client.ts";
import { openGateway } from "./support/gateway.ts";

const JOB = { name: "report", every: "day" };

it("A call that needs the lock which its turn holds says that it waits, and for what, and does not fail falsely", async () => {
  const { gateway, scheduler, url } = await openGateway();
  const session = await clientOf(url, { acceptTimeoutMs: 300 });
  scheduler.hold("turn-7");
  const accepted: Acceptance[] = [];
  const adding = session
    .turn("turn-7")
    .client(tools)
    .cron.add(JOB, { onAccept: (acceptance) => accepted.push(acceptance) });
  // Longer than a call may wait to be accepted.
  await outlived(session, 600);
  expect(accepted.at(-1)).toMatchObject({ state: "waiting", reason: "behind turn-7, place 0" });
  expect(await isSettled(adding)).toBe(false);
  // The gateway is alive: what needs no lock is answered.
  expect(await session.client(tools).cron.list({})).toEqual([]);
  scheduler.release();
  expect(await adding).toEqual({ id: "job-1" });
  expect(scheduler.jobs).toHaveLength(1);
  await gateway.close();
});

it("Cancelled while it waits for the lock, it ends with the truth, and a further call makes the only job", async () => {
  const { gateway, scheduler, url } = await openGateway();
  const session = await clientOf(url);
  scheduler.hold("turn-7");
  const turn = session.turn("turn-7");
  const controller = new AbortController();
  const waits = Promise.withResolvers<void>();
  const adding = turn.client(tools).cron.add(JOB, {
    signal: controller.signal,
    onAccept: ({ state }) => {
      if (state === "waiting") waits.resolve();
    },
  });
  await waits.promise;
  controller.abort();
  const error = await failureOf(adding);
  expect(error).toMatchObject({ code: "cancelled", outcome: "failed" });
  expect(error.forModel()).toContain("changed nothing");
  scheduler.release();
  expect(scheduler.jobs).toEqual([]);
  expect(await turn.client(tools).cron.add(JOB)).toEqual({ id: "job-1" });
  expect(scheduler.jobs).toHaveLength(1);
  await gateway.close();
});
