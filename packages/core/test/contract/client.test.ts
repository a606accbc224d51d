import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { buildClient, type Invoke } from "../../src/contract/client.ts";
import { tool } from "../../src/contract/tool.ts";
import { defineTools, type ToolTree } from "../../src/contract/tree.ts";
import { UsageError } from "../../src/errors/usage.ts";

type Invocation = Parameters<Invoke>;

function recorder(): { calls: Invocation[]; invoke: Invoke } {
  const calls: Invocation[] = [];
  return {
    calls,
    invoke: (...call) => {
      calls.push(call);
      return Promise.resolve("result");
    },
  };
}

const add = tool({ description: "Create", input: z.object({ at: z.string() }), output: z.string(), effect: "once" });
const list = tool({ description: "List", input: z.object({}), effect: "read" });

describe("a client", () => {
  it("calls tools by their dotted names, with what it was given", async () => {
    const { calls, invoke } = recorder();
    const api = buildClient(defineTools({ cron: { deep: { add } } }), invoke);
    const options = { key: "k_1" };
    await expect(api.cron.deep.add({ at: "noon" }, options)).resolves.toBe("result");
    expect(calls).toEqual([[add, "cron.deep.add", { at: "noon" }, options]]);
  });

  it("is made once: its parts and methods stay the same", () => {
    const api = buildClient(defineTools({ cron: { add } }), recorder().invoke);
    expect(api.cron).toBe(api.cron);
    expect(api.cron.add).toBe(api.cron.add);
    expect(Object.keys(api)).toEqual(["cron"]);
  });

  it("can be awaited by mistake without a call", async () => {
    const { calls, invoke } = recorder();
    const api = buildClient(defineTools({ cron: { list } }), invoke);
    expect(await Promise.resolve(api)).toBe(api);
    expect(calls).toEqual([]);
  });

  it("passes an object where the input is left out", async () => {
    const { calls, invoke } = recorder();
    const api = buildClient(defineTools({ cron: { list } }), invoke);
    await api.cron.list();
    await api.cron.list(undefined, { key: "k" });
    await api.cron.list({});
    expect(calls.map(([, , input]) => input)).toEqual([{}, {}, {}]);
  });

  it("passes nothing where the validator takes that", async () => {
    const { calls, invoke } = recorder();
    const inputs = {
      a: z.void(),
      b: z.object({}).optional(),
      c: v.optional(v.string()),
      d: type("string | undefined"),
    };
    const tree = defineTools({
      a: tool({ description: "A", input: inputs.a, effect: "read" }),
      b: tool({ description: "B", input: inputs.b, effect: "read" }),
      c: tool({ description: "C", input: inputs.c, effect: "read" }),
      d: tool({ description: "D", input: inputs.d, effect: "read" }),
    });
    const api = buildClient(tree, invoke);
    await Promise.all([api.a(), api.b(), api.c(), api.d()]);
    expect(calls.map(([, name, input]) => [name, input])).toEqual([
      ["a", undefined],
      ["b", undefined],
      ["c", undefined],
      ["d", undefined],
    ]);
  });

  it("passes an object where the validator answers later or throws", async () => {
    const { calls, invoke } = recorder();
    const later = z.object({}).refine(() => Promise.reject(new Error("later")));
    const throws = z.preprocess(() => {
      throw new Error("needs more");
    }, z.object({}));
    const tree = defineTools({
      later: tool({ description: "Later", input: later, effect: "read" }),
      throws: tool({ description: "Throws", input: throws, effect: "read" }),
    });
    const api = buildClient(tree, invoke);
    await api.later();
    await api.throws();
    expect(calls.map(([, , input]) => input)).toEqual([{}, {}]);
  });

  it("gives every call an object of its own", async () => {
    const { calls, invoke } = recorder();
    const api = buildClient(defineTools({ list }), invoke);
    await api.list();
    await api.list();
    expect(calls[0]?.[2]).not.toBe(calls[1]?.[2]);
  });

  it("is refused for what is no tree", () => {
    // A caller without types.
    expect(() => buildClient({ list } as unknown as ToolTree, recorder().invoke)).toThrow(UsageError);
  });
});
