/** A call whose key belongs to a handler that is being aborted, since all who waited for it have left (KEY-005). */
import { describe, expect, it } from "vitest";
import { ToolError, type Acceptance } from "../../src/index.ts";
import { gate, kit, kitWorld, watch, type KitHandlers, type Watched } from "../support/kit.ts";
import type { World } from "../support/world.ts";

interface Meeting {
  readonly world: World;
  readonly left: Watched;
  readonly came: Watched;
  /** What the other one heard of its call before it ended. */
  readonly states: readonly string[];
}

/** One caller leaves, by cancelling or by its deadline, and then another one comes with its key. */
async function meeting(add: KitHandlers["add"], how: "cancels" | "expires", timeoutMs?: number): Promise<Meeting> {
  const world = await kitWorld({ add });
  const leaving = new AbortController();
  const options = how === "cancels" ? { signal: leaving.signal } : { timeoutMs: 10 };
  const left = watch(world.client.client(kit).add(1, { key: "k", ...options }));
  await world.time.advance(9);
  leaving.abort();
  await world.time.advance(1);
  const states: string[] = [];
  const onAccept = ({ state }: Acceptance): unknown => states.push(state);
  const came = watch(world.client.client(kit).add(1, { key: "k", timeoutMs, onAccept }));
  await world.time.settle();
  return { world, left, came, states };
}

/** A handler whose first run ends as the gate says, and whose second one succeeds. */
function firstRun(): { add: KitHandlers["add"]; open: (value?: unknown) => void; fail: (error: Error) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let runs = 0;
  return { add: () => (++runs === 1 ? promise : "second run"), open: resolve, fail: reject };
}

describe.each(["cancels", "expires"] as const)("after the only caller of a key %s, a call with that key", (how) => {
  it("waits for the handler, and gets its result where it finished all the same", async () => {
    const { add, open } = firstRun();
    const { world, came } = await meeting(add, how);
    expect(came.said).toBe("pending");
    open("first run");
    await world.time.settle();
    expect(came.said).toBe('ok: "first run"');
  });

  it("hears that it has joined, until it runs itself", async () => {
    const { add, fail } = firstRun();
    const { world, states } = await meeting(add, how);
    expect(states).toEqual(["joined"]);
    fail(new ToolError("cancelled", "Nothing was added."));
    await world.time.settle();
    expect(states).toEqual(["joined", "running"]);
  });

  it("runs anew where the handler stopped without effect", async () => {
    const { add, fail } = firstRun();
    const { world, came } = await meeting(add, how);
    fail(new ToolError("cancelled", "Nothing was added."));
    await world.time.settle();
    expect(came.said).toBe('ok: "second run"');
    expect(world.once.running).toBe(0);
  });

  it("gets the ending that the key keeps where nobody knows what the handler did", async () => {
    const { add, fail } = firstRun();
    const { world, came } = await meeting(add, how);
    fail(new Error("half way"));
    await world.time.settle();
    const replayed = watch(world.client.client(kit).add(1, { key: "k" }));
    await world.time.settle();
    expect([came.said, replayed.said]).toEqual(["cancelled, unknown", "cancelled, unknown"]);
  });

  it("waits no longer than its own deadline for a handler that never ends", async () => {
    const { handler } = gate();
    const { world, came } = await meeting(handler, how, 500);
    await world.time.advance(499);
    expect(came.said).toBe("pending");
    await world.time.advance(1);
    expect(came.said).toBe("deadline_exceeded, unknown");
  });

  it("is refused when its arguments are others", async () => {
    const { handler } = gate();
    const { world } = await meeting(handler, how);
    const other = watch(world.client.client(kit).add(2, { key: "k" }));
    await world.time.settle();
    expect(other.said).toBe("already_exists, not_started");
  });
});
