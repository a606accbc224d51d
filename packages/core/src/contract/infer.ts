/**
 * What a contract's two sides look like in TypeScript.
 *
 * The mapped types are homomorphic (`[K in keyof N]`), so that go-to-definition and rename lead from `api.cron.add` and from
 * a handler to the contract's own property.
 *
 * @module
 */

import type { BaseCallOptions, CallOptions, ItemCall } from "./call-options.ts";
import type { Schema, SchemaInput, SchemaOutput } from "./schema.ts";
import type { ReconcileCall, Reconciled, ToolCall } from "./tool-call.ts";
import type { ToolContract } from "./tool.ts";
import type { ChildNodes, NodesOf, ToolTree } from "./tree.ts";

/** What the caller gets: what comes out of the output schema, or nothing where the contract has none. */
export type ResultOf<Out extends Schema | undefined> = Out extends Schema ? SchemaOutput<Out> : void;

/** What a handler returns: what goes into the output schema, or nothing where the contract has none. */
export type ReturnOf<Out extends Schema | undefined> = Out extends Schema ? SchemaInput<Out> : void;

/** The options of a call: with `onProgress` where the contract has `progress`. */
export type OptionsOf<Progress extends Schema | undefined> = Progress extends Schema
  ? CallOptions<SchemaOutput<Progress>>
  : BaseCallOptions;

/** What a call returns: a promise, or an {@link ItemCall} where the contract has `item`. */
export type ReplyOf<Out extends Schema | undefined, Item extends Schema | undefined> = Item extends Schema
  ? ItemCall<SchemaOutput<Item>, ResultOf<Out>>
  : Promise<ResultOf<Out>>;

/** One tool as its caller sees it. The input may be left out where `{}` or undefined will do. */
export type ToolMethod<C extends ToolContract> =
  C extends ToolContract<infer In, infer Out, infer Item, infer Progress>
    ? IsOptional<SchemaInput<In>> extends true
      ? (input?: SchemaInput<In>, options?: OptionsOf<Progress>) => ReplyOf<Out, Item>
      : (input: SchemaInput<In>, options?: OptionsOf<Progress>) => ReplyOf<Out, Item>
    : never;

type IsOptional<Input> = {} extends Input ? true : undefined extends Input ? true : false;

type InputOf<S extends Schema | undefined> = S extends Schema ? SchemaInput<S> : never;

/**
 * One tool as its side implements it: its handler, or for a `once` tool also `{ run, reconcile }`, where `run` is the handler
 * and `reconcile` finds out what became of a call that ran when its side died (KEY-008).
 */
export type ToolImplementation<C extends ToolContract> =
  C extends ToolContract<Schema, Schema | undefined, Schema | undefined, Schema | undefined, infer E>
    ? [E] extends ["once"]
      ? ToolHandler<C> | OnceHandler<C>
      : ToolHandler<C>
    : never;

/** A `once` tool's handler with what finds out about calls that were cut off. */
export interface OnceHandler<C extends ToolContract> {
  readonly run: ToolHandler<C>;
  /**
   * Looks for the effect of the call with this key, changing nothing. What it throws is logged, and told as outcome
   * `unknown`; the next repetition of the call asks again.
   */
  readonly reconcile?: ToolReconcile<C> | undefined;
}

/** See {@link OnceHandler}. */
export type ToolReconcile<C extends ToolContract> =
  C extends ToolContract<infer In, infer Out>
    ? (
        key: string,
        call: ReconcileCall<SchemaOutput<In>>,
      ) => Reconciled<ReturnOf<Out>> | Promise<Reconciled<ReturnOf<Out>>>
    : never;

/**
 * One tool as its handler. A tool with items yields them (an async generator, or any async iterable), or sends them with
 * `await call.item(x)` and returns the result.
 */
export type ToolHandler<C extends ToolContract> =
  C extends ToolContract<infer In, infer Out, infer Item, infer Progress, infer E>
    ? (
        input: SchemaOutput<In>,
        call: ToolCall<InputOf<Progress>, InputOf<Item>, E>,
      ) =>
        | ReturnOf<Out>
        | Promise<ReturnOf<Out>>
        | (Item extends Schema ? AsyncIterable<SchemaInput<Item>, ReturnOf<Out>, undefined> : never)
    : never;

/** The nested methods of a client: what `session.client(tools)` returns. */
export type ToolClient<T extends ToolTree> = ClientNodes<NodesOf<T>>;

/** The nested handlers of a tree: what `implement(tools, handlers)` takes. */
export type ToolHandlers<T extends ToolTree> = HandlerNodes<NodesOf<T>>;

/** A part of a {@link ToolClient}. */
export type ClientNodes<N> = {
  readonly [K in keyof N]: N[K] extends ToolContract ? ToolMethod<N[K]> : ClientNodes<ChildNodes<N[K]>>;
};

/** A part of {@link ToolHandlers}. */
export type HandlerNodes<N> = {
  readonly [K in keyof N]: N[K] extends ToolContract ? ToolImplementation<N[K]> : HandlerNodes<ChildNodes<N[K]>>;
};
