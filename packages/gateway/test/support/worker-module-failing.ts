/** Handlers of worker tools that fail. */
import { ToolError, type WorkerHandler } from "@turnmux/gateway";
import type { workerTools } from "./worker-tools.ts";

export const fail: WorkerHandler<(typeof workerTools)["fail"]> = (input) => {
  switch (input) {
    case "tool error":
      throw new ToolError("failed_precondition", "The account is closed.", {
        outcome: "failed",
        retryAfterMs: 20,
        details: { account: "a-1" },
      });
    case "error":
      throw new Error("at line 7 of secrets.ts", { cause: new TypeError("below it") });
    case "uncloneable":
      throw Object.assign(new Error("with a function"), { fn: () => {} });
    case "no error": {
      // oxlint-disable-next-line typescript/only-throw-error -- whatever plain JavaScript throws
      throw (): string => "a function";
    }
    case "uncloneable result":
      return (() => "a function") as unknown as string;
    default:
      return input;
  }
};
