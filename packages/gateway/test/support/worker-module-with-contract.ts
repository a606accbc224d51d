/** A module of worker tools that has their contract, too. */
import { defineTools, tool } from "@turnmux/core";
import type { WorkerHandler } from "@turnmux/gateway";
import { z } from "zod";

/** Has parts that can be told apart from what a handler gives: each is parsed. */
export const tools = defineTools({
  double: tool({
    description: "Doubles",
    input: z.object({ text: z.string().transform(Number) }),
    item: z.number().max(10),
    progress: z.string().refine((text) => Promise.resolve(text !== "wrong")),
    output: z.object({ twice: z.number() }),
    effect: "read",
  }),
  quiet: tool({ description: "Has no result", input: z.unknown(), effect: "read" }),
  stuck: tool({
    description: "Never ends",
    input: z.object({}),
    output: z.string(),
    progress: z.string(),
    effect: "once",
  }),
});

export const double: WorkerHandler<typeof tools.double> = async ({ text }, call) => {
  call.progress(text === 3 ? "wrong" : "right");
  // What is wrong counts, whatever the handler makes of it.
  await call.item(text).catch(() => {});
  const more = { twice: text === 5 ? ("ten" as unknown as number) : text * 2, secret: "not in the contract" };
  return more;
};

export const quiet: WorkerHandler<typeof tools.quiet> = () => (() => "a function") as unknown as void;

export const stuck: WorkerHandler<typeof tools.stuck> = (_input, call) => {
  call.progress("in");
  for (;;);
};
