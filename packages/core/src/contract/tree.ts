/**
 * Trees of tools: nested in TypeScript, dotted on the wire.
 *
 * @module
 */

import { UsageError } from "../errors/usage.ts";
import { isNameSegment, isReservedName, isToolName, modelName } from "./names.ts";
import { isToolContract, type ToolContract, type ToolMark } from "./tool.ts";

const brand: unique symbol = Symbol.for("turnmux.tools");

/** What {@link defineTools} takes: contracts, and objects of them, nested at will. Other trees can be nested, too. */
export interface ToolNodes {
  readonly [name: string]: ToolMark | ToolNodes;
}

/** The type of the tree without the brand, where a tree was spread into another one. */
export type PlainNodes<N> = typeof brand extends keyof N ? Omit<N, typeof brand> : N;

/** What {@link defineTools} returns: the same nested contracts, checked, frozen and branded. */
export type ToolTree<N = ToolNodes> = N & { readonly [brand]: N };

/** The nested contracts of a tree. */
export type NodesOf<T extends ToolTree> = T[typeof brand];

/** The nodes behind one property of a tree: those of a nested tree, or the property's own. */
export type ChildNodes<N> = N extends { readonly [brand]: infer Inner } ? Inner : N;

/**
 * Gives tools their names: `{ cron: { add: tool(...) } }` is `cron.add` on the wire.
 *
 * Trees can be nested (`defineTools({ plugin: otherTools })`) and joined (`defineTools({ ...a, ...b })`).
 *
 * @throws {UsageError} when a name breaks TOOL-001: a key that is no `A-Z a-z 0-9 _ -`, more than 64 characters in all, two
 *   names that are equal once each `.` is `_`, or the prefix `turnmux.`
 */
export function defineTools<N extends ToolNodes>(nodes: N): ToolTree<PlainNodes<N>> {
  if (!isNodes(nodes)) {
    throw new UsageError("defineTools() takes an object of tools, for example { cron: { add: tool({ ... }) } }.");
  }
  const aliases = new Map<string, string>();
  const tree = copyNodes(nodes, "", aliases);
  Object.defineProperty(tree, brand, { value: true });
  // The copy has the same properties as `nodes`, and the brand's type is only for the compiler.
  return Object.freeze(tree) as unknown as ToolTree<PlainNodes<N>>;
}

function copyNodes(nodes: ToolNodes, path: string, aliases: Map<string, string>): ToolNodes {
  const copy: Record<string, ToolMark | ToolNodes> = {};
  for (const [key, node] of Object.entries(nodes)) {
    const name = path === "" ? key : `${path}.${key}`;
    checkName(key, name);
    if (isToolContract(node)) {
      checkAlias(name, aliases);
      copy[key] = node;
    } else if (isNodes(node)) {
      copy[key] = Object.freeze(copyNodes(node, name, aliases));
    } else {
      throw new UsageError(`defineTools(): ${name} is neither a tool nor an object of tools. Wrap it: tool({ ... }).`);
    }
  }
  return copy;
}

function checkName(key: string, name: string): void {
  if (!isNameSegment(key)) {
    throw new UsageError(
      key.includes(".")
        ? `defineTools(): write ${JSON.stringify(name)} as nested objects, one for each part of the name.`
        : `defineTools(): ${JSON.stringify(name)} is no name for a tool: use A-Z a-z 0-9 _ - only (TOOL-001).`,
    );
  }
  if (key === "__proto__" || key === "then") {
    throw new UsageError(
      `defineTools(): ${name} cannot be used, since JavaScript gives "${key}" a meaning of its own.`,
    );
  }
  if (!isToolName(name)) {
    throw new UsageError(`defineTools(): ${name.slice(0, 64)}... is longer than 64 characters (TOOL-001).`);
  }
  if (isReservedName(name)) {
    throw new UsageError(`defineTools(): names under "turnmux." belong to the protocol (TOOL-001).`);
  }
}

function checkAlias(name: string, aliases: Map<string, string>): void {
  const alias = modelName(name);
  const other = aliases.get(alias);
  if (other !== undefined) {
    throw new UsageError(
      `defineTools(): ${other} and ${name} are both ${alias} for a model, which takes no dots. Rename one (TOOL-001).`,
    );
  }
  aliases.set(alias, name);
}

/** Whether a value is an object of tools, and no tool itself. */
export function isNodes(value: unknown): value is ToolNodes {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isToolContract(value);
}

/** Whether a value was made by {@link defineTools}, by whichever copy of this package. */
export function isToolTree(value: unknown): value is ToolTree {
  return typeof value === "object" && value !== null && Object.hasOwn(value, brand);
}

/**
 * Every tool of a tree by its name on the wire, in the order of the definition.
 *
 * @throws {UsageError} when the value is no tree
 */
export function flattenTools(tree: ToolTree): ReadonlyMap<string, ToolContract> {
  if (!isToolTree(tree)) throw new UsageError("This is no tree of tools. Pass what defineTools() returned.");
  const found = new Map<string, ToolContract>();
  collect(tree, "", found);
  return found;
}

function collect(nodes: ToolNodes, path: string, found: Map<string, ToolContract>): void {
  for (const [key, node] of Object.entries(nodes)) {
    const name = path === "" ? key : `${path}.${key}`;
    if (isToolContract(node)) found.set(name, node);
    else if (isNodes(node)) collect(node, name, found);
  }
}
