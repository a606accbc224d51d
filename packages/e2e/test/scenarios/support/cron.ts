/** What a gateway's application is in these scenarios: a scheduler that runs one job at a time, under one lock. */
import { defineTools, tool, ToolError, type ToolCall, type ToolHandlers } from "@turnmux/gateway";
import { z } from "zod";

const Job = z.object({ name: z.string(), every: z.string() });

export const tools = defineTools({
  cron: {
    add: tool({
      description: "Create a job",
      input: Job,
      output: z.object({ id: z.string() }),
      effect: "once",
      verify: "cron.list",
    }),
    list: tool({
      description: "List the jobs",
      input: z.object({}),
      output: z.array(Job.extend({ id: z.string() })),
      effect: "read",
    }),
  },
  /** Never ends by itself. */
  forever: tool({ description: "Wait", input: z.object({}), effect: "read" }),
});

/** Who holds the lock, and who waits for it. */
export class Scheduler {
  readonly jobs: { readonly id: string; readonly name: string; readonly every: string }[] = [];
  readonly handlers: ToolHandlers<typeof tools> = {
    cron: {
      add: async (job, call) => {
        await this.#acquire(call);
        const id = `job-${this.jobs.length + 1}`;
        this.jobs.push({ id, ...job });
        this.onAdded();
        this.release();
        return { id };
      },
      // Looking needs no lock.
      list: () => this.jobs,
    },
    forever: (_input, call) =>
      new Promise((_resolve, reject) => {
        call.signal.addEventListener("abort", () => reject(new ToolError("cancelled", "stopped")));
      }),
  };
  /** Called when a job was created, before its caller can hear of it. */
  onAdded: () => void = () => {};
  #holder: string | undefined;
  readonly #queue: { readonly callId: string; readonly go: () => void }[] = [];

  /** Takes the lock for a turn or a job. It is free. */
  hold(who: string): void {
    if (this.#holder !== undefined) throw new Error("somebody holds the lock");
    this.#holder = who;
  }

  /** The next one has the lock. */
  release(): void {
    const next = this.#queue.shift();
    this.#holder = next?.callId;
    next?.go();
  }

  async #acquire(call: ToolCall): Promise<void> {
    if (this.#holder === undefined) {
      this.#holder = call.callId;
      return;
    }
    call.waiting(`behind ${this.#holder}, place ${this.#queue.length}`);
    await new Promise<void>((resolve, reject) => {
      const place = { callId: call.callId, go: resolve };
      this.#queue.push(place);
      call.signal.addEventListener("abort", () => {
        if (!this.#queue.includes(place)) return;
        this.#queue.splice(this.#queue.indexOf(place), 1);
        reject(new ToolError("cancelled", "it was still waiting, and has changed nothing"));
      });
    });
  }
}
