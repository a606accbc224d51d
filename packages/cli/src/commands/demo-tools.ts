/**
 * What `turnmux serve` offers where nobody names a module.
 *
 * @module
 */
import { defineTools, tool, type Gateway, type Schema } from "@turnmux/gateway";

interface Described {
  readonly schema: Schema;
  readonly json: Readonly<Record<string, unknown>>;
}

/** An object whose fields have these types. */
function object(fields: Readonly<Record<string, "string" | "number">>): Described {
  const validate = (value: unknown): { value: unknown } | { issues: { message: string; path: string[] }[] } => {
    const given: unknown = value ?? {};
    if (typeof given !== "object" || given === null) return { issues: [{ message: "must be an object", path: [] }] };
    const issues = Object.entries(fields)
      .filter(([name, type]) => typeof Reflect.get(given, name) !== type)
      .map(([name, type]) => ({ message: `must be a ${type}`, path: [name] }));
    return issues.length > 0 ? { issues } : { value: given };
  };
  const properties = Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, { type }]));
  return {
    schema: { "~standard": { version: 1, vendor: "turnmux", validate } },
    json: { type: "object", properties, required: Object.keys(fields) },
  };
}

const anything: Schema = { "~standard": { version: 1, vendor: "turnmux", validate: (value: unknown) => ({ value }) } };

const none = object({});
const text = object({ text: "string" });
const milliseconds = object({ ms: "number" });
const count = object({ count: "number" });

/** The longest that `demo.wait` waits, and the most that `demo.count` counts. */
const MOST = 60_000;

const tools = defineTools({
  demo: {
    clock: tool({
      description: "Tells the time",
      input: none.schema,
      inputJsonSchema: none.json,
      output: anything,
      effect: "read",
    }),
    echo: tool({
      description: "Gives back a text",
      input: text.schema,
      inputJsonSchema: text.json,
      output: anything,
      effect: "read",
    }),
    wait: tool({
      description: "Waits for some milliseconds, and reports how far it is",
      input: milliseconds.schema,
      inputJsonSchema: milliseconds.json,
      output: anything,
      progress: anything,
      effect: "read",
    }),
    count: tool({
      description: "Counts, an item each",
      input: count.schema,
      inputJsonSchema: count.json,
      item: anything,
      effect: "read",
    }),
    add: tool({
      description: "Adds a note, which must not happen twice",
      input: text.schema,
      inputJsonSchema: text.json,
      output: anything,
      effect: "once",
      verify: "demo.notes",
    }),
    notes: tool({
      description: "Lists the notes",
      input: none.schema,
      inputJsonSchema: none.json,
      output: anything,
      effect: "read",
    }),
  },
});

/** Offers a clock, an echo, something that takes its time, something that sends items, and something that must not happen twice. */
export function offerDemo(gateway: Gateway): void {
  const notes: string[] = [];
  gateway.implement(tools, {
    demo: {
      clock: () => new Date().toISOString(),
      echo: (input) => textOf(input),
      wait: async (input, call) => {
        const until = Math.min(MOST, numberOf(input, "ms"));
        const startedAt = performance.now();
        for (;;) {
          const waited = performance.now() - startedAt;
          if (waited >= until) return `waited ${until} ms`;
          call.progress({ waitedMs: Math.round(waited), of: until });
          call.signal.throwIfAborted();
          await pause(Math.min(100, until - waited));
        }
      },
      count: async function* (input) {
        for (let at = 1; at <= Math.min(MOST, numberOf(input, "count")); at += 1) yield at;
      },
      add: (input) => notes.push(textOf(input)),
      notes: () => [...notes],
    },
  });
}

async function pause(milliseconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, milliseconds);
  await promise;
}

function textOf(input: unknown): string {
  return typeof input === "object" && input !== null && "text" in input ? String(input.text) : "";
}

function numberOf(input: unknown, name: string): number {
  return typeof input === "object" && input !== null ? Number(Reflect.get(input, name)) : 0;
}
