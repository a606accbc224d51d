import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Share } from "@turnmux/client";
import { world, type World } from "./support.ts";

const MINUTE = 60_000;
const command = createRequire(import.meta.url)
  .resolve("@turnmux/cli/package.json")
  .replace("package.json", "src/main.ts");
const args = ["--conditions=turnmux-source", "--disable-warning=ExperimentalWarning", command, "mcp"];

let at: World;
let share: Share;

beforeEach(async () => {
  at = await world();
  share = await at.session.share("turn-7");
});

afterEach(() => at.close());

const REVISIONS = [
  ["2025-11-25", "legacy"],
  ["2026-07-28", { pin: "2026-07-28" }],
] as const;

async function connected(mode: (typeof REVISIONS)[number][1]): Promise<Client> {
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
  const env = {
    PATH: process.env["PATH"] ?? "",
    NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] ?? "",
    ...share.env,
  };
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: "ignore" }));
  // It answers before it has a session: tools come with that.
  while ((await client.listTools(undefined, { cacheMode: "bypass" })).tools.length === 0);
  return client;
}

describe.each(REVISIONS)("turnmux mcp, spoken to in revision %s", { timeout: MINUTE }, (_revision, mode) => {
  it("lists the gateway's tools, with their effects as annotations", async () => {
    const client = await connected(mode);
    const { tools } = await client.listTools();
    expect(tools.map(({ name, annotations }) => [name, annotations])).toEqual([
      ["cron_list", { readOnlyHint: true }],
      ["cron_add", { readOnlyHint: false, idempotentHint: false }],
      ["cron_vague", { readOnlyHint: false, idempotentHint: false }],
      ["cron_set", { readOnlyHint: false, idempotentHint: true }],
      ["cron_hold", { readOnlyHint: true }],
      ["cron_tail", { readOnlyHint: true }],
    ]);
    expect(tools[0]).toMatchObject({ outputSchema: { type: "object" }, description: "Lists jobs" });
    await client.close();
  });

  it("calls them, as the turn that is shared", async () => {
    const client = await connected(mode);
    const added = { name: "cron_add", arguments: { name: "tea" }, _meta: { "claudecode/toolUseId": "toolu_01abc" } };
    expect(await client.callTool(added)).toMatchObject({ content: [{ type: "text", text: "added tea" }] });
    expect(await client.callTool(added)).toMatchObject({ content: [{ type: "text", text: "added tea" }] });
    expect([at.jobs, at.keys]).toEqual([["tea"], ["mcp/toolu_01abc"]]);
    expect(await client.callTool({ name: "cron_list" })).toMatchObject({ structuredContent: { jobs: ["tea"] } });
    const tail = await client.callTool({ name: "cron_tail" });
    expect(tail).toMatchObject({ content: [{ text: '{"items":["one","two"]}' }] });
    await client.close();
  });

  it("says what a model should read of an unknown outcome, of wrong arguments, and of a tool that is none", async () => {
    const client = await connected(mode);
    const [vague, wrong, none] = [
      await client.callTool({ name: "cron_vague" }),
      await client.callTool({ name: "cron_add", arguments: { name: 1 } }),
      await client.callTool({ name: "nope" }),
    ].map(({ content, isError }) => [isError, JSON.stringify(content)]);
    expect(vague).toEqual([
      true,
      expect.stringContaining("It may have run. Do not repeat it; check with cron_list first."),
    ]);
    expect(wrong).toEqual([true, expect.stringContaining("It did not run; mend the arguments")]);
    expect(none).toEqual([true, expect.stringContaining("There is no tool nope")]);
    await client.close();
  });

  it("passes progress and cancellation on", async () => {
    const client = await connected(mode);
    const cancel = new AbortController();
    const progress: unknown[] = [];
    const onprogress = (report: unknown): void => {
      progress.push(report);
      cancel.abort();
    };
    const call = client.callTool({ name: "cron_hold" }, { signal: cancel.signal, onprogress });
    await expect(call).rejects.toThrow();
    await at.cancelled;
    expect(progress).toEqual([expect.objectContaining({ progress: 1 })]);
    await client.close();
  });
});

describe("turnmux mcp", { timeout: MINUTE }, () => {
  it("answers at once where the gateway is not there, and tells when its tools have changed", async () => {
    const client = new Client({ name: "test", version: "1" });
    const changed = new Promise<void>((resolve) => {
      client.setNotificationHandler("notifications/tools/list_changed", () => resolve());
    });
    const env = { PATH: process.env["PATH"] ?? "", ...share.env };
    await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: "ignore" }));
    await changed;
    await client.close();
  });

  it("ends with its client, and prints nothing but the protocol", async () => {
    const running = spawn(process.execPath, args, {
      env: { PATH: process.env["PATH"] ?? "", ...share.env },
      stdio: ["pipe", "pipe", "ignore"],
    });
    const lines: unknown[] = [];
    const initialized = new Promise<void>((resolve) => {
      createInterface({ input: running.stdout }).on("line", (line) => {
        lines.push(JSON.parse(line));
        resolve();
      });
    });
    const ended = new Promise<number | null>((resolve) => running.on("close", (code) => resolve(code)));
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } };
    running.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params })}\n`);
    await initialized;
    running.stdin.end();
    expect(await ended).toBe(0);
    expect(lines[0]).toMatchObject({
      id: 1,
      result: { protocolVersion: "2025-11-25", serverInfo: { name: "turnmux" } },
    });
  });
});
