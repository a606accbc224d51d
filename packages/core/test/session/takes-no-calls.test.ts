/** A session without what runs tools: a browser's, unless it was asked for. */
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/index.ts";
import { kit, kitWorld, watch } from "../support/kit.ts";
import { LocalWorld } from "../support/local-world.ts";

describe("a session that implements no tools", () => {
  it("offers none, and says so of each that is called", async () => {
    const { client, gateway, time } = await kitWorld({ look: (input) => input }, { implements: false });
    expect([...gateway.offers.keys()]).toEqual([]);
    const call = watch(gateway.call("look", "x"));
    const items = watch(gateway.call("turnmux.other", {}));
    await time.settle();
    expect([call.said, items.said]).toEqual(["unimplemented, not_started", "unimplemented, not_started"]);
    expect(call.error?.message).toContain("there is no tool look");
    const own = watch(client.client(kit).look("y"));
    await time.settle();
    expect(own.said).toBe('ok: "y"');
    expect(gateway.activeCalls).toEqual({ outgoing: 0, incoming: 0 });
  });

  it("answers what the protocol's own tools ask", async () => {
    const { gateway, time } = await kitWorld({}, { implements: false });
    const answers = Promise.all([gateway.catalog(), gateway.calls(), gateway.outcome({ key: "k" })]);
    await time.settle();
    expect(await answers).toEqual([[], [], { state: "none" }]);
  });

  it("does the same in one process", async () => {
    const { gateway, time } = new LocalWorld({}, { implements: false });
    const catalog = gateway.catalog();
    const call = watch(gateway.call("look", "x"));
    await time.settle();
    expect(await catalog).toEqual([]);
    expect(call.said).toBe("unimplemented, not_started");
  });

  it("says what it takes to implement one", async () => {
    const { client } = await kitWorld({}, { implements: false });
    const implement = (): unknown =>
      client.implement(kit, { look: () => "", set: () => "", add: () => "", list: () => "" });
    expect(implement).toThrow(UsageError);
    expect(implement).toThrow('import { implementing } from "@turnmux/client/implement"');
  });
});
