/** An exchange between two sessions with calls of every kind in both directions, and what either application sees of it. */
import { z } from "zod";
import { defineTools, tool, ToolError, TurnmuxError, type Session, type ToolHandlers } from "../../../src/index.ts";

const anything = { input: z.unknown(), output: z.unknown() };

/** What each side implements for the other. */
export const tools = defineTools({
  echo: tool({ description: "Gives it back", ...anything, effect: "read" }),
  put: tool({ description: "Puts", ...anything, effect: "idempotent" }),
  add: tool({ description: "Adds", ...anything, effect: "once" }),
  steps: tool({ description: "Takes steps", ...anything, progress: z.number(), effect: "read" }),
  count: tool({
    description: "Counts",
    input: z.object({ to: z.number(), length: z.number() }),
    item: z.string(),
    output: z.string(),
    effect: "read",
  }),
  hold: tool({ description: "Holds on", ...anything, effect: "read" }),
  fail: tool({ description: "Fails", ...anything, effect: "idempotent" }),
});

/** Everything that an application was told, in order, by call. */
export type View = Record<string, unknown[]>;

/** One side's application: what it has seen, and its handlers. */
export class Application {
  readonly view: View = {};
  readonly handlers: ToolHandlers<typeof tools>;
  /** Let steps go on, once the caller has seen the one before. */
  readonly #seen = new Map<number, () => void>();
  readonly #added: unknown[] = [];

  constructor() {
    this.handlers = {
      echo: (input) => this.#ran("echo", input),
      put: (input) => this.#ran("put", input),
      add: (input) => {
        this.#added.push(input);
        return this.#ran("add", this.#added.length);
      },
      steps: async (to, call) => {
        this.#ran("steps", to);
        for (let step = 1; step <= Number(to); step++) {
          const seen = new Promise<void>((resolve) => this.#seen.set(step, resolve));
          call.progress(step);
          await seen;
        }
        return "there";
      },
      count: async (input, call) => {
        this.#ran("count", input);
        for (let n = 1; n <= input.to; n++) await call.item(`${n}${"-".repeat(input.length)}`);
        return "counted";
      },
      hold: async (input, { signal }) => {
        this.#ran("hold", input);
        await new Promise((resolve) => {
          signal.addEventListener("abort", resolve, { once: true });
        });
        this.#note("hold was aborted", input);
        if (input === "finishes") return "finished all the same";
        throw new ToolError("cancelled", "stopped");
      },
      fail: (input) => {
        this.#ran("fail", input);
        throw new ToolError("out_of_range", "too far", { details: { at: Number(input) } });
      },
    };
  }

  /** Calls of every kind to `peer`'s side. */
  async exercise(session: Session, peer: Application): Promise<void> {
    const api = session.client(tools);
    const forEver = { timeoutMs: Number.POSITIVE_INFINITY };
    this.#note("echo", await api.echo({ hello: [1, "two", null] }, forEver));
    await Promise.all([
      ...[1, 2, 3].map(async (n) => this.#note(`put ${n}`, await api.put(n, forEver))),
      this.#watched("fail", () => api.fail(7, forEver)),
      this.#watched("add", async () => api.add("a", { ...forEver, key: "k" })),
    ]);
    // A second time under its key: replayed.
    await this.#watched("add again", async () => api.add("a", { ...forEver, key: "k" }));
    const onProgress = (step: number): void => {
      this.#note("steps", `step ${step}`);
      peer.#seen.get(step)?.();
    };
    const onAccept = (): void => this.#note("steps", "accepted");
    this.#note("steps", await api.steps(3, { ...forEver, onProgress, onAccept }));
    await Promise.all([this.#counted(api), this.#large(api)]);
    for (const input of ["stops", "finishes"]) {
      const leaving = new AbortController();
      await this.#watched(`hold ${input}`, () =>
        api.hold(input, { ...forEver, signal: leaving.signal, onAccept: () => leaving.abort() }),
      );
    }
    const leaving = new AbortController();
    const left = api.count({ to: 1_000, length: 100 }, { ...forEver, signal: leaving.signal });
    for await (const item of left) {
      this.#note("count, left", item.length);
      if (item.startsWith("3-")) break;
    }
    this.#note("echo, at last", await api.echo("over", forEver));
  }

  async #counted(api: ReturnType<typeof clientOf>): Promise<void> {
    const items = api.count({ to: 8, length: 300 }, { timeoutMs: Number.POSITIVE_INFINITY });
    for await (const item of items) this.#note("count", item.length);
    this.#note("count", await items.result);
  }

  async #large(api: ReturnType<typeof clientOf>): Promise<void> {
    const octets = Uint8Array.from({ length: 5_000 }, (_, at) => at % 251);
    const back = await api.echo(octets, { timeoutMs: Number.POSITIVE_INFINITY });
    const same = back instanceof Uint8Array && back.every((octet, at) => octet === at % 251);
    this.#note("large", same ? "came back as it was" : "came back changed");
  }

  async #watched(name: string, call: () => Promise<unknown>): Promise<void> {
    try {
      this.#note(name, await call());
    } catch (error) {
      if (!TurnmuxError.is(error)) throw error;
      const { code, outcome, message, details } = error;
      this.#note(name, { code, outcome, message, details });
    }
  }

  #ran(name: string, input: unknown): unknown {
    this.#note(`${name} ran`, input instanceof Uint8Array ? input.length : input);
    return input;
  }

  #note(about: string, what: unknown): void {
    (this.view[about] ??= []).push(what);
  }
}

/** For its type. */
function clientOf(session: Session): ReturnType<typeof session.client<typeof tools>> {
  return session.client(tools);
}
