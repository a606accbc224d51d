/** Calls of tools that their session gets a moment later. */
import { describe, expect, it } from "vitest";
import { LateTools, type Limits, type ToolOverrides } from "../../src/index.ts";
import { gate, kit, kitWorld, watch } from "../support/kit.ts";
import { GatewayUnderTest } from "../support/raw-worlds.ts";
import { open, reset } from "../support/raw.ts";
import { World } from "../support/world.ts";

interface Options {
  readonly limits?: Partial<Limits>;
  readonly overrides?: Readonly<Record<string, ToolOverrides>>;
}

/** A gateway whose session may still get tools, and gets the kit by `come`. */
async function gateway(options: Options = {}) {
  const late = new LateTools("nobody has looked yet");
  const under = await GatewayUnderTest.open({ ...options, late, scopes: ["write"] });
  const { handler, open: finish, runs } = gate();
  const come = async (): Promise<void> => {
    under.side.registry.implement(kit, {
      look: handler,
      set: (input) => input,
      add: (input) => input,
      list: () => "none",
    });
    late.over();
    await under.time.settle();
  };
  return { under, come, finish, runs };
}

describe("a call of a tool that is not there yet", () => {
  it("is queued, and runs when its tool has come", async () => {
    const late = new LateTools("nobody has looked yet");
    const world = await World.ready({ late, scopes: ["write"] });
    const said: unknown[] = [];
    const onAccept = ({ state, reason }: { readonly state: string; readonly reason?: string | undefined }): void => {
      said.push([state, reason]);
    };
    const calls = [
      watch(world.client.client(kit).set("a", { onAccept })),
      watch(world.client.client(kit).add("b", { key: "k" })),
    ];
    await world.time.settle();
    expect(said).toEqual([["queued", "nobody has looked yet"]]);
    expect(world.gateway.activeCalls.incoming).toBe(2);
    world.registry.implement(kit, { look: () => 0, set: (input) => input, add: (input) => input, list: () => "" });
    late.over();
    await world.time.settle();
    expect(calls.map((call) => call.said)).toEqual(['ok: "a"', 'ok: "b"']);
    expect(world.gateway.activeCalls.incoming).toBe(0);
  });

  it("is none where none has come, and from then on at once", async () => {
    const late = new LateTools("nobody has looked yet");
    const world = await World.ready({ late });
    const first = watch(world.client.call("look", 1));
    await world.time.settle();
    expect(first.said).toBe("pending");
    late.over();
    const second = watch(world.client.call("look", 1));
    await world.time.settle();
    expect([first.said, second.said]).toEqual(["unimplemented, not_started", "unimplemented, not_started"]);
  });

  it("waits for scopes as well, which may come with the tools", async () => {
    const late = new LateTools("nobody has looked yet");
    const world = await kitWorld({}, { late, scopes: [] });
    const calls = [1, 2].map((n) => watch(world.client.client(kit).add(n)));
    await world.time.settle();
    expect(calls[0]?.said).toBe("pending");
    world.gatewaySessions[0]?.control.setScopes(["write"]);
    late.over();
    await world.time.settle();
    expect(calls.map((call) => call.said)).toEqual(["ok: 1", "ok: 2"]);
  });

  it("can be cancelled, and then never runs", async () => {
    const { under, come, runs } = await gateway();
    await under.say(open(1, "look", 1), open(3, "look", 2));
    expect(await under.say(reset(1))).toMatchObject([{ type: "end", stream: 1, code: 1, outcome: 0 }]);
    expect(under.session.activeCalls.incoming).toBe(1);
    await come();
    expect(runs()).toBe(1);
  });

  it("has its deadline from when it came, its own and its tool's", async () => {
    const overrides = { look: { timeoutMs: 300, maxTimeoutMs: 400 } };
    const { under, come, runs } = await gateway({ overrides });
    under.raw.say(open(1, "look", 1, { deadlineMs: 100 }));
    under.raw.say(open(3, "look", 2), open(5, "look", 3, { deadlineMs: 1_000 }));
    await under.time.advance(250);
    expect(under.raw.all("end")).toMatchObject([{ stream: 1, code: 4, outcome: 0 }]);
    await come();
    expect(runs()).toBe(2);
    await under.time.advance(50);
    expect(under.raw.all("end").map(({ stream }) => stream)).toEqual([1, 3]);
    await under.time.advance(100);
    expect(under.raw.all("end").map(({ stream }) => stream)).toEqual([1, 3, 5]);
  });

  it("does not start where the deadline of its tool is over when that comes", async () => {
    const { under, come, runs } = await gateway({ overrides: { look: { timeoutMs: 300 } } });
    under.raw.say(open(1, "look", 1));
    await under.time.advance(300);
    await come();
    expect(under.raw.all("end")).toMatchObject([{ stream: 1, code: 4, outcome: 0 }]);
    expect(runs()).toBe(0);
  });

  it("counts for the arguments that are held, until it is over", async () => {
    const { under } = await gateway({ limits: { heldArguments: 20_000 } });
    const long = "x".repeat(12_000);
    await under.say(open(1, "look", long));
    expect(await under.say(open(3, "look", long))).toMatchObject([{ type: "end", stream: 3, code: 8, outcome: 0 }]);
    await under.say(reset(1));
    expect(await under.say(open(5, "look", long))).toMatchObject([{ type: "accept", stream: 5 }]);
  });

  it("has no place of its tool's that others have", async () => {
    const { under, come, runs } = await gateway({ overrides: { look: { maxConcurrent: 1 } } });
    await under.say(open(1, "look", 1), open(3, "look", 2));
    await come();
    expect(runs()).toBe(1);
    expect(under.raw.all("end")).toMatchObject([{ stream: 3, code: 8, outcome: 0 }]);
  });

  it("is over with its session", async () => {
    const { under, come, runs } = await gateway();
    await under.say(open(1, "look", 1));
    void under.session.close();
    await under.time.settle();
    await come();
    expect(runs()).toBe(0);
    expect(under.session.activeCalls.incoming).toBe(0);
  });
});
