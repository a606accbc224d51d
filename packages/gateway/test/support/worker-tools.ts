/** Worker tools that tests call. */
import { z } from "zod";
import { defineTools, tool, workerTool, type GatewayOptions, type ToolHandlers } from "@turnmux/gateway";
import { testGateway, type Line } from "./gateway.ts";

const numbers = { input: z.object({ to: z.number() }), item: z.number(), output: z.number() } as const;

/** One tool of each kind. */
export const workerTools = defineTools({
  facts: tool({ description: "What it is told", input: z.object({}), output: z.unknown(), effect: "idempotent" }),
  echo: tool({ description: "Gives back what it got", input: z.unknown(), output: z.unknown(), effect: "read" }),
  octets: tool({
    description: "Takes and gives octets",
    input: z.object({ octets: z.instanceof(Uint8Array) }),
    output: z.object({ seen: z.array(z.number()), octets: z.instanceof(Uint8Array) }),
    effect: "read",
  }),
  say: tool({
    description: "Says this and that",
    input: z.string(),
    output: z.string(),
    progress: z.number(),
    effect: "read",
  }),
  fail: tool({ description: "Fails", input: z.string(), output: z.string(), effect: "once" }),
  count: tool({ description: "Counts", ...numbers, progress: z.number(), effect: "read" }),
  yielded: tool({ description: "Counts", ...numbers, effect: "read" }),
  unawaited: tool({
    description: "Counts, and waits for nobody",
    input: numbers.input,
    item: z.object({ n: z.number() }),
    output: z.string(),
    effect: "read",
  }),
  busy: tool({
    description: "Is busy until it is cancelled",
    input: z.enum(["cancelled", "signal", "throwIfAborted", "listener", "item", "never"]),
    item: z.number(),
    output: z.string(),
    progress: z.string(),
    effect: "read",
  }),
  die: tool({
    description: "Ends its thread",
    input: z.enum(["exit", "throw", "memory"]),
    output: z.string(),
    effect: "idempotent",
  }),
  job: tool({
    description: "Takes effect",
    input: z.string(),
    output: z.string(),
    progress: z.string(),
    effect: "once",
  }),
});

/** The module of their handlers. */
export const MODULE: URL = new URL("./worker-module.ts", import.meta.url);

const FAILING = new URL("./worker-module-failing.ts", import.meta.url);

/** How long a handler has that is to end by itself: as long as a test may take. */
const PATIENT = 15_000;

/** How long one has that never would. */
export const IMPATIENT = 1;

/** Handlers for {@link workerTools}. */
export function workerHandlers(terminateAfterMs: number = PATIENT): ToolHandlers<typeof workerTools> {
  const handlerOf = (name: string & keyof typeof workerTools) => workerTool(MODULE, { export: name, terminateAfterMs });
  return {
    facts: handlerOf("facts"),
    echo: handlerOf("echo"),
    octets: handlerOf("octets"),
    say: handlerOf("say"),
    fail: workerTool(FAILING, { export: "fail" }),
    count: handlerOf("count"),
    yielded: handlerOf("yielded"),
    unawaited: handlerOf("unawaited"),
    busy: handlerOf("busy"),
    die: handlerOf("die"),
    job: handlerOf("job"),
  };
}

/** A gateway with these tools, and a session in its process. */
export function workerGateway(options: GatewayOptions = {}, terminateAfterMs: number = PATIENT) {
  const { gateway, log } = testGateway(options);
  gateway.implement(workerTools, workerHandlers(terminateAfterMs));
  const session = gateway.openSession({ principal: "alice", scopes: ["write"] });
  return { gateway, log, session };
}

/** What lies behind an error that was logged: the cause of it, or itself. */
export function causeOf({ fields }: Line): string {
  const error = fields?.["error"];
  return String(error instanceof Error ? (error.cause ?? error) : error);
}
