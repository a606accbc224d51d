import { ToolError, type ToolHandlers } from "@turnmux/core";
import type { kit } from "../kit.ts";
import { aborted, never } from "./using.ts";

/** Handlers of the kit, with what they have seen. */
export interface KitHandlers {
  readonly handlers: ToolHandlers<typeof kit>;
  readonly jobs: string[];
  /** What the handlers went through, in order. */
  readonly seen: string[];
  /** Ends the handler of `work({ how: "held" })`. */
  release: () => void;
}

/** Fresh handlers. */
export function kitHandlers(): KitHandlers {
  const jobs: string[] = [];
  const seen: string[] = [];
  let open: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    jobs,
    seen,
    release: () => open(),
    handlers: {
      echo: (input) => input,
      math: { divide: ({ a, b }) => ({ quotient: a / b }) },
      count: async function* ({ to }, call) {
        try {
          for (let i = 1; i <= to; i++) yield i;
          if (to < 0) await aborted(call.signal);
          return "counted";
        } finally {
          seen.push("left");
        }
      },
      work: async ({ how }, call) => {
        seen.push(`started ${how}`);
        switch (how) {
          case "progress":
            for (const percent of [25, 50, 100]) call.progress({ percent });
            return { done: how };
          case "held":
            await held;
            return { done: how };
          case "until cancelled, then finish":
            await aborted(call.signal);
            return { done: "all the same" };
          case "until cancelled, then stop":
            await aborted(call.signal);
            throw new Error("stopped");
          case "forever":
            return never();
          case "throw":
            throw new Error("secret detail");
          case "tool error":
            throw new ToolError("failed_precondition", "The door is shut.", { details: { door: 3 } });
          case "wait":
            call.waiting("for a person");
            await held;
            return { done: how };
          default:
            return { done: `${how}, ${call.principal}, ${call.turn ?? "no turn"}` };
        }
      },
      jobs: {
        add: async ({ name }, call) => {
          jobs.push(name);
          if (name === "slow") await held;
          if (name === "bad") throw new Error("half way");
          if (name === "no") throw new ToolError("out_of_range", "No such job.");
          seen.push(call.key);
          return { id: jobs.length };
        },
        list: () => jobs,
      },
    },
  };
}
