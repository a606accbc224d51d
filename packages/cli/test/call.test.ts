import { writeFileSync } from "node:fs";
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

describe("turnmux call", { timeout: MINUTE }, () => {
  it("prints a text as it is, and any other value as JSON", async () => {
    expect(await run(["call", "echo", '{"value":"hi"}', ...gateway.options])).toEqual({
      code: 0,
      out: "hi\n",
      err: "",
    });
    const { out } = await run(["call", "echo", '{"value":{"a":[1]}}', ...gateway.options]);
    expect(JSON.parse(out)).toEqual({ a: [1] });
    expect(await run(["call", "echo", '{"value":"hi"}', "--json", ...gateway.options])).toMatchObject({
      out: '"hi"\n',
    });
  });

  it("takes arguments from a file and from standard input", async () => {
    const file = join(gateway.folder, "input.json");
    writeFileSync(file, '{"value":"from a file"}');
    expect(await run(["call", "echo", `@${file}`, ...gateway.options])).toMatchObject({
      code: 0,
      out: "from a file\n",
    });
    expect(await run(["call", "echo", "-", ...gateway.options], {}, '{"value":"piped"}')).toMatchObject({
      out: "piped\n",
    });
  });

  it("passes octets both ways as $bytes", async () => {
    const { out } = await run(["call", "echo", '{"value":{"$bytes":"AQID"}}', "--json", ...gateway.options]);
    expect(JSON.parse(out)).toEqual({ $bytes: "AQID" });
  });

  it("prints items a line each", async () => {
    expect(await run(["call", "count", '{"to":3}', ...gateway.options])).toMatchObject({ code: 0, out: "1\n2\n3\n" });
  });

  it("runs a once tool once for a key", async () => {
    const args = ["call", "add", '{"name":"tea"}', "--key", "turn-7/call-3", ...gateway.options];
    expect([await run(args), await run(args)]).toMatchObject([{ out: "1\n" }, { out: "1\n" }]);
    expect(gateway.added).toEqual(["tea"]);
    const told = await run(["outcome", "turn-7/call-3", "--json", ...gateway.options]);
    expect(JSON.parse(told.out)).toMatchObject({ state: "settled", outcome: "completed", result: 1 });
  });

  it("takes the gateway and the token's file from the environment", async () => {
    const env = { TURNMUX_URL: gateway.url, TURNMUX_TOKEN_FILE: gateway.tokenFile };
    expect(await run(["call", "echo", '{"value":1}'], env)).toMatchObject({ code: 0, out: "1\n" });
  });

  it("needs neither inside of a turn that is shared", async () => {
    const local = gateway.gateway.openSession({ principal: "ada", scopes: [] });
    const share = await local.share("turn-7");
    expect(await run(["call", "echo", '{"value":1}'], share.env)).toEqual({ code: 0, out: "1\n", err: "" });
    await share.close();
    const late = await run(["call", "echo", "{}"], share.env);
    expect(late).toMatchObject({ code: 3, err: expect.stringContaining("failed_precondition, not_started") });
    await local.close();
  });
});

describe("the exit code of turnmux call", { timeout: MINUTE }, () => {
  it.each([
    ["0 where it went well", ["call", "echo", '{"value":1}'], 0],
    ["1 where the tool ran and failed", ["call", "fail"], 1],
    ["2 where the arguments are no JSON", ["call", "echo", "{value"], 2],
    ["2 where the arguments do not fit", ["call", "add", '{"name":1}'], 2],
    ["2 where an option is unknown", ["call", "echo", "--nope"], 2],
    ["2 where a file is not there", ["call", "echo", "@nowhere.json"], 2],
    ["3 where there is no such tool", ["call", "nope"], 3],
    ["3 where the session may not call the tool", ["call", "secret"], 3],
    ["4 where nobody knows whether it took effect", ["call", "vague"], 4],
  ])("is %s", async (_what, args, code) => {
    expect(await run([...args, ...gateway.options])).toMatchObject({ code, out: code === 0 ? "1\n" : "" });
  });

  it("is 3 where nobody is at the address, and where the proof is wrong or missing", async () => {
    const wrong = join(gateway.folder, "wrong");
    writeFileSync(wrong, "another secret", { mode: 0o600 });
    const answers = await Promise.all([
      run(["call", "echo", "--url", "ws://127.0.0.1:1/"]),
      run(["call", "echo", "--url", gateway.url, "--token-file", wrong]),
      run(["call", "echo", "--url", gateway.url]),
    ]);
    expect(answers.map(({ code }) => code)).toEqual([3, 3, 3]);
    expect(answers[2]?.err).toContain("--token-file FILE");
  });

  it("is 2 where there is no gateway at all, and the message says what to do", async () => {
    const { code, err } = await run(["call", "echo"]);
    expect(code).toBe(2);
    expect(err).toContain("TURNMUX_SESSION");
    expect(err).toContain("--url");
  });

  it("is 130 where Ctrl-C breaks the call off, and the tool hears of it", async () => {
    const { child, ended } = start(["call", "wait", ...gateway.options]);
    const { aborted } = await gateway.waits;
    child.kill("SIGINT");
    await aborted;
    expect(await ended).toMatchObject({ code: 130, out: "" });
  });
});

describe("what turnmux call says of a failure", { timeout: MINUTE }, () => {
  it("tells what a model should do where the outcome is unknown", async () => {
    const { err } = await run(["call", "vague", "--key", "k-1", ...gateway.options]);
    expect(err).toContain("It may have run. Do not repeat it; check with echo first.");
    expect(err).toContain("turnmux outcome k-1");
  });

  it("is one JSON object of one shape with --json, for usage as well", async () => {
    const answers = await Promise.all([
      run(["call", "vague", "--json", ...gateway.options]),
      run(["call", "echo", "{", "--json", ...gateway.options]),
      run(["call", "--nope", "--json"]),
      run(["frob", "--json"]),
    ]);
    expect(answers.map(({ err }): unknown => JSON.parse(err))).toEqual([
      { error: expect.objectContaining({ code: "internal", outcome: "unknown", exit: 4 }) },
      { error: { code: "usage", message: expect.stringContaining("no JSON"), exit: 2 } },
      { error: { code: "usage", message: expect.stringContaining("--nope"), exit: 2 } },
      { error: { code: "usage", message: expect.stringContaining("frob"), exit: 2 } },
    ]);
  });

  it("never shows the token, nor the arguments", async () => {
    const all = await Promise.all([
      run(["call", "vague", ...gateway.options]),
      run(["call", "echo", '{"value":"my password"', ...gateway.options]),
      run(["call", "echo", "--url", gateway.url, "--token-file", gateway.tokenFile, "--turn", ""]),
    ]);
    for (const { out, err } of all) {
      expect(out + err).not.toContain(gateway.token);
      expect(out + err).not.toContain("my password");
    }
  });

  it("warns of a token that others may read", async () => {
    const open = join(gateway.folder, "open");
    writeFileSync(open, gateway.token, { mode: 0o644 });
    const { code, err } = await run(["call", "echo", '{"value":1}', "--url", gateway.url, "--token-file", open]);
    expect(code).toBe(0);
    expect(err).toContain("can be read by others");
  });

  it("refuses standard input beyond its limit", async () => {
    const { code, err } = await run(["call", "echo", "-", ...gateway.options], {}, new Uint8Array(16 * 2 ** 20 + 1));
    expect(code).toBe(2);
    expect(err).toContain("16777216 octets");
  });
});
