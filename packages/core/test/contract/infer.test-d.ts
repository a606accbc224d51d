/** What TypeScript infers from a contract, on both sides. Checked by `tsc`, never run. */
import { type } from "arktype";
import * as v from "valibot";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import type { Acceptance, BaseCallOptions, CallOptions, ItemCall } from "../../src/contract/call-options.ts";
import { buildClient, type Invoke } from "../../src/contract/client.ts";
import type { ToolClient, ToolHandlers } from "../../src/contract/infer.ts";
import type { BaseToolCall, ToolCall } from "../../src/contract/tool-call.ts";
import { tool } from "../../src/contract/tool.ts";
import { defineTools, type ToolTree } from "../../src/contract/tree.ts";

declare const invoke: Invoke;
declare function implement<T extends ToolTree>(tools: T, handlers: ToolHandlers<T>): void;

const Job = z.object({ at: z.string().default("noon"), count: z.string().transform(Number) });

const tools = defineTools({
  cron: {
    add: tool({ description: "Create", input: Job, output: z.object({ id: z.string() }), effect: "once" }),
    list: tool({ description: "List", input: z.object({}), output: z.array(Job), effect: "read" }),
    remove: tool({ description: "Remove", input: z.object({ id: z.string() }), effect: "idempotent" }),
  },
  log: {
    tail: tool({ description: "Follow", input: z.object({ lines: z.number() }), item: Job, effect: "read" }),
    copy: tool({
      description: "Copy",
      input: z.string(),
      output: z.number(),
      item: z.string(),
      progress: z.object({ done: z.number().transform(String) }),
      effect: "read",
    }),
  },
  deep: { er: { still: tool({ description: "Deep", input: z.void(), progress: z.number(), effect: "once" }) } },
});

interface JobIn {
  at?: string | undefined;
  count: string;
}
interface JobOut {
  at: string;
  count: number;
}

// --- the caller's side ---

const api = buildClient(tools, invoke);
expectTypeOf(api).toEqualTypeOf<ToolClient<typeof tools>>();

// What goes into the input schema goes in; what comes out of the output schema comes out.
expectTypeOf(api.cron.add).toEqualTypeOf<(input: JobIn, options?: BaseCallOptions) => Promise<{ id: string }>>();
expectTypeOf(await api.cron.list()).toEqualTypeOf<JobOut[]>();
expectTypeOf(api.cron.add).parameter(0).toEqualTypeOf<JobIn>();

// The input may be left out where {} or undefined will do, and only there.
expectTypeOf(api.cron.list).toBeCallableWith();
expectTypeOf(api.cron.list).toBeCallableWith({}, { timeoutMs: 5 });
expectTypeOf(api.cron.list).toBeCallableWith(undefined, { timeoutMs: 5 });
expectTypeOf(api.deep.er.still).toBeCallableWith();
// @ts-expect-error the input is required
void api.cron.add();
// @ts-expect-error the input is required
void api.log.tail();
// @ts-expect-error a number, where the schema wants a string
void api.cron.add({ count: 5 });
// @ts-expect-error no such tool
void api.cron.create({ count: "5" });
// @ts-expect-error no such option
void api.cron.add({ count: "5" }, { timeout: 5 });

// Without an output schema there is no result.
expectTypeOf(api.cron.remove({ id: "1" })).toEqualTypeOf<Promise<void>>();

// A tool with items is iterated.
const tail = api.log.tail({ lines: 5 });
expectTypeOf(tail).toEqualTypeOf<ItemCall<JobOut, void>>();
for await (const line of tail) expectTypeOf(line).toEqualTypeOf<JobOut>();
expectTypeOf(tail.result).toEqualTypeOf<Promise<void>>();
expectTypeOf(api.log.copy("a")).toEqualTypeOf<ItemCall<string, number>>();
expectTypeOf(tail.cancel).toBeCallableWith("enough");

// Progress is offered where the contract has it, and only there.
expectTypeOf(api.log.copy).parameter(1).toEqualTypeOf<CallOptions<{ done: string }> | undefined>();
void api.log.copy("a", { onProgress: ({ done }) => expectTypeOf(done).toEqualTypeOf<string>() });
void api.deep.er.still(undefined, { onProgress: (done) => expectTypeOf(done).toEqualTypeOf<number>() });
// @ts-expect-error this tool has no progress
void api.cron.add({ count: "5" }, { onProgress: () => {} });
void api.cron.add({ count: "5" }, { onAccept: (a) => expectTypeOf(a).toEqualTypeOf<Acceptance>(), priority: "bulk" });
// @ts-expect-error no such priority
void api.cron.add({ count: "5" }, { priority: "urgent" });

// --- the handlers' side ---

type Handlers = ToolHandlers<typeof tools>;

type Add = (input: JobOut, call: ToolCall<never, never, "once">) => { id: string } | Promise<{ id: string }>;
expectTypeOf<Extract<Handlers["cron"]["add"], (...args: never) => unknown>>().toEqualTypeOf<Add>();
expectTypeOf<Exclude<Handlers["cron"]["add"], (...args: never) => unknown>["run"]>().toEqualTypeOf<Add>();
expectTypeOf<Handlers["cron"]["remove"]>().returns.toEqualTypeOf<void | Promise<void>>();
expectTypeOf<Handlers["log"]["tail"]>().returns.toEqualTypeOf<
  void | Promise<void> | AsyncIterable<JobIn, void, undefined>
>();

implement(tools, {
  cron: {
    add: async (job, call) => {
      expectTypeOf(job).toEqualTypeOf<JobOut>();
      // A once call always has a key.
      expectTypeOf(call.key).toEqualTypeOf<string>();
      expectTypeOf(call.signal).toEqualTypeOf<AbortSignal>();
      // @ts-expect-error this tool has no progress
      call.progress(5);
      // @ts-expect-error this tool has no items
      await call.item(5);
      call.waiting("for Ada");
      return { id: call.key };
    },
    list: (_input, call) => {
      expectTypeOf(call.key).toEqualTypeOf<string | undefined>();
      // What goes into the output schema.
      return [{ count: "5" }];
    },
    remove: () => {},
  },
  log: {
    tail: async function* ({ lines }, call) {
      expectTypeOf(lines).toEqualTypeOf<number>();
      expectTypeOf(call.item).toEqualTypeOf<(item: JobIn) => Promise<void>>();
      yield { count: "5" };
    },
    copy: async (name, call) => {
      expectTypeOf(name).toEqualTypeOf<string>();
      call.progress({ done: 5 });
      // @ts-expect-error what goes into the progress schema is a number
      call.progress({ done: "5" });
      await call.item("a");
      // @ts-expect-error items are strings
      await call.item(5);
      return 5;
    },
  },
  deep: {
    er: {
      still: (input, call) => {
        expectTypeOf(input).toEqualTypeOf<void>();
        call.progress(5);
      },
    },
  },
});

// An async generator may return the result; any other async iterable of items will do, too.
declare const strings: AsyncIterable<string>;
const logHandlers: Handlers["log"][] = [
  {
    tail: () => {},
    copy: async function* () {
      yield "a";
      return 5;
    },
  },
  { tail: async () => {}, copy: () => strings },
  {
    // @ts-expect-error items have a count
    tail: async function* () {
      yield { at: "noon" };
    },
    // @ts-expect-error the result is a number
    copy: async function* () {
      yield "a";
      return "b";
    },
  },
];
void logHandlers;

const cronHandlers: Handlers["cron"][] = [
  // @ts-expect-error a handler is missing
  { add: () => ({ id: "1" }), list: () => [] },
  // @ts-expect-error no such tool
  { add: () => ({ id: "1" }), list: () => [], remove: () => {}, create: () => {} },
  {
    // @ts-expect-error the result has an id that is a string
    add: () => ({ id: 1 }),
    list: () => [],
    // @ts-expect-error the tool has no output
    remove: () => 5,
  },
];
void cronHandlers;

// A once tool may come with what finds out about calls that were cut off; others may not.
const reconciling: Pick<Handlers["cron"], "add">[] = [
  {
    add: {
      run: (job, call) => {
        expectTypeOf(job).toEqualTypeOf<JobOut>();
        return { id: call.key };
      },
      reconcile: async (key, call) => {
        expectTypeOf(key).toEqualTypeOf<string>();
        expectTypeOf(call.input).toEqualTypeOf<JobOut | undefined>();
        if (call.signal.aborted) return { outcome: "unknown" };
        return call.principal === "ada" ? { outcome: "completed", result: { id: key } } : { outcome: "not_started" };
      },
    },
  },
  { add: { run: () => ({ id: "1" }) } },
  // @ts-expect-error a result is what goes into the output schema
  { add: { run: () => ({ id: "1" }), reconcile: () => ({ outcome: "completed", result: { id: 1 } }) } },
  // @ts-expect-error what took effect has a result
  { add: { run: () => ({ id: "1" }), reconcile: () => ({ outcome: "completed" }) } },
  // @ts-expect-error that it failed is not for it to say
  { add: { run: () => ({ id: "1" }), reconcile: () => ({ outcome: "failed" }) } },
  // @ts-expect-error there is no handler
  { add: { reconcile: () => ({ outcome: "unknown" }) } },
];
void reconciling;
const still: Handlers["deep"]["er"]["still"] = { run: () => {}, reconcile: () => ({ outcome: "completed" }) };
void still;
// @ts-expect-error only once tools have one
const removing: Handlers["cron"]["remove"] = { run: () => {}, reconcile: () => ({ outcome: "unknown" }) };
void removing;

void tool({ description: "Once", input: z.string(), effect: "once", afterCrash: "run" });
// @ts-expect-error other tools simply run again
void tool({ description: "Read", input: z.string(), effect: "read", afterCrash: "run" });

// Handlers may be methods of an object, and take fewer parameters.
class Cron {
  add(): { id: string } {
    return { id: "1" };
  }
  list(): Promise<JobIn[]> {
    return Promise.resolve([]);
  }
  remove(input: { id: string }): void {
    void input;
  }
}
expectTypeOf<Cron>().toExtend<Handlers["cron"]>();

// --- definitions ---

// @ts-expect-error a tool that must not run twice has no items [CALL-009]
void tool({ description: "Once", input: z.string(), item: z.string(), effect: "once" });
// @ts-expect-error no such effect
void tool({ description: "Once", input: z.string(), effect: "write" });
// @ts-expect-error no schema
void tool({ description: "Once", input: { type: "string" }, effect: "read" });
// @ts-expect-error no such field
void tool({ description: "Once", input: z.string(), effect: "read", timeout: 5 });
// @ts-expect-error no tool
void defineTools({ cron: { add: { description: "Create" } } });
// @ts-expect-error a plain object is no tree
void buildClient({ add: tools.cron.add }, invoke);
// @ts-expect-error a part of a tree is no tree: its tools would lose their names
void buildClient(tools.cron, invoke);

// Other validators, and any of them with JSON Schemas beside.
const others = buildClient(
  defineTools({
    ark: tool({
      description: "A",
      input: type({ at: "string", "n?": "number" }),
      output: type("string"),
      effect: "read",
    }),
    valibot: tool({
      description: "V",
      input: v.object({ n: v.optional(v.number(), 5) }),
      inputJsonSchema: { type: "object" },
      output: v.pipe(v.string(), v.transform(Number)),
      effect: "read",
    }),
  }),
  invoke,
);
expectTypeOf(others.ark).toEqualTypeOf<
  (input: { at: string; n?: number }, options?: BaseCallOptions) => Promise<string>
>();
expectTypeOf(others.valibot).toEqualTypeOf<
  (input?: { n?: number | undefined }, options?: BaseCallOptions) => Promise<number>
>();

// Trees nested in trees, and joined ones, leave no trace of the brand.
const nested = defineTools({ first: tools, second: { ...tools.cron } });
expectTypeOf(buildClient(nested, invoke).first.cron.add).toEqualTypeOf(api.cron.add);
expectTypeOf<ToolHandlers<typeof nested>["first"]>().toEqualTypeOf<Handlers>();
expectTypeOf<keyof ToolHandlers<typeof nested>["first"]>().toEqualTypeOf<"cron" | "log" | "deep">();
const joined = defineTools({ ...tools, ...defineTools({ ping: tools.cron.list }) });
expectTypeOf<keyof ToolHandlers<typeof joined>>().toEqualTypeOf<"cron" | "log" | "deep" | "ping">();
expectTypeOf(buildClient(joined, invoke).ping).toEqualTypeOf(api.cron.list);

// Every tree is a tree, and every handler's call is a plain one.
expectTypeOf(tools).toExtend<ToolTree>();
expectTypeOf<ToolCall<unknown, unknown>>().toExtend<BaseToolCall>();
expectTypeOf<ToolCall>().toEqualTypeOf<BaseToolCall>();
