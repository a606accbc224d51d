/** A turn adds two jobs while another job runs for a long time. */
import type { Acceptance } from "@turnmux/client";
import { expect, it } from "vitest";
import { tools } from "./support/cron.ts";
import { clientOf, isSettled, outlived } from "./support/client.ts";
import { openGateway } from "./support/gateway.ts";

it("Calls behind a long job say so, and each makes its job once, however long it took", async () => {
  const { gateway, scheduler, url } = await openGateway();
  const session = await clientOf(url, { acceptTimeoutMs: 300 });
  scheduler.hold("nightly");
  const accepted: Acceptance[][] = [[], []];
  const api = session.turn("turn-7").client(tools);
  // The same twice, on purpose.
  const adding = accepted.map((heard) =>
    api.cron.add({ name: "report", every: "day" }, { onAccept: (acceptance) => heard.push(acceptance) }),
  );
  await outlived(session, 600);
  expect(accepted.map((heard) => heard.at(-1))).toMatchObject([
    { state: "waiting", reason: "behind nightly, place 0" },
    { state: "waiting", reason: "behind nightly, place 1" },
  ]);
  expect(await Promise.all(adding.map(isSettled))).toEqual([false, false]);
  scheduler.release();
  expect(await Promise.all(adding)).toEqual([{ id: "job-1" }, { id: "job-2" }]);
  expect(scheduler.jobs).toHaveLength(2);
  await gateway.close();
});
