import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { offered, world, type World } from "./support.ts";

const MINUTE = 60_000;
const require = createRequire(import.meta.url);
const node = process.execPath;
const program = (name: string): string => require.resolve(`@modelcontextprotocol/${name}/dist/index.js`);
const fickle = { command: node, args: [fileURLToPath(new URL("servers/fickle.mjs", import.meta.url))] };

let at: World;

beforeEach(async () => {
  at = await world();
});

afterEach(() => at.close());

describe("tools of an MCP server beside the client", { timeout: MINUTE }, () => {
  it("are the gateway's to call: server-everything", async () => {
    await using mcp = await at.session.implementMcp(
      { command: node, args: [program("server-everything")] },
      { prefix: "every" },
    );
    expect(mcp.tools).toContain("every.echo");
    const catalog = await at.peer.catalog();
    expect(catalog.find(({ name }) => name === "every.echo")).toMatchObject({
      effect: "read",
      input: { type: "object", required: ["message"] },
    });
    expect(await at.peer.call("every.echo", { message: "hi" })).toEqual({
      content: [{ type: "text", text: "Echo: hi" }],
    });
    const progress: unknown[] = [];
    await at.peer.call(
      "every.trigger-long-running-operation",
      { duration: 0.2, steps: 2 },
      { onProgress: (one) => progress.push(one) },
    );
    expect(progress).toContainEqual(expect.objectContaining({ progress: 1, total: 2 }));
    expect(await at.peer.call("every.get-structured-content", { location: "New York" })).toHaveProperty(
      "structuredContent",
    );
  });

  it("read and write files: server-filesystem", async () => {
    const folder = mkdtempSync(join(tmpdir(), "turnmux-mcp-"));
    writeFileSync(join(folder, "a.txt"), "hello");
    const server = { command: node, args: [program("server-filesystem"), folder] };
    await using mcp = await at.session.implementMcp(server, { prefix: "fs" });
    expect(mcp.tools).toContain("fs.read_text_file");
    const read = await at.peer.call("fs.read_text_file", { path: join(folder, "a.txt") });
    expect(read).toMatchObject({ content: [{ type: "text", text: "hello" }] });
    const outside = await at.peer.call("fs.read_text_file", { path: "/etc/hostname" });
    expect(outside).toMatchObject({ isError: true });
    rmSync(folder, { recursive: true });
  });

  it("have the effect that their hints say, and are once without any", async () => {
    await using mcp = await at.session.implementMcp(fickle);
    const effects = Object.fromEntries((await at.peer.catalog()).map(({ name, effect }) => [name, effect]));
    expect(effects).toMatchObject({ add: "once", look: "read", put: "idempotent" });
    expect(mcp.tools).toHaveLength(9);
  });

  it("have names that turnmux takes, each its own", async () => {
    const problems: string[] = [];
    await using mcp = await at.session.implementMcp(fickle, { onProblem: (problem) => problems.push(problem) });
    expect(mcp.tools).toEqual(expect.arrayContaining(["a_b", "a_b_2"]));
    expect(await at.peer.call("a_b_2", { n: 1 })).toEqual({ content: [{ type: "text", text: 'a.b {"n":1}' }] });
    expect(problems).toContain("the tool a.b is offered as a_b_2");
  });

  it("tell what became of a call that failed", async () => {
    await using mcp = await at.session.implementMcp(fickle);
    await expect(at.peer.call("refuse", {})).rejects.toMatchObject({
      code: "invalid_argument",
      outcome: "not_started",
    });
    await expect(at.peer.call("break", {})).rejects.toMatchObject({ outcome: "unknown" });
    await expect(at.peer.call("die", {})).rejects.toMatchObject({ outcome: "unknown" });
    expect(mcp.tools.length).toBeLessThanOrEqual(9);
  });

  it("are taken away while their server is gone, and there again when it was started anew", async () => {
    await using mcp = await at.session.implementMcp(fickle);
    const gone = offered(at.peer, (names) => !names.includes("look"));
    await at.peer.call("die", {}).catch(() => {});
    await gone;
    await offered(at.peer, (names) => names.includes("look"));
    expect(await at.peer.call("look", {})).toMatchObject({ content: [{ text: "look {}" }] });
    expect(mcp.tools).toContain("look");
  });

  it("follow what their server lists", async () => {
    await using mcp = await at.session.implementMcp(fickle);
    await at.peer.call("put", {});
    await offered(at.peer, (names) => names.includes("later"));
    expect(mcp.tools).toContain("later");
  });

  it("hear of a cancellation", async () => {
    const heard = Promise.withResolvers<void>();
    const onProblem = (problem: string): void => {
      if (problem.includes("cancelled")) heard.resolve();
    };
    await using mcp = await at.session.implementMcp(fickle, { onProblem });
    const cancel = new AbortController();
    const call = at.peer.call("never", {}, { signal: cancel.signal, onAccept: () => cancel.abort() });
    await expect(call).rejects.toMatchObject({ code: "cancelled" });
    await heard.promise;
    expect(mcp.tools).toContain("never");
  });

  it("are gone with their session, and their server is", async () => {
    const mcp = await at.session.implementMcp(fickle);
    await at.session.close();
    await mcp.closed;
    expect(mcp.tools).toEqual([]);
  });
});

describe("an MCP server that cannot be offered", { timeout: MINUTE }, () => {
  it("is refused where its tools need a journal, with what to do", async () => {
    const other = await world({ journal: false });
    await expect(other.session.implementMcp(fickle)).rejects.toThrow("memoryJournal()");
    await other.close();
  });

  it("is refused where it lacks a tool that is asked for", async () => {
    await expect(at.session.implementMcp(fickle, { only: ["nope"] })).rejects.toThrow(
      "the MCP server has no tool nope",
    );
    await using mcp = await at.session.implementMcp(fickle, { only: ["look"] });
    expect(mcp.tools).toEqual(["look"]);
  });

  it("does not start, or is none", async () => {
    await expect(at.session.implementMcp({ command: "no-such-program-anywhere" })).rejects.toThrow("ENOENT");
    const mute = { command: node, args: ["-e", "process.stdin.resume()"] };
    await expect(at.session.implementMcp(mute, { startMs: 200 })).rejects.toThrow(/timed out/i);
    expect([...at.peer.offers.keys()]).toEqual([]);
  });
});
