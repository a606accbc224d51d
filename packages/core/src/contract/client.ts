/**
 * Builds typed clients out of trees.
 *
 * @module
 */

import type { CallOptions } from "./call-options.ts";
import type { ToolClient } from "./infer.ts";
import type { Schema } from "./schema.ts";
import { isToolContract, type ToolContract } from "./tool.ts";
import { flattenTools, isNodes, type ToolNodes, type ToolTree } from "./tree.ts";

/**
 * Makes one call. It gets what the caller passed; an input that was left out is `{}`, or undefined where the contract's
 * validator takes that. It returns a promise of the result, or an `ItemCall` where `contract.item` is there.
 */
export type Invoke = (
  contract: ToolContract,
  name: string,
  input: unknown,
  options: CallOptions | undefined,
) => unknown;

type Method = (input?: unknown, options?: CallOptions) => unknown;

interface Methods {
  [name: string]: Method | Methods;
}

/**
 * The typed client of a tree: plain nested objects, made once, whose methods call `invoke`.
 *
 * @throws {UsageError} when `tools` is no tree
 */
export function buildClient<T extends ToolTree>(tools: T, invoke: Invoke): ToolClient<T> {
  flattenTools(tools);
  // The tree's type says which contract is where, and `invoke` promises to return what that contract says.
  return buildNodes(tools, "", invoke) as unknown as ToolClient<T>;
}

function buildNodes(nodes: ToolNodes, path: string, invoke: Invoke): Methods {
  const methods: Methods = {};
  for (const [key, node] of Object.entries(nodes)) {
    const name = path === "" ? key : `${path}.${key}`;
    if (isToolContract(node)) methods[key] = method(node, name, invoke);
    else if (isNodes(node)) methods[key] = buildNodes(node, name, invoke);
  }
  return methods;
}

function method(contract: ToolContract, name: string, invoke: Invoke): Method {
  let absent: (() => unknown) | undefined;
  return (input, options) => {
    if (input !== undefined) return invoke(contract, name, input, options);
    absent ??= absentInput(contract.input);
    return invoke(contract, name, absent(), options);
  };
}

/** What an input that was left out stands for. A validator that answers later, or throws, is taken to want an object. */
function absentInput(schema: Schema): () => unknown {
  try {
    const result = schema["~standard"].validate(undefined);
    if (result instanceof Promise) result.catch(() => {});
    else if (result.issues === undefined) return () => undefined;
  } catch {
    // A validator that cannot do without an object.
  }
  return () => ({});
}
