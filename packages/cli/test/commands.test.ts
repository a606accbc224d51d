import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, start } from "./support/command.ts";
import { testGateway, type TestGateway } from "./support/gateway.ts";

const MINUTE = 60_000;

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await testGateway();
});

afterAll(() => gateway.close());

describe("the commands that ask", { timeout: MINUTE }, () => {
  it("list tools, without what a terminal would act on", async () => {
    const { code, out } = await run(["tools", ...gateway.options]);
    expect(code).toBe(0);
    expect(out).toContain("echo");
    expect(out).not.toContain("\u001b");
    expect(out).not.toContain("secret");
    const { out: json } = await run(["tools", "--json", ...gateway.options]);
    expect(JSON.parse(json)).toContainEqual({ name: "count", description: "Counts", effect: "read", streams: true });
  });

  it("describe a tool with its schemas, and say which there are where it is none", async () => {
    const { out } = await run(["describe", "add", "--json", ...gateway.options]);
    expect(JSON.parse(out)).toMatchObject({
      name: "add",
      effect: "once",
      verify: "echo",
      input: { required: ["name"] },
    });
    const { code, err } = await run(["describe", "nope", ...gateway.options]);
    expect(code).toBe(2);
    expect(err).toContain("turnmux tools");
  });

  it("tell what became of a key that nobody has used", async () => {
    const { code, out } = await run(["outcome", "never", "--json", ...gateway.options]);
    expect([code, JSON.parse(out)]).toEqual([0, { state: "none" }]);
  });

  it("list the calls under way", async () => {
    const waiting = start(["call", "wait", "--turn", "turn-9", ...gateway.options]);
    const { aborted } = await gateway.waits;
    const { out } = await run(["calls", "--json", ...gateway.options]);
    expect(JSON.parse(out)).toContainEqual(expect.objectContaining({ tool: "wait", turn: "turn-9", state: "running" }));
    waiting.child.kill("SIGTERM");
    await aborted;
    expect(await waiting.ended).toMatchObject({ code: 143 });
  });

  it("show a gateway's numbers once without a terminal", async () => {
    const { code, out } = await run(["top", "--once", ...gateway.options]);
    expect(code).toBe(0);
    expect(out).toMatch(/sessions \d/);
    const { out: json } = await run(["top", "--once", "--json", ...gateway.options]);
    expect(JSON.parse(json)).toMatchObject({ sessions: expect.any(Number), lagMs: expect.any(Number) });
  });

  it("complete commands, options and tools", async () => {
    const env = { TURNMUX_URL: gateway.url, TURNMUX_TOKEN_FILE: gateway.tokenFile };
    expect((await run(["__complete", "ca"])).out).toBe("call\ncalls\n");
    expect((await run(["__complete", "call", "--ti"])).out).toBe("--timeout\n");
    expect((await run(["__complete", "call", "ec"], env)).out).toBe("echo\n");
    expect(await run(["__complete", "call", "ec"])).toEqual({ code: 0, out: "", err: "" });
    expect((await run(["completion", "bash"])).out).toContain("complete -o default -F _turnmux turnmux");
    expect((await run(["completion", "zsh"])).out).toContain("#compdef turnmux");
    expect(await run(["completion", "fish"])).toMatchObject({ code: 2 });
  });

  it("say in --help what the exit codes mean", async () => {
    const { code, out } = await run(["--help"]);
    expect(code).toBe(0);
    expect(out).toContain("4    unknown");
    expect(out).toContain("Examples:");
  });
});

describe("turnmux serve", { timeout: MINUTE }, () => {
  it("serves tools of its own, makes a secret that nobody else can read, and ends at a signal", async () => {
    const { child, ended, said } = start(["serve"]);
    const line = /--url (\S+) --token-file (\S+)/.exec(await said("--token-file"));
    const [, url = "", file = ""] = line ?? [];
    expect(statSync(file).mode & 0o077).toBe(0);
    const token = readFileSync(file, "utf8").trim();
    const options = ["--url", url, "--token-file", file];
    expect(await run(["call", "demo.echo", '{"text":"hi"}', ...options])).toMatchObject({ code: 0, out: "hi\n" });
    expect(await run(["top", "--once", ...options])).toMatchObject({ code: 0 });
    child.kill("SIGTERM");
    const { code, out, err } = await ended;
    expect(code).toBe(0);
    expect(out + err).not.toContain(token);
    expect(() => statSync(file)).toThrow("ENOENT");
  });

  it("serves the tools of a module", async () => {
    const module = join(gateway.folder, "tools.mjs");
    const library = JSON.stringify(import.meta.resolve("@turnmux/gateway"));
    const lines = [
      `import { defineTools, tool } from ${library};`,
      "const any = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };",
      "export const tools = defineTools({ shout: tool({ description: 'Shouts', input: any, output: any, effect: 'read', scopes: ['s'] }) });",
      "export const handlers = { shout: ({ text }) => text.toUpperCase() };",
    ];
    writeFileSync(module, lines.join("\n"));
    const { child, ended, said } = start(["serve", module, "--token-file", gateway.tokenFile, "--json"]);
    const { url } = JSON.parse(await said("}")) as { readonly url: string };
    const options = ["--url", url, "--token-file", gateway.tokenFile];
    expect(await run(["call", "shout", '{"text":"hi"}', ...options])).toMatchObject({ code: 0, out: "HI\n" });
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 0 });
  });

  it("says what a module lacks, and that a port is taken", async () => {
    const module = join(gateway.folder, "empty.mjs");
    writeFileSync(module, "export const nothing = 1;");
    expect(await run(["serve", module])).toMatchObject({ code: 2, err: expect.stringContaining("must export tools") });
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { code, err } = await run(["serve", "--port", String(port)]);
    taken.close();
    expect(code).toBe(2);
    expect(err).toContain("EADDRINUSE");
    expect(err).not.toContain("    at ");
  });
});

describe("turnmux decode", { timeout: MINUTE }, () => {
  it("prints the frames of a capture, and no proof or token", async () => {
    const { code, out } = await run(["decode", "-", "--json"], {}, `${RESET}\n{"dir":"in","hex":"${RESET}"}\n`);
    const frames = out
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(code).toBe(0);
    expect(frames).toEqual([
      expect.objectContaining({ message: "message 1", type: "reset", stream: 1 }),
      expect.objectContaining({ message: "message 2", direction: "in", type: "reset" }),
    ]);
    const { out: text } = await run(["decode", RESET]);
    expect(text).toContain("RESET stream 1");
  });

  it.each([
    ["what is no hex", "zz", 1, "neither hex nor JSON"],
    ["half an octet", "c10", 1, "no whole octets"],
    ["a message of somebody else's", "0102", 1, "CARR-001"],
    ["a message that is cut off", `${"c101" + "00".repeat(8)}0000`, 1, "message 1"],
  ])("says where it met %s", async (_what, input, code, said) => {
    const answer = await run(["decode", "-"], {}, input);
    expect(answer.code).toBe(code);
    expect(answer.err).toContain(said);
  });

  it("goes on behind a message that is broken", async () => {
    const { code, out } = await run(["decode", "-"], {}, `0102\n${RESET}\n`);
    expect(code).toBe(1);
    expect(out).toContain("RESET stream 1");
  });
});

/** RESET of stream 1 with code 1 (cancelled): mark, tag, then length 2, type, flags, stream, and `[1]`. */
const RESET = `c101${"11".repeat(8)}0000021400000000019101`;
