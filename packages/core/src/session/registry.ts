/**
 * The tools that a side offers: contracts with their handlers, and what configuration makes of them.
 *
 * @module
 */
import { describeTool } from "../contract/builtin.ts";
import { describeToolName, describeTools, type DescribeRequest } from "../contract/describe.ts";
import type { ToolHandlers } from "../contract/infer.ts";
import type { ReconcileCall } from "../contract/tool-call.ts";
import { revisionOf } from "../contract/json-schema.ts";
import { modelName } from "../contract/names.ts";
import { isToolContract, type ToolContract } from "../contract/tool.ts";
import { flattenTools, type ToolNodes, type ToolTree } from "../contract/tree.ts";
import { EMPTY_MAP, EMPTY_SET } from "../empty.ts";
import { effectToWire } from "../errors/effect.ts";
import { UsageError } from "../errors/usage.ts";
import type { OfferEntry } from "../wire/frame.ts";
import { CallBook } from "./call-book.ts";
import type { Elsewhere } from "./elsewhere.ts";
import type { HandlerCall } from "./handler-call.ts";

/** What configuration may say about a tool, over what its contract says. */
export interface ToolOverrides {
  /** The deadline of a call whose caller gives none, in milliseconds. */
  readonly timeoutMs?: number;
  /** The longest deadline that a caller may ask for, in milliseconds. */
  readonly maxTimeoutMs?: number;
  /** How many calls one session may have running at once. */
  readonly maxConcurrent?: number;
}

/** A handler as the registry keeps it: the contract's types are gone, and its schemas check what passes. */
export type AnyHandler = (input: unknown, call: HandlerCall) => unknown;

/** What finds out about calls that were cut off, as the registry keeps it. */
export type AnyReconcile = (key: string, call: ReconcileCall) => unknown;

/** A tool with its handler. */
export interface RegisteredTool {
  readonly name: string;
  readonly contract: ToolContract;
  readonly handler: AnyHandler;
  /** Of a `once` tool that can tell what became of a call (KEY-008). */
  readonly reconcile?: AnyReconcile | undefined;
  /** Present where the handler is in another thread: then {@link handler} is never called, and the contract checks nothing. */
  readonly elsewhere?: Elsewhere | undefined;
  readonly timeoutMs: number | undefined;
  readonly maxTimeoutMs: number | undefined;
  readonly maxConcurrent: number | undefined;
  readonly offer: OfferEntry;
}

/**
 * Gives what runs in place of a handler that only describes what is to run, as one in another thread does; undefined where a handler
 * runs as it is. May throw {@link UsageError}.
 */
export type StandIn = (name: string, contract: ToolContract, handler: unknown) => AnyHandler | undefined;

/** What a {@link ToolRegistry} is made from. */
export interface RegistryOptions {
  /** By tool name. A name that no tool has is an error once that tool's tree is implemented or never: it is not checked. */
  readonly overrides?: Readonly<Record<string, ToolOverrides>> | undefined;
  /** True where calls of `once` tools can be recorded (KEY-006). */
  readonly hasJournal: boolean;
  /** True where sessions have lanes: at a gateway. */
  readonly hasLanes?: boolean | undefined;
  /** A registry whose tools are there, too. */
  readonly parent?: ToolRegistry | undefined;
  /** Default: that of the parent. */
  readonly standIn?: StandIn | undefined;
}

/** Hears of a {@link ToolRegistry}. */
export interface ToolsListener {
  toolsChanged(): void;
}

/** Tools by name. */
export class ToolRegistry {
  /** Calls of these tools that are in flight; those of the parent's tools are in the same book. */
  readonly calls: CallBook;
  readonly #options: RegistryOptions;
  readonly #standIn: StandIn | undefined;
  #tools: Map<string, RegisteredTool> = EMPTY_MAP;
  #listeners: Set<ToolsListener> = EMPTY_SET;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.calls = options.parent?.calls ?? new CallBook();
    const { parent } = options;
    this.#standIn = options.standIn ?? (parent === undefined ? undefined : parent.#standIn);
  }

  /**
   * Adds the tools of a tree, and gives back what takes them away again.
   *
   * @throws {UsageError} when a handler is missing or no function, a handler has no tool, a name is taken, or a `once` tool
   *   has no journal to be recorded in (KEY-006)
   */
  implement<T extends ToolTree>(tree: T, handlers: ToolHandlers<T>): () => void {
    const contracts = flattenTools(tree);
    const found = new Map<string, Implementation>();
    collectHandlers(tree, handlers, "", found);
    const added: RegisteredTool[] = [];
    for (const [name, contract] of contracts) {
      const implementation = found.get(name);
      if (implementation === undefined)
        throw new UsageError(`implement(): ${name} has no handler. Every tool of the tree needs one.`);
      this.#checkFree(name);
      if (contract.effect === "once" && !this.#options.hasJournal) {
        throw new UsageError(
          `implement(): ${name} has effect "once" and needs a journal, so that it runs at most once for a key [KEY-006]. ` +
            "Pass `journal`: for one that forgets when the process ends, memoryJournal().",
        );
      }
      if (contract.lane !== undefined && this.#options.hasLanes !== true) {
        throw new UsageError(
          `implement(): ${name} takes the lane of its session, and sessions have lanes at a gateway alone [LANE-007].`,
        );
      }
      const handler = this.#standIn?.(name, contract, implementation.given) ?? implementation.handler;
      added.push(this.#registered(name, contract, { ...implementation, handler }));
    }
    return this.add(added);
  }

  /** Adds tools that another registry has checked, and gives back what takes them away again. */
  add(added: readonly RegisteredTool[]): () => void {
    if (this.#tools === EMPTY_MAP) this.#tools = new Map();
    for (const tool of added) this.#tools.set(tool.name, tool);
    this.#changed();
    return () => {
      for (const tool of added) if (this.#tools.get(tool.name) === tool) this.#tools.delete(tool.name);
      this.#changed();
    };
  }

  /** The tool of this name, of this registry or its parent. */
  get(name: string): RegisteredTool | undefined {
    return this.#tools.get(name) ?? this.#options.parent?.get(name);
  }

  /**
   * Every tool, those of the parent first. One that the parent got later and whose name is taken here stays out: equal
   * names must not be offered together (TOOL-001).
   */
  *all(): Generator<RegisteredTool> {
    const { parent } = this.#options;
    if (parent !== undefined) {
      const taken = new Set([...this.#tools.keys()].map(modelName));
      for (const tool of parent.all()) if (!taken.has(modelName(tool.name))) yield tool;
    }
    yield* this.#tools.values();
  }

  /** Tells `listener` whenever the tools change, until {@link unlisten}. */
  listen(listener: ToolsListener): void {
    this.#options.parent?.listen(listener);
    if (this.#listeners === EMPTY_SET) this.#listeners = new Set();
    this.#listeners.add(listener);
  }

  unlisten(listener: ToolsListener): void {
    this.#listeners.delete(listener);
    this.#options.parent?.unlisten(listener);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener.toolsChanged();
  }

  #checkFree(name: string): void {
    if (this.get(name) !== undefined) throw new UsageError(`implement(): ${name} is implemented already.`);
    for (const { name: other } of this.all()) {
      if (modelName(other) === modelName(name)) {
        throw new UsageError(
          `implement(): ${name} and ${other} are the same name for a model, which takes no dots. Rename one [TOOL-001].`,
        );
      }
    }
  }

  #registered(name: string, contract: ToolContract, { handler, reconcile }: Implementation): RegisteredTool {
    const overrides = this.#options.overrides?.[name] ?? {};
    const timeoutMs = overrides.timeoutMs ?? contract.timeoutMs;
    const offer: OfferEntry = {
      name,
      effect: effectToWire(contract.effect),
      deadlineMs: timeoutMs,
      description: contract.description,
      streams: contract.item !== undefined,
      revision: revisionOf(name, contract),
    };
    return {
      name,
      contract,
      handler,
      reconcile,
      timeoutMs,
      maxTimeoutMs: overrides.maxTimeoutMs ?? contract.maxTimeoutMs,
      maxConcurrent: overrides.maxConcurrent ?? contract.maxConcurrent,
      offer,
    };
  }
}

/**
 * The built-in tool `turnmux.describe`, for the tools that `allowed` gives (TOOL-004). `onProblem` hears why a schema had to
 * be left out, and what to do about it.
 */
export function describeBuiltin(
  allowed: () => readonly RegisteredTool[],
  onProblem: (problem: string) => void,
): RegisteredTool {
  const handler = (input: unknown): unknown => {
    // The contract has parsed it.
    const wanted = (input as DescribeRequest).tools;
    const described = allowed().filter((tool) => wanted === undefined || wanted.includes(tool.name));
    return describeTools(new Map(described.map((tool) => [tool.name, tool.contract])), onProblem);
  };
  return {
    name: describeToolName,
    contract: describeTool,
    handler,
    timeoutMs: undefined,
    maxTimeoutMs: undefined,
    maxConcurrent: undefined,
    offer: { name: describeToolName, effect: effectToWire("read") },
  };
}

interface Implementation {
  readonly handler: AnyHandler;
  /** The same as it was given. */
  readonly given: unknown;
  readonly reconcile?: AnyReconcile | undefined;
}

function collectHandlers(nodes: ToolNodes, handlers: unknown, path: string, found: Map<string, Implementation>): void {
  const given = isRecord(handlers) ? handlers : {};
  for (const key of Object.keys(given)) {
    if (nodes[key] === undefined) throw new UsageError(`implement(): there is no tool ${path}${key} for this handler.`);
  }
  for (const [key, node] of Object.entries(nodes)) {
    const handler = given[key];
    if (isToolNodes(node)) collectHandlers(node, handler, `${path}${key}.`, found);
    else if (isFunction(handler)) found.set(`${path}${key}`, { handler: handler.bind(given), given: handler });
    else if (isContract(node) && isRecord(handler))
      found.set(`${path}${key}`, onceHandler(`${path}${key}`, node, handler));
    else if (handler !== undefined) throw new UsageError(`implement(): the handler of ${path}${key} is no function.`);
  }
}

/** `{ run, reconcile }`. */
function onceHandler(name: string, contract: ToolContract, given: Readonly<Record<string, unknown>>): Implementation {
  if (contract.effect !== "once") {
    throw new UsageError(
      `implement(): the handler of ${name} must be a function; { run, reconcile } is for tools with effect "once".`,
    );
  }
  const { run, reconcile } = given;
  if (!isFunction(run)) {
    throw new UsageError(`implement(): the handler of ${name} is no function, and has no run() that is one.`);
  }
  const implementation = { handler: run.bind(given), given: run };
  if (reconcile === undefined) return implementation;
  if (!isFunction(reconcile)) throw new UsageError(`implement(): the reconcile of ${name} is no function.`);
  return { ...implementation, reconcile: reconcile.bind(given) };
}

function isToolNodes(node: ToolNodes[string]): node is ToolNodes {
  return !isToolContract(node);
}

function isContract(node: ToolNodes[string]): node is ToolContract {
  return isToolContract(node);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === "function";
}
