/**
 * The tools that the I/O thread knows of: it is told whenever they change.
 *
 * @module
 */

import type { RegisteredTool, ToolRegistry } from "@turnmux/core";
import type { ToolNumber, ToolsMessage } from "../messages.ts";
import { toolData } from "../tool-data.ts";

/** The tools of one registry, as they were told. */
interface Told {
  readonly sessionId: string | undefined;
  readonly tools: Map<RegisteredTool, ToolNumber>;
}

/** See the module's comment. */
export class ToldTools {
  readonly #send: (message: ToolsMessage) => void;
  readonly #direct: boolean;
  /** Also those that were taken away, until the other thread asks for them no more. */
  readonly #byNumber = new Map<ToolNumber, RegisteredTool>();
  readonly #takenAway = new Set<ToolNumber>();
  readonly #told = new Set<Told>();
  #last: ToolNumber = 0;

  /** `direct`: nothing in this thread stands around calls, so that a worker tool may do without it. */
  constructor(send: (message: ToolsMessage) => void, direct: boolean) {
    this.#send = send;
    this.#direct = direct;
  }

  /** The tool of this number. */
  get(number: ToolNumber): RegisteredTool | undefined {
    return this.#byNumber.get(number);
  }

  /** Whether its handler may still be called. */
  isThere(number: ToolNumber): boolean {
    return this.#byNumber.has(number) && !this.#takenAway.has(number);
  }

  /** Tells of a registry's tools, now and whenever they change, until the function is called that it gives. Not of the parent's. */
  tell(registry: ToolRegistry, sessionId?: string, parent?: ToolRegistry): () => void {
    const told: Told = { sessionId, tools: new Map() };
    this.#told.add(told);
    const listener = {
      toolsChanged: () => {
        const present = [...registry.all()].filter((tool) => parent?.get(tool.name) !== tool);
        this.#update(told, new Set(present));
      },
    };
    registry.listen(listener);
    listener.toolsChanged();
    return () => {
      registry.unlisten(listener);
      this.#told.delete(told);
      this.#update(told, new Set());
    };
  }

  /** All that is told, for a thread that knows nothing, and so will never ask for what was taken away before it. */
  all(): ToolsMessage[] {
    this.forget([...this.#takenAway]);
    return [...this.#told].map(({ sessionId, tools }) => ({
      kind: "tools",
      sessionId,
      added: [...tools].map(([tool, number]) => toolData(number, tool, this.#direct)),
      removed: [],
    }));
  }

  /** The other thread asks for these no more. */
  forget(numbers: readonly ToolNumber[]): void {
    for (const number of numbers) {
      this.#byNumber.delete(number);
      this.#takenAway.delete(number);
    }
  }

  #update({ sessionId, tools }: Told, present: ReadonlySet<RegisteredTool>): void {
    const removed: ToolNumber[] = [];
    for (const [tool, number] of tools) {
      if (present.has(tool)) continue;
      tools.delete(tool);
      this.#takenAway.add(number);
      removed.push(number);
    }
    const added = [];
    for (const tool of present) {
      if (tools.has(tool)) continue;
      this.#last += 1;
      tools.set(tool, this.#last);
      this.#byNumber.set(this.#last, tool);
      added.push(toolData(this.#last, tool, this.#direct));
    }
    if (added.length + removed.length > 0) this.#send({ kind: "tools", sessionId, added, removed });
  }
}
