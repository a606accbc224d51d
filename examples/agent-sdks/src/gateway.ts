/**
 * A gateway with jobs that must not be created twice, and whose first acknowledgement gets lost: the connection is cut right after the job was created.
 */
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { createGateway, defineTools, memoryJournal, tokenAuth, tool } from "@turnmux/gateway";
import { z } from "zod";

export const TOKEN = "a secret of this example, which is on one machine for a moment";

const tools = defineTools({
  cron: {
    list: tool({ description: "Lists the jobs", input: z.object({}), output: z.array(z.string()), effect: "read" }),
    add: tool({
      description: "Creates a job",
      input: z.object({ text: z.string() }),
      output: z.object({ id: z.string() }),
      effect: "once",
      verify: "cron.list",
    }),
  },
});

export interface ExampleGateway {
  readonly url: string;
  readonly jobs: readonly string[];
  close(): Promise<void>;
}

export async function exampleGateway(): Promise<ExampleGateway> {
  const jobs: string[] = [];
  const sockets = new Set<Socket>();
  const gateway = createGateway({ journal: memoryJournal() });
  gateway.implement(tools, {
    cron: {
      list: () => [...jobs],
      add: ({ text }) => {
        jobs.push(text);
        if (jobs.length === 1) for (const socket of sockets) socket.destroy();
        return { id: `job-${jobs.length}` };
      },
    },
  });
  const server = createServer();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  gateway.listen({ server, path: "/session", auth: tokenAuth(TOKEN, { principal: "ada", scopes: [] }) });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `ws://127.0.0.1:${port}/session`,
    jobs,
    close: async () => {
      await gateway.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
