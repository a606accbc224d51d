/** A contract with one tool of each kind, and handlers that tests can hold. */
import { z } from "zod";
import { defineTools, tool, ToolError, type ToolHandlers } from "../../src/index.ts";
import { gate, type Gate } from "./observe.ts";

export const tools = defineTools({
  echo: tool({ description: "Say it again", input: z.string(), output: z.string(), effect: "read" }),
  fail: tool({ description: "Fail", input: z.object({}), effect: "idempotent" }),
  /** Runs until it is let go of, or aborted. */
  hold: tool({ description: "Hold on", input: z.object({}), output: z.string(), effect: "read" }),
  job: {
    /** The same, but runs once. */
    add: tool({
      description: "Add a job",
      input: z.object({ name: z.string() }),
      output: z.object({ id: z.string() }),
      progress: z.object({ step: z.number() }),
      effect: "once",
      verify: "echo",
    }),
  },
  count: tool({
    description: "Count",
    input: z.object({ to: z.number() }),
    output: z.number(),
    item: z.number(),
    effect: "read",
  }),
});

/** Tools of the client's, which the gateway may call. */
export const deviceTools = defineTools({
  screen: {
    title: tool({ description: "Set the title", input: z.string(), output: z.string(), effect: "idempotent" }),
    lock: tool({ description: "Lock", input: z.object({}), output: z.number(), effect: "once" }),
  },
});

/** Handlers, and what came of them. */
export class Workshop {
  /** Opened when a handler of `hold` or `job.add` has begun. */
  started: Gate = gate();
  /** Lets it go on. */
  release: Gate = gate();
  /** What `hold` says when it is aborted: an error, or a result all the same. */
  whenAborted: "throw" | "finish" = "throw";
  readonly added: string[] = [];

  readonly handlers: ToolHandlers<typeof tools> = {
    echo: (text) => text,
    fail: () => {
      throw new ToolError("failed_precondition", "not today");
    },
    hold: async (_input, call) => {
      this.started.open();
      await Promise.race([this.release.passed, aborted(call.signal)]);
      if (call.signal.aborted && this.whenAborted === "throw") throw new ToolError("cancelled", "stopped");
      return call.signal.aborted ? "done all the same" : "done";
    },
    job: {
      add: async ({ name }, call) => {
        this.started.open();
        call.progress({ step: 1 });
        await this.release.passed;
        this.added.push(name);
        return { id: `${name}-${this.added.length}` };
      },
    },
    count: async function* (this: void, { to }, call) {
      for (let n = 1; n <= to && !call.signal.aborted; n += 1) yield n;
      return to;
    },
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
