/**
 * A gateway and a session, for MCP servers beside the client and MCP clients of the gateway.
 */
import { connect, memoryJournal, sharedToken, type ClientSession } from "@turnmux/client";
import {
  createGateway,
  defineTools,
  memoryJournal as gatewayJournal,
  tokenAuth,
  tool,
  type Gateway,
  type GatewaySession,
} from "@turnmux/gateway";
import { z } from "zod";

const TOKEN = "a long random secret of these tests";
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const tools = defineTools({
  cron: {
    list: tool({
      description: "Lists jobs",
      input: z.object({}),
      output: z.object({ jobs: z.array(z.string()) }),
      effect: "read",
    }),
    add: tool({
      description: "Adds a job",
      input: z.object({ name: z.string() }),
      output: z.string(),
      effect: "once",
      verify: "cron.list",
    }),
    vague: tool({
      description: "Throws",
      input: z.object({}),
      output: z.string(),
      effect: "once",
      verify: "cron.list",
    }),
    set: tool({ description: "Sets", input: z.object({}), output: z.string(), effect: "idempotent" }),
    hold: tool({
      description: "Holds",
      input: z.object({}),
      output: z.string(),
      progress: z.object({ progress: z.number() }),
      effect: "read",
    }),
    tail: tool({ description: "Tails", input: z.object({}), item: z.string(), effect: "read" }),
  },
});

export interface World {
  readonly gateway: Gateway;
  readonly session: ClientSession;
  /** The gateway's end of it. */
  readonly peer: GatewaySession;
  readonly jobs: readonly string[];
  /** Keys of calls of `cron.add`. */
  readonly keys: readonly string[];
  /** Resolves when `cron.hold` was cancelled. */
  readonly cancelled: Promise<void>;
  close(): Promise<void>;
}

export async function world(options: { readonly journal?: boolean } = {}): Promise<World> {
  const gateway = createGateway({ journal: gatewayJournal(), logger: quiet });
  const jobs: string[] = [];
  const keys: string[] = [];
  const cancelled = Promise.withResolvers<void>();
  gateway.implement(tools, {
    cron: {
      list: () => ({ jobs: [...jobs] }),
      add: ({ name }, { key }) => {
        jobs.push(name);
        keys.push(key);
        return `added ${name}`;
      },
      vague: () => {
        throw new Error("nobody knows");
      },
      set: () => "set",
      hold: (_input, call) => {
        call.progress({ progress: 1 });
        return new Promise((_resolve, reject) => {
          call.signal.addEventListener("abort", () => {
            cancelled.resolve();
            reject(new Error("cancelled"));
          });
        });
      },
      tail: async function* () {
        yield "one";
        yield "two";
      },
    },
  });
  const endpoint = gateway.listen({ port: 0, auth: tokenAuth(TOKEN, { principal: "ada", scopes: [] }) });
  await endpoint.ready;
  const journal = options.journal === false ? undefined : memoryJournal();
  const session = await connect(endpoint.url, { auth: sharedToken(TOKEN), journal, logger: quiet });
  const peer = [...gateway.sessions].find(({ id }) => id === session.id);
  if (peer === undefined) throw new Error("the gateway has no such session");
  return {
    gateway,
    session,
    peer,
    jobs,
    keys,
    cancelled: cancelled.promise,
    close: async () => {
      await session.close();
      await gateway.close();
    },
  };
}

/** Resolves when the gateway is offered what this looks for. */
export async function offered(peer: GatewaySession, looks: (names: readonly string[]) => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (looks([...peer.offers.keys()])) resolve();
  };
  peer.addEventListener("offer", look);
  look();
  await promise;
  peer.removeEventListener("offer", look);
}
