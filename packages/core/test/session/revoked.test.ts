/** Calls that came before the gateway took the grant back, and had not begun. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, type Session } from "../../src/index.ts";
import { SlowJournal } from "../support/journals.ts";
import { gate, kit, kitWorld, watch } from "../support/kit.ts";
import { ClientSide } from "../support/sides.ts";
import { virtualCarriers } from "../support/virtual-carrier.ts";
import type { World } from "../support/world.ts";

/** Another session of the same principal. */
async function another(world: World): Promise<Session> {
  const carriers = virtualCarriers(world.time);
  const side = new ClientSide(world.time);
  world.gatewaySide.accept(carriers.gateway);
  side.dial(carriers.client);
  await world.time.settle();
  return side.session;
}

describe("a call that had not begun when the grant was taken back", () => {
  it("does not begin when its key is claimed, and leaves the key free", async () => {
    const journal = new SlowJournal();
    const { handler, runs } = gate();
    const world = await kitWorld({ add: handler }, { journal });
    const other = await another(world);
    const call = watch(world.client.client(kit).add(1, { key: "k" }));
    await world.time.settle();
    world.gatewaySessions[0]?.control.revoke("no more");
    await world.time.settle();
    expect(world.lastEnd).toMatchObject({ code: "permission_denied", message: "no more" });
    journal.answer();
    await world.time.settle();
    expect(call.said).toBe("unavailable, unknown");
    expect(runs()).toBe(0);
    watch(other.client(kit).add(1, { key: "k" }));
    await world.time.settle();
    journal.answer();
    await world.time.settle();
    expect(runs()).toBe(1);
  });

  it("begins for another session that has joined it", async () => {
    const journal = new SlowJournal();
    const { handler, open, runs } = gate();
    const world = await kitWorld({ add: handler }, { journal });
    const other = await another(world);
    watch(world.client.client(kit).add(1, { key: "k" }));
    await world.time.settle();
    const joined = watch(other.client(kit).add(1, { key: "k" }));
    await world.time.settle();
    world.gatewaySessions[0]?.control.revoke("no more");
    await world.time.settle();
    journal.answer();
    await world.time.settle();
    expect(runs()).toBe(0);
    journal.answer();
    await world.time.settle();
    expect(runs()).toBe(1);
    open("done");
    await world.time.settle();
    expect(joined.said).toBe('ok: "done"');
  });
});

it("a call that has begun goes on where its tool says so, also when the grant was taken back", async () => {
  const { handler, open, runs } = gate();
  const world = await kitWorld({ add: handler });
  const other = await another(world);
  watch(world.client.client(kit).add(1, { key: "k" }));
  await world.time.settle();
  world.gatewaySessions[0]?.control.revoke("no more");
  await world.time.settle();
  const joined = watch(other.client(kit).add(1, { key: "k" }));
  open("done");
  await world.time.settle();
  expect(joined.said).toBe('ok: "done"');
  expect(runs()).toBe(1);
});

it("a call that waits for the lane does not begin once the session is being closed", async () => {
  const lane = defineTools({
    lane: tool({ description: "Waits", input: z.unknown(), output: z.unknown(), effect: "read", lane: "session" }),
  });
  const { handler, open, runs } = gate();
  const world = await kitWorld();
  world.registry.implement(lane, { lane: handler });
  watch(world.client.client(lane).lane(1));
  watch(world.client.client(lane).lane(2));
  await world.time.settle();
  // The first one ends, and frees the lane, in the very turn in which the gateway closes the session.
  open("done");
  void world.gateway.close();
  await world.time.settle();
  expect(runs()).toBe(1);
});
