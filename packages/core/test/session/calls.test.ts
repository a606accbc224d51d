import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTools, tool, ToolError, TurnmuxError } from "../../src/index.ts";
import { World } from "../support/world.ts";

const tools = defineTools({
  echo: tool({
    description: "Says it again",
    input: z.object({ text: z.string() }),
    output: z.object({ text: z.string() }),
    effect: "read",
  }),
  count: tool({
    description: "Counts",
    input: z.object({ to: z.number() }),
    item: z.number(),
    output: z.string(),
    effect: "read",
  }),
  add: tool({
    description: "Adds",
    input: z.object({ n: z.number() }),
    output: z.number(),
    effect: "once",
    verify: "echo",
  }),
});

async function world(): Promise<World> {
  const made = await World.ready();
  let sum = 0;
  made.registry.implement(tools, {
    echo: ({ text }) => ({ text }),
    count: async function* ({ to }) {
      for (let i = 1; i <= to; i++) yield i;
      return "done";
    },
    add: ({ n }) => {
      sum += n;
      if (n < 0) throw new ToolError("out_of_range", "no");
      return sum;
    },
  });
  await made.time.settle();
  return made;
}

describe("a session between two cores", () => {
  it("calls a tool and gets its result", async () => {
    const { client, time } = await world();
    const result = client.client(tools).echo({ text: "hello" });
    await time.settle();
    await expect(result).resolves.toEqual({ text: "hello" });
  });

  it("carries items in order and the result behind them", async () => {
    const { client, time } = await world();
    const call = client.client(tools).count({ to: 5 });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const item of call) seen.push(item);
    })();
    await time.settle();
    await reading;
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    await expect(call.result).resolves.toBe("done");
  });

  it("runs a once tool once for a key", async () => {
    const { client, time } = await world();
    const api = client.client(tools);
    const first = api.add({ n: 3 }, { key: "k" });
    const second = api.add({ n: 3 }, { key: "k" });
    await time.settle();
    const third = api.add({ n: 3 }, { key: "k" });
    await time.settle();
    expect(await Promise.all([first, second, third])).toEqual([3, 3, 3]);
    const other = api.add({ n: 4 }, { key: "k" }).catch((e: unknown) => e);
    await time.settle();
    const error = await other;
    expect(TurnmuxError.is(error) && [error.code, error.outcome]).toEqual(["already_exists", "not_started"]);
  });

  it.each([
    ["priority", { priority: JSON.parse('"weird"') }],
    ["signal", { signal: JSON.parse("{}") }],
    ["key", { key: "" }],
  ])("says which option is none: %s", async (name, options) => {
    const { client } = await world();
    await expect(client.call("echo", { text: "a" }, options)).rejects.toThrow(new RegExp(`${name} must be`));
  });
});
