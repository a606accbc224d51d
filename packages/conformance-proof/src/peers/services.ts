/**
 * The handlers of the tools that a peer under test offers.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { Codes, ToolError, type Code, type Outcome, type ToolHandlers } from "@turnmux/client";
import { FORBIDDEN, FORBIDDEN_NUMBER, type clientTools, type FailureInput, type gatewayTools } from "./contracts.ts";
import type { Counters } from "./counters.ts";
import type { RefusingJournal } from "./refusing-journal.ts";

/** What must not leave the process (ERR-003). */
const PRIVATE = "private detail of the handler";

const OUTCOMES: readonly Outcome[] = ["not_started", "failed", "completed", "unknown"];

/** The handlers that gateway and client have in common. */
export function clientHandlers(counters: Counters, journal: RefusingJournal): ToolHandlers<typeof clientTools> {
  return {
    test: {
      echo: (input) => input,
      count: async ({ counter, by, holdMs }, { signal }) => {
        const value = counters.add(counter, by);
        if (holdMs !== undefined) await pause(holdMs, undefined, { signal });
        return { value };
      },
      countAgain: async ({ counter, holdMs }, { signal }) => {
        if (counters.read(counter).value > 0) {
          throw new ToolError("failed_precondition", "the counter is not at 0", { outcome: "failed" });
        }
        const value = counters.add(counter, 1);
        if (holdMs !== undefined) await pause(holdMs, undefined, { signal });
        return { value };
      },
      countFound: {
        run: async ({ counter, holdMs }, { signal }) => {
          const value = counters.add(counter, 1);
          if (holdMs !== undefined) await pause(holdMs, undefined, { signal });
          return { value };
        },
        reconcile: (_, { input }) => {
          if (input === undefined) throw new Error("nobody has said which counter it was");
          switch (counters.read(`${input.counter}.found`).value) {
            case 1:
              return { outcome: "completed", result: { value: counters.read(input.counter).value } };
            case 2:
              return { outcome: "not_started" };
            default:
              throw new Error("nothing was found out");
          }
        },
      },
      counted: ({ counter }) => counters.read(counter),
      slow: async ({ ms, progress = 0, stubborn = false, wrong = false }, call) => {
        for (let n = 1; n <= progress; n++) call.progress({ n });
        if (wrong) call.progress({ n: FORBIDDEN_NUMBER });
        await pause(ms, undefined, stubborn ? {} : { signal: call.signal });
        return "done" as const;
      },
      stream: async ({ items, size, endless = false, wrong = false }, call) => {
        const pad = "x".repeat(size);
        const most = endless ? Number.POSITIVE_INFINITY : items;
        for (let n = 0; n < most; n++) await call.item({ n, pad });
        if (wrong) await call.item({ n: FORBIDDEN_NUMBER, pad });
        return { items };
      },
      fail: (input, { signal }) => fail(input, signal),
      failOnce: (input, { signal }) => fail(input, signal),
      single: ({ ms }, { signal }) => pause(ms, "done" as const, { signal }),
      short: ({ ms }, { signal }) => pause(ms, "done" as const, { signal }),
      nan: () => Number.NaN,
      journal: ({ refuse }) => {
        journal.refuse = refuse;
        return "refusing";
      },
    },
  };
}

/** The handlers of a gateway's tools, those of single sessions excepted. */
export function gatewayHandlers(counters: Counters, journal: RefusingJournal): ToolHandlers<typeof gatewayTools> {
  return {
    test: {
      ...clientHandlers(counters, journal).test,
      lane: ({ ms }, { signal }) => pause(ms, "done" as const, { signal }),
      secret: () => "secret",
    },
  };
}

async function fail(
  { how, code = 9, outcome = 1, message = "failed as asked" }: FailureInput,
  signal: AbortSignal,
): Promise<string> {
  switch (how) {
    case "error":
      throw new ToolError(codeOf(code), message, { outcome: OUTCOMES[outcome] });
    case "throw":
      throw new Error(PRIVATE);
    case "hang":
      await cancelled(signal);
      throw new Error(PRIVATE);
    default:
      return FORBIDDEN;
  }
}

function cancelled(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function codeOf(value: number): Code {
  for (const [name, { value: wire }] of Object.entries(Codes)) if (wire === value && isCode(name)) return name;
  throw new Error(`no code has the value ${value}`);
}

function isCode(name: string): name is Code {
  return Object.hasOwn(Codes, name);
}
