import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, ToolRegistry, type Interceptor, type ToolHandlers } from "../../src/index.ts";
import { kitWorld, watch } from "../support/kit.ts";
import { World } from "../support/world.ts";

const read = tool({ description: "Reads", input: z.unknown(), output: z.unknown(), effect: "read" });
const once = tool({ description: "Adds", input: z.unknown(), output: z.unknown(), effect: "once" });
const mine = defineTools({ mine: read });

function offered(world: World): string[] {
  return [...world.client.offers.keys()].toSorted();
}

describe("implement()", () => {
  it("offers the tools at once, and takes them back when it is told to", async () => {
    const world = await World.ready();
    const remove = world.registry.implement(mine, { mine: (input) => input });
    await world.time.settle();
    expect(offered(world)).toEqual(["mine"]);
    remove();
    await world.time.settle();
    expect(offered(world)).toEqual([]);
    const call = watch(world.client.call("mine", 1));
    await world.time.settle();
    expect(call.said).toBe("unimplemented, not_started");
  });

  it("lets a name be implemented again after it was taken away, and forgets about the first one", async () => {
    const world = await World.ready();
    const remove = world.registry.implement(mine, { mine: () => "first" });
    remove();
    world.registry.implement(mine, { mine: () => "second" });
    remove();
    const call = watch(world.client.call("mine", 1));
    await world.time.settle();
    expect(call.said).toBe('ok: "second"');
  });

  it("finishes a call whose tool is taken away meanwhile", async () => {
    const world = await World.ready();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const remove = world.registry.implement(mine, { mine: () => promise });
    const call = watch(world.client.call("mine", 1));
    await world.time.settle();
    remove();
    resolve("done");
    await world.time.settle();
    expect(call.said).toBe('ok: "done"');
  });

  it("calls a handler as the method that it is", async () => {
    class Counter {
      #count = 0;
      mine(): number {
        this.#count += 1;
        return this.#count;
      }
    }
    const world = await World.ready();
    world.registry.implement(mine, new Counter());
    const calls = [watch(world.client.call("mine")), watch(world.client.call("mine"))];
    await world.time.settle();
    expect(calls.map(({ said }) => said)).toEqual(["ok: 1", "ok: 2"]);
  });

  it.each<[string, unknown, string]>([
    ["a handler is missing", {}, "mine has no handler"],
    ["all of them are missing", undefined, "mine has no handler"],
    ["a handler is no function", { mine: 7 }, "the handler of mine is no function"],
    ["a handler has no tool", { mine: () => 1, yours: () => 1 }, "there is no tool yours for this handler"],
  ])("refuses, and offers nothing, where %s", async (_what, handlers, message) => {
    const world = await World.ready();
    // As plain JavaScript might.
    const given = handlers as ToolHandlers<typeof mine>;
    expect(() => world.registry.implement(mine, given)).toThrow(message);
    await world.time.settle();
    expect(offered(world)).toEqual([]);
  });

  it("refuses a name that is taken, also by one that is the same for a model", async () => {
    const world = await World.ready();
    const dotted = defineTools({ job: { add: read } });
    const flat = defineTools({ job_add: read, other: read });
    world.registry.implement(dotted, { job: { add: () => 1 } });
    expect(() => world.registry.implement(dotted, { job: { add: () => 1 } })).toThrow("job.add is implemented already");
    expect(() => world.registry.implement(flat, { job_add: () => 1, other: () => 1 })).toThrow("TOOL-001");
    await world.time.settle();
    expect(offered(world)).toEqual(["job.add"]);
  });

  it("refuses a once tool where there is no journal", () => {
    const registry = new ToolRegistry({ hasJournal: false });
    expect(() => registry.implement(defineTools({ once }), { once: () => 1 })).toThrow("KEY-006");
    expect([...registry.all()]).toEqual([]);
  });
});

describe("the tools of one session", () => {
  it("are offered to its peer alone, beside those of the gateway", async () => {
    const world = await kitWorld();
    const before = offered(world);
    world.gateway.implement(mine, { mine: () => "mine" });
    await world.time.settle();
    expect(offered(world)).toEqual([...before, "mine"].toSorted());
    expect(world.registry.get("mine")).toBeUndefined();
  });

  it.each([
    ["the same name", defineTools({ job: { add: read } })],
    ["a name that is the same for a model", defineTools({ job_add: read })],
  ])("stand before one of the gateway's that comes later with %s", async (_what, tree) => {
    const world = await World.ready();
    world.gateway.implement(defineTools({ job: { add: read } }), { job: { add: () => "the session's" } });
    const handlers: Record<string, unknown> = { job: { add: () => "the gateway's" }, job_add: () => "the gateway's" };
    const given = Object.fromEntries(Object.keys(tree).map((name) => [name, handlers[name]]));
    // The tree decides which of the handlers are there.
    const remove = world.registry.implement(tree, given as ToolHandlers<typeof tree>);
    await world.time.settle();
    expect([offered(world), world.client.state]).toEqual([["job.add"], "ready"]);
    const call = watch(world.client.call("job.add"));
    await world.time.settle();
    expect(call.said).toBe('ok: "the session\'s"');
    remove();
    await world.time.settle();
    expect(offered(world)).toEqual(["job.add"]);
  });
});

describe("the offer", () => {
  it("leaves out what the scopes do not allow, and is made again when they change", async () => {
    const world = await kitWorld({}, { scopes: [] });
    expect(offered(world)).toEqual(["list", "look", "set"]);
    world.gatewaySide.latest.control.setScopes(["write"]);
    await world.time.settle();
    expect(offered(world)).toEqual(["add", "list", "look", "set"]);
    world.gatewaySide.latest.control.setScopes(["read"]);
    await world.time.settle();
    expect(offered(world)).toEqual(["list", "look", "set"]);
  });

  it.each([1_024, 16_384])(
    "is split where it does not fit into a frame of %d octets, and arrives whole",
    async (framePayload) => {
      const world = await World.ready({ clientLimits: { framePayload } });
      const names = Array.from({ length: 300 }, (_, i) => `tool-${i}-${"x".repeat(i % 50)}`);
      const long = tool({ description: "ü".repeat(2_000), input: z.unknown(), effect: "read" });
      const tree = defineTools(Object.fromEntries(names.map((name) => [name, long])));
      world.registry.implement(tree, Object.fromEntries(names.map((name) => [name, () => undefined])));
      await world.time.settle();
      expect(offered(world)).toEqual(names.toSorted());
      expect(world.client.state).toBe("ready");
    },
  );

  it("of the peer survives a reconnection", async () => {
    const world = await kitWorld();
    world.client.implement(mine, { mine: () => "the client's" });
    world.clientCarrier.cut();
    await world.time.settle();
    await world.reconnect();
    const call = watch(world.gateway.call("mine"));
    await world.time.settle();
    expect([...world.gateway.offers.keys()]).toEqual(["mine"]);
    expect(call.said).toBe('ok: "the client\'s"');
  });
});

describe("turnmux.describe", () => {
  it("describes what the caller may call, and of that only what was asked for", async () => {
    const world = await kitWorld({}, { scopes: [] });
    const call = watch(world.client.call("turnmux.describe", { tools: ["look", "add", "nothing"] }));
    await world.time.settle();
    const { tools } = JSON.parse(call.said.slice("ok: ".length));
    expect(tools.map(({ name }: { name: string }) => name)).toEqual(["look"]);
    expect(tools[0]).toMatchObject({ effect: "read", streams: false, description: "Reads" });
  });

  it("is asked again by catalog() after it failed", async () => {
    let fails = true;
    const failing: Interceptor = (call, next) => (fails ? Promise.reject(new Error("not now")) : next(call));
    const world = await kitWorld({}, { gatewayInterceptors: [failing] });
    const first = watch(world.client.catalog());
    await world.time.settle();
    expect(first.said).toBe("internal, not_started");
    fails = false;
    const second = watch(world.client.catalog());
    await world.time.settle();
    expect(second.said).toContain('"name":"look"');
  });

  it("is asked once by catalog() for each offer", async () => {
    const asked: string[] = [];
    const world = await kitWorld(
      {},
      {
        gatewayInterceptors: [
          (call, next) => {
            asked.push(call.tool);
            return next(call);
          },
        ],
      },
    );
    const names = async (): Promise<string> => {
      const catalog = watch(world.client.catalog());
      await world.time.settle();
      return catalog.said;
    };
    expect(await names()).toBe(await names());
    expect(asked).toHaveLength(1);
    world.registry.implement(mine, { mine: () => 1 });
    await world.time.settle();
    expect(await names()).toContain('"mine"');
    expect(asked).toHaveLength(2);
  });
});
