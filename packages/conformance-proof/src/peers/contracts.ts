/**
 * The tools that a peer under test offers, as `docs/spec.md` section 15 lists them.
 *
 * @module
 */

import { defineTools, tool } from "@turnmux/client";
import { z } from "zod";

const Ms = z.int().min(0).max(600_000);

/** Any value, or none. */
const Anything = z.unknown();

const Failure = z.object({
  how: z.enum(["error", "throw", "result", "hang"]),
  code: z.int().min(1).max(16).optional(),
  outcome: z.int().min(0).max(3).optional(),
  message: z.string().optional(),
});

/** What `test.fail` is asked for. */
export type FailureInput = z.infer<typeof Failure>;

/** What the contract of the failing tools forbids. */
export const FORBIDDEN = "forbidden";

/** The `n` that items and progress reports must not have. */
export const FORBIDDEN_NUMBER = -1;

const NotForbidden = z.string().refine((result) => result !== FORBIDDEN);

const Done = z.literal("done");

const Item = z.object({ n: z.int().min(0), pad: z.string() });

const Value = z.object({ value: z.int() });

const Held = z.object({ counter: z.string(), holdMs: Ms.optional() });

/** All need the scope `test` at a gateway; a client lets its gateway call whatever it has. */
const scopes = ["test"];

const common = {
  echo: tool({ description: "Returns its input.", input: Anything, output: Anything, effect: "read", scopes }),
  count: tool({
    description: "Adds to a counter, once for each key.",
    input: z.object({
      counter: z.string(),
      by: z.int().min(0).default(1),
      holdMs: Ms.optional(),
      mark: Anything.optional(),
    }),
    output: Value,
    effect: "once",
    verify: "test.counted",
    scopes,
  }),
  countAgain: tool({
    description: "Adds to a counter that is at 0, and may run again after a crash.",
    input: Held,
    output: Value,
    effect: "once",
    afterCrash: "run",
    scopes,
  }),
  countFound: tool({
    description: "Adds to a counter, and finds out after a crash what it is told to find.",
    input: Held,
    output: Value,
    effect: "once",
    scopes,
  }),
  counted: tool({
    description: "Reads a counter, and how often it was added to.",
    input: z.object({ counter: z.string() }),
    output: z.object({ value: z.int(), runs: z.int() }),
    effect: "read",
    scopes,
  }),
  slow: tool({
    description: "Takes its time.",
    input: z.object({
      ms: Ms,
      progress: z.int().min(0).optional(),
      stubborn: z.boolean().optional(),
      wrong: z.boolean().optional(),
    }),
    output: Done,
    progress: z.object({ n: z.int().min(1) }),
    effect: "read",
    scopes,
  }),
  stream: tool({
    description: "Sends items.",
    input: z.object({
      items: z.int().min(0),
      size: z.int().min(0).max(67_108_864).default(0),
      endless: z.boolean().optional(),
      wrong: z.boolean().optional(),
    }),
    item: Item,
    output: z.object({ items: z.int() }),
    effect: "read",
    scopes,
  }),
  fail: tool({ description: "Fails as it is asked to.", input: Failure, output: NotForbidden, effect: "read", scopes }),
  failOnce: tool({
    description: "Fails as it is asked to, once for each key.",
    input: Failure,
    output: NotForbidden,
    effect: "once",
    scopes,
  }),
  single: tool({
    description: "Runs alone in its session.",
    input: z.object({ ms: Ms }),
    output: Done,
    effect: "read",
    maxConcurrent: 1,
    scopes,
  }),
  short: tool({
    description: "Has little time.",
    input: z.object({ ms: Ms }),
    output: Done,
    effect: "read",
    timeoutMs: 100,
    maxTimeoutMs: 300,
    scopes,
  }),
  nan: tool({
    description: "Returns what no content has.",
    input: z.object({}),
    output: Anything,
    effect: "read",
    scopes,
  }),
  journal: tool({
    description: "Makes the journal refuse.",
    input: z.object({ refuse: z.enum(["claims", "endings", "nothing"]) }),
    output: z.literal("refusing"),
    effect: "idempotent",
    scopes,
  }),
};

/** What a client under test offers. */
export const clientTools = defineTools({ test: common });

/** What every session of a gateway under test is offered. */
export const gatewayTools = defineTools({
  test: {
    ...common,
    secret: tool({
      description: "Needs a scope of its own.",
      input: z.object({}),
      output: z.literal("secret"),
      effect: "read",
      scopes: ["test.secret"],
    }),
    lane: tool({
      description: "Takes the lane of its session.",
      input: z.object({ ms: Ms }),
      output: Done,
      effect: "read",
      lane: "session",
      scopes,
    }),
  },
});

const CallInput = z.object({
  tool: z.string(),
  input: Anything.optional(),
  key: z.string().optional(),
  timeoutMs: z.number().optional(),
  acceptTimeoutMs: z.number().optional(),
  cancelAfterMs: Ms.optional(),
  turn: z.string().optional(),
  take: z.int().min(-1).optional(),
});

/** What `test.call` is asked for. */
export type CallBackInput = z.infer<typeof CallInput>;

const CallReport = z.object({
  ok: z.boolean(),
  value: Anything.optional(),
  items: z.array(Anything).optional(),
  accepts: z.array(z.string()),
  code: z.string().optional(),
  outcome: z.string().optional(),
  message: z.string().optional(),
  retryable: z.boolean().optional(),
});

/** What `test.call` reports. */
export type CallBackReport = z.infer<typeof CallReport>;

/** The tools of a gateway that are about the session which calls them, and so are each session's own. */
export const sessionTools = defineTools({
  test: {
    call: tool({
      description: "Calls a tool of the client that calls this one.",
      input: CallInput,
      output: CallReport,
      effect: "idempotent",
      scopes,
    }),
    grant: tool({
      description: "Changes what the calling session may do.",
      input: z.object({
        scopes: z.array(z.string()).optional(),
        revoke: z.boolean().optional(),
        expiresInMs: Ms.optional(),
      }),
      output: z.literal("granted"),
      effect: "idempotent",
      scopes,
    }),
  },
});
