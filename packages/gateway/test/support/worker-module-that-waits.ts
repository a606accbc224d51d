/** A worker tool that runs until its test lets it end. */
import { once } from "node:events";
import { connect } from "node:net";
import { defineTools, tool } from "@turnmux/core";
import type { WorkerHandler } from "@turnmux/gateway";
import { z } from "zod";

export const tools = defineTools({
  waits: tool({
    description: "Runs for as long as it has a connection to a port of its test's",
    input: z.object({ port: z.number() }),
    output: z.string(),
    effect: "idempotent",
    whenSessionEnds: "keep",
  }),
});

export const waits: WorkerHandler<typeof tools.waits> = async ({ port }) => {
  const socket = connect(port, "127.0.0.1").resume();
  await once(socket, "end");
  return "ended";
};
