import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { TurnmuxError } from "@turnmux/client";
import { CronService } from "../src/cron/service.ts";
import type { ToolDoor } from "../src/doors/door.ts";
import { KNOWN_TOOLS } from "../src/doors/known-tools.ts";
import { onSession } from "../src/doors/on-session.ts";
import { Busy } from "../src/gateway/busy.ts";
import { grantFor } from "../src/gateway/grant.ts";
import type { Lanes } from "../src/gateway/lanes.ts";
import { turnmuxFor } from "../src/gateway/turnmux.ts";
import { WANTED } from "../src/request.ts";

/** Of a call on behalf of no turn that runs. */
const NOBODYS = { turn: "turn-1", lineage: "forged", signal: new AbortController().signal };

/** A gateway in this process, with a door for session `main`, and the lanes behind it. */
function gatewayWith(context: TestContext): { door: ToolDoor; cron: CronService; lanes: Lanes } {
  const cron = new CronService(":memory:", () => undefined);
  const { gateway, lanes } = turnmuxFor(cron, new Busy(0));
  context.after(async () => {
    await gateway.close();
    cron.close();
  });
  return { door: onSession(gateway.openSession(grantFor("main"))), cron, lanes };
}

test("the catalog tells the model the same as the runner's own copy of the contract", async (context) => {
  const { door } = gatewayWith(context);
  const offered = (await door.tools()).map(({ name, description, input }) => ({ name, description, input }));
  assert.deepEqual(offered, KNOWN_TOOLS);
});

test("a call that is sent again under its key creates nothing twice", async (context) => {
  const { door, cron } = gatewayWith(context);
  const add = (key: string) => door.call("cron.add", WANTED[0], { ...NOBODYS, key });
  const first = await add("call-1");
  assert.deepEqual(await add("call-1"), first);
  assert.equal(cron.list().length, 1);
  assert.notDeepEqual(await add("call-2"), first);
});

test("a call of a turn passes the lane that the turn holds", async (context) => {
  const { door, lanes } = gatewayWith(context);
  const jobs = await lanes.hold("main", "turn-1", (lineage) =>
    door.call("cron.list", {}, { ...NOBODYS, lineage, key: "call-1" }),
  );
  assert.deepEqual(jobs, []);
});

test("the model is told what is wrong with its arguments, and that nothing ran", async (context) => {
  const { door, cron } = gatewayWith(context);
  const spec = { ...WANTED[0], schedule: "every morning" };
  const options = { ...NOBODYS, key: "call-1" };
  await assert.rejects(door.call("cron.add", spec, options), (error) => {
    assert.ok(TurnmuxError.is(error));
    assert.match(error.forModel(), /schedule: not a cron pattern\. It did not run; mend the arguments/);
    return true;
  });
  assert.deepEqual(cron.list(), []);
});
