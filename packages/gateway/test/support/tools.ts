/** Tools that tests call, and handlers that do what a test tells them. */

import { z } from "zod";
import { defineTools, tool, type Gateway, type ToolCall } from "@turnmux/gateway";

/** One tool of each kind. */
export const tools = defineTools({
  echo: tool({
    description: "Gives back what it got",
    input: z.object({ text: z.string() }),
    output: z.object({ text: z.string() }),
    effect: "read",
  }),
  hold: tool({ description: "Ends when the test says so", input: z.object({}), output: z.string(), effect: "read" }),
  job: {
    add: tool({
      description: "Adds a job",
      input: z.object({ name: z.string() }),
      output: z.object({ id: z.string() }),
      effect: "once",
      verify: "job.list",
      scopes: ["write"],
    }),
    list: tool({ description: "Lists jobs", input: z.object({}), output: z.array(z.string()), effect: "read" }),
    clear: tool({ description: "Forgets all jobs", input: z.object({}), effect: "idempotent", scopes: ["admin"] }),
  },
  count: tool({
    description: "Counts up",
    input: z.object({ to: z.number() }),
    item: z.number(),
    effect: "read",
  }),
});

/** Tools of a device, that the gateway calls. */
export const deviceTools = defineTools({
  device: {
    ring: tool({
      description: "Rings the bell",
      input: z.object({ times: z.number() }),
      output: z.object({ rung: z.number() }),
      effect: "idempotent",
    }),
  },
});

/** A call of `hold` that has begun. */
export interface Held {
  readonly call: ToolCall;
  readonly finish: (text: string) => void;
  readonly fail: (error: Error) => void;
}

/** Implements {@link tools}. A held call that is aborted ends at once. */
export function handle(gateway: Gateway): Handlers {
  return new Handlers(gateway);
}

/** The handlers of {@link tools} and what they have seen. */
class Handlers {
  readonly jobs: string[] = [];
  readonly #held: Held[] = [];
  readonly #waits: (() => void)[] = [];

  constructor(gateway: Gateway) {
    gateway.implement(tools, {
      echo: ({ text }) => ({ text }),
      hold: (_input, call) =>
        new Promise<string>((resolve, reject) => {
          call.signal.addEventListener("abort", () => reject(new Error("aborted")));
          this.#held.push({ call, finish: resolve, fail: reject });
          for (const wait of this.#waits) wait();
        }),
      job: {
        add: ({ name }, call) => {
          this.jobs.push(name);
          return { id: call.key };
        },
        list: () => this.jobs,
        clear: () => {
          this.jobs.length = 0;
        },
      },
      count: async function* count({ to }) {
        for (let i = 1; i <= to; i++) yield await Promise.resolve(i);
      },
    });
  }

  /** The call of `hold` with this number, from 0, once it has begun. */
  async held(index = 0): Promise<Held> {
    for (;;) {
      const held = this.#held[index];
      if (held !== undefined) return held;
      await new Promise<void>((resolve) => this.#waits.push(resolve));
    }
  }
}
