/**
 * A real gateway with tools that behave in every way that the command tells apart.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGateway, defineTools, memoryJournal, tokenAuth, tool, ToolError } from "@turnmux/gateway";
import { z } from "zod";
import { offerStats } from "../../src/stats.ts";

const tools = defineTools({
  echo: tool({ description: "Echoes\u001b[31m", input: z.object({ value: z.any() }), output: z.any(), effect: "read" }),
  count: tool({ description: "Counts", input: z.object({ to: z.number() }), item: z.number(), effect: "read" }),
  fail: tool({ description: "Fails", input: z.object({}), output: z.string(), effect: "read" }),
  add: tool({
    description: "Adds",
    input: z.object({ name: z.string() }),
    output: z.number(),
    effect: "once",
    verify: "echo",
  }),
  vague: tool({ description: "Throws", input: z.object({}), output: z.string(), effect: "once", verify: "echo" }),
  wait: tool({ description: "Waits", input: z.object({}), output: z.string(), effect: "read" }),
  secret: tool({ description: "Scoped", input: z.object({}), output: z.string(), effect: "read", scopes: ["secret"] }),
});

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const TOKEN = "a long random secret of these tests";

export interface TestGateway {
  readonly url: string;
  readonly tokenFile: string;
  readonly token: string;
  readonly folder: string;
  /** `--url` and `--token-file`. */
  readonly options: readonly string[];
  /** Names that `add` was called with. */
  readonly added: readonly string[];
  /** Resolves when `wait` runs, and how it was broken off. */
  readonly waits: Promise<{ readonly aborted: Promise<unknown> }>;
  readonly gateway: ReturnType<typeof createGateway>;
  close(): Promise<void>;
}

export async function testGateway(): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), "turnmux-cli-test-"));
  const tokenFile = join(folder, "token");
  writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
  const gateway = createGateway({ journal: memoryJournal(), logger: quiet });
  const added: string[] = [];
  const waits = Promise.withResolvers<{ readonly aborted: Promise<unknown> }>();
  gateway.implement(tools, {
    echo: ({ value }) => value,
    count: async function* ({ to }) {
      for (let at = 1; at <= to; at += 1) yield at;
    },
    fail: () => {
      throw new ToolError("failed_precondition", "The door is shut.");
    },
    add: ({ name }) => added.push(name),
    vague: () => {
      throw new Error("nobody knows");
    },
    wait: (_input, call) => {
      const aborted = Promise.withResolvers<unknown>();
      call.signal.addEventListener("abort", () => aborted.resolve(call.signal.reason));
      waits.resolve({ aborted: aborted.promise });
      return aborted.promise.then(() => {
        throw new ToolError("cancelled", "It was broken off.");
      });
    },
    secret: () => "secret",
  });
  offerStats(gateway);
  const auth = tokenAuth(TOKEN, { principal: "ada", scopes: ["gateway.stats"] });
  const endpoint = gateway.listen({ port: 0, auth });
  await endpoint.ready;
  const url = endpoint.url;
  return {
    url,
    tokenFile,
    token: TOKEN,
    folder,
    options: ["--url", url, "--token-file", tokenFile],
    added,
    waits: waits.promise,
    gateway,
    close: async () => {
      await gateway.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
