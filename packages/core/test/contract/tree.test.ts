import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { isReservedName, isToolName, modelName } from "../../src/contract/names.ts";
import { tool } from "../../src/contract/tool.ts";
import { defineTools, flattenTools, isToolTree, type ToolNodes, type ToolTree } from "../../src/contract/tree.ts";
import { UsageError } from "../../src/errors/usage.ts";

const leaf = tool({ description: "Do it", input: z.object({}), effect: "read" });

function names(tree: ToolTree): string[] {
  return [...flattenTools(tree).keys()];
}

/** What `defineTools()` says to nodes. */
function refusal(nodes: unknown): string {
  try {
    defineTools(nodes as ToolNodes);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return error instanceof Error ? error.message : "";
  }
  return "taken";
}

describe("a tree of tools", () => {
  it("gives nested tools dotted names, in the order of the definition", () => {
    const tree = defineTools({ cron: { list: leaf, add: leaf, deep: { er: leaf } }, ping: leaf });
    expect(names(tree)).toEqual(["cron.list", "cron.add", "cron.deep.er", "ping"]);
    expect(flattenTools(tree).get("cron.add")).toBe(leaf);
    expect(tree.cron.add).toBe(leaf);
  });

  it("is frozen at every depth, and does not follow the object it was made of", () => {
    const cron: Record<string, typeof leaf> = { add: leaf };
    const tree = defineTools({ cron });
    cron["remove"] = leaf;
    expect(names(tree)).toEqual(["cron.add"]);
    expect(Object.isFrozen(tree)).toBe(true);
    expect(Object.isFrozen(tree.cron)).toBe(true);
    expect(Object.isFrozen(cron)).toBe(false);
  });

  it("can be nested in another one, and joined with others", () => {
    const cron = defineTools({ add: leaf });
    const log = defineTools({ tail: leaf });
    expect(names(defineTools({ cron, more: { cron } }))).toEqual(["cron.add", "more.cron.add"]);
    expect(names(defineTools({ ...cron, ...log }))).toEqual(["add", "tail"]);
  });

  it("must be defined again where its parts were spread, since they were not checked together", () => {
    expect(isToolTree({ ...defineTools({ add: leaf }) })).toBe(false);
  });

  it("may be empty", () => {
    expect(names(defineTools({}))).toEqual([]);
    expect(names(defineTools({ later: {} }))).toEqual([]);
  });

  it("is recognised when another copy of the package made it, with its tools", async () => {
    vi.resetModules();
    const other = await import("../../src/contract/tree.ts");
    const otherTool = await import("../../src/contract/tool.ts");
    expect(other.defineTools).not.toBe(defineTools);
    const foreign = otherTool.tool({ description: "Do it", input: z.object({}), effect: "read" });
    const tree: unknown = other.defineTools({ a: foreign });
    expect(isToolTree(tree)).toBe(true);
    expect(isToolTree(tree) && names(tree)).toEqual(["a"]);
  });

  it("is asked for where a plain object is given", () => {
    expect(isToolTree({ cron: { add: leaf } })).toBe(false);
    // A caller without types.
    expect(() => flattenTools({ add: leaf } as unknown as ToolTree)).toThrow("Pass what defineTools() returned.");
    const tree = defineTools({ cron: { add: leaf } });
    expect(() => flattenTools(tree.cron as unknown as ToolTree)).toThrow(UsageError);
  });

  it.each([
    ["a space", { "cron add": leaf }, '"cron add" is no name for a tool: use A-Z a-z 0-9 _ - only (TOOL-001)'],
    ["an empty key", { cron: { "": leaf } }, '"cron." is no name for a tool'],
    ["a letter beyond ASCII", { grüße: leaf }, "is no name for a tool"],
    ["a dot", { "cron.add": leaf }, 'write "cron.add" as nested objects'],
    ["a bad key above", { "c!": { add: leaf } }, '"c!" is no name for a tool'],
    ["a line break", { "a\n": leaf }, "is no name for a tool"],
    [
      "then",
      // oxlint-disable-next-line unicorn/no-thenable -- the name that is refused
      { cron: { then: leaf } },
      'cron.then cannot be used, since JavaScript gives "then" a meaning of its own',
    ],
    ["__proto__", { ["__proto__"]: leaf }, "__proto__ cannot be used"],
    ["the protocol's prefix", { turnmux: { describe: leaf } }, 'names under "turnmux." belong to the protocol'],
    [
      "something else",
      { cron: { add: { description: "Create", input: 5 } } },
      "is neither a tool nor an object of tools",
    ],
    ["an array", { cron: [leaf] }, "cron is neither a tool nor an object of tools"],
    ["a function", { cron: () => leaf }, "cron is neither a tool nor an object of tools. Wrap it: tool({ ... })"],
    ["a tool alone", leaf, "defineTools() takes an object of tools"],
    ["nothing", undefined, "defineTools() takes an object of tools"],
  ])("refuses %s [TOOL-001]", (_what, nodes, message) => {
    expect(refusal(nodes)).toContain(message);
  });

  it("takes a tool that is called turnmux, since only the prefix is the protocol's", () => {
    expect(names(defineTools({ turnmux: leaf, turnmuxes: { describe: leaf } }))).toEqual([
      "turnmux",
      "turnmuxes.describe",
    ]);
  });

  it("takes names of 64 characters in all and no more [TOOL-001]", () => {
    expect(refusal({ a: { ["b".repeat(62)]: leaf } })).toBe("taken");
    expect(refusal({ a: { ["b".repeat(63)]: leaf } })).toContain("is longer than 64 characters (TOOL-001)");
    expect(refusal({ ["b".repeat(65)]: leaf })).not.toBe("taken");
  });

  it("refuses an endless tree", () => {
    const endless: Record<string, unknown> = {};
    endless["a"] = endless;
    expect(refusal(endless)).toContain("is longer than 64 characters");
  });

  it.each([
    [{ cron: { add: leaf }, cron_add: leaf }, "cron.add and cron_add are both cron_add for a model"],
    [{ a: { b: { c: leaf } }, a_b: { c: leaf } }, "a.b.c and a_b.c are both a_b_c for a model"],
  ])("refuses names that are equal once dots are underscores [TOOL-001]", (nodes, message) => {
    expect(refusal(nodes)).toContain(message);
  });

  it("tells names apart by case", () => {
    expect(refusal({ add: leaf, Add: leaf })).toBe("taken");
  });
});

describe("a name", () => {
  it("has 1 to 64 of the characters that the wire takes [TOOL-001]", () => {
    for (const good of ["a", "cron.add", "A-Z_0.9", "x".repeat(64), "turnmux.describe"]) {
      expect(isToolName(good)).toBe(true);
    }
    for (const bad of ["", "x".repeat(65), "a b", "a/b", "ä", "a\n"]) expect(isToolName(bad)).toBe(false);
  });

  it("is reserved when it starts with the protocol's prefix", () => {
    expect(isReservedName("turnmux.describe")).toBe(true);
    expect(isReservedName("turnmux")).toBe(false);
    expect(isReservedName("my.turnmux.x")).toBe(false);
  });

  it("has underscores for dots where a model reads it", () => {
    expect(modelName("a.b.c-d_e")).toBe("a_b_c-d_e");
  });
});
