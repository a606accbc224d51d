import { describe, expect, it } from "vitest";
import { AUTH, call, folder, start, type Program } from "../support/program.ts";

interface Pair {
  readonly gateway: Program;
  readonly client: Program;
}

/** A gateway and a client that dials it. */
async function pair(state: string = folder()): Promise<Pair> {
  const gateway = start("gateway", { TURNMUX_TEST_STATE: state });
  const { endpoint = "" } = await gateway.ready();
  const client = start("client", { TURNMUX_TEST_URL: `ws://${new URL(endpoint).host}` });
  await client.ready();
  return { gateway, client };
}

const SEED = Buffer.from(Uint8Array.from({ length: 32 }, (_, index) => index)).toString("hex");

describe("Gateway and client under test", () => {
  it.each([
    ["binary", { path: "/turnmux", auth: AUTH }],
    [
      "text, by the device's key",
      { path: "/turnmux", carriage: "text", auth: { method: "ed25519", keyId: "device", seed: SEED } },
    ],
    ["a host's socket", { path: "/shared", shared: true }],
    ["a host's socket, in text", { path: "/shared", shared: true, carriage: "text" }],
    ["a host's messages", { path: "/wrapped", shared: true, carriage: "wrapped" }],
  ])("open a session and call each other over %s", async (_, connect) => {
    const { client } = await pair();
    client.send({ do: "connect", session: "s", ...connect });
    await client.line({ event: "open", session: "s", resumed: false });
    const value = { octets: { $bytes: "AAEC" }, list: [1, "a", null] };
    expect(await call(client, "s", "1", { tool: "test.echo", input: value })).toMatchObject({ ok: true, value });
    const back = { tool: "test.stream", input: { items: 2 } };
    const report = {
      ok: true,
      items: [
        { n: 0, pad: "" },
        { n: 1, pad: "" },
      ],
      value: { items: 2 },
      accepts: ["running"],
    };
    expect(await call(client, "s", "2", { tool: "test.call", input: back })).toMatchObject({ value: report });
  });

  it("count once for each key, also over a restart of the gateway", async () => {
    const state = folder();
    const first = await pair(state);
    const count = { tool: "test.count", input: { counter: "c", by: 2 }, key: "k" };
    first.client.send({ do: "connect", session: "s", path: "/turnmux", auth: AUTH });
    expect(await call(first.client, "s", "1", count)).toMatchObject({ ok: true, value: { value: 2 } });
    // What is claimed behind it shows that the journal has what was told.
    await call(first.client, "s", "behind", { tool: "test.count", input: { counter: "d" }, key: "behind" });
    first.gateway.kill("SIGKILL");
    await first.gateway.exited;
    const second = await pair(state);
    second.client.send({ do: "connect", session: "s", path: "/turnmux", auth: AUTH });
    expect(await call(second.client, "s", "1", count)).toMatchObject({ ok: true, value: { value: 2 } });
    const counted = { tool: "test.counted", input: { counter: "c" } };
    expect(await call(second.client, "s", "2", counted)).toMatchObject({ value: { value: 2, runs: 1 } });
  });

  it("say how a call failed, and nothing that is private", async () => {
    const { client } = await pair();
    client.send({ do: "connect", session: "s", path: "/turnmux", auth: AUTH });
    const failures = [
      [
        { how: "error", code: 6, outcome: 2, message: "twice" },
        { code: "already_exists", outcome: "completed", message: "twice" },
      ],
      [{ how: "error" }, { code: "failed_precondition", outcome: "failed", message: "failed as asked" }],
      [{ how: "throw" }, { code: "internal", outcome: "failed" }],
      [{ how: "result" }, { code: "internal", outcome: "completed" }],
    ];
    for (const [index, [input, ending]] of failures.entries()) {
      expect(await call(client, "s", `${index}`, { tool: "test.fail", input })).toMatchObject({ ok: false, ...ending });
    }
    expect(JSON.stringify(client.lines)).not.toContain("private detail");
  });

  it("change what a session may do, and end it", async () => {
    const { client } = await pair();
    client.send({ do: "connect", session: "s", path: "/turnmux", auth: AUTH });
    expect(await call(client, "s", "1", { tool: "test.secret", input: {} })).toMatchObject({
      code: "permission_denied",
    });
    await call(client, "s", "2", { tool: "test.grant", input: { scopes: ["test", "test.secret"] } });
    const offers = (): unknown[] => client.lines.filter(({ event }) => event === "offer");
    while (!JSON.stringify(offers()).includes("test.secret"))
      await call(client, "s", `${client.lines.length}`, { tool: "test.echo" });
    expect(await call(client, "s", "3", { tool: "test.secret", input: {} })).toMatchObject({ value: "secret" });
    await call(client, "s", "4", { tool: "test.grant", input: { revoke: true } });
    expect(await client.line({ event: "closed", session: "s" })).toMatchObject({ code: "permission_denied" });
  });

  it("lead the items of a call by hand, and leave them", async () => {
    const { client } = await pair();
    client.send({ do: "connect", session: "s", path: "/turnmux", auth: AUTH });
    client.send({
      do: "call",
      session: "s",
      id: "1",
      tool: "test.stream",
      input: { items: 0, endless: true },
      manual: true,
    });
    client.send({ do: "read", session: "s", id: "1", items: 2 });
    await client.line({ event: "item", id: "1", value: { n: 1, pad: "" } });
    client.send({ do: "leave", session: "s", id: "1" });
    expect(await client.line({ event: "end", id: "1" })).toMatchObject({ ok: false, code: "cancelled" });
    expect(client.lines.filter(({ event }) => event === "item")).toHaveLength(2);
  });

  it("let a host speak its own protocol beside, and vouch late or never", async () => {
    const { client } = await pair();
    client.send({ do: "connect", session: "late", path: "/late", shared: true });
    client.send({ do: "connect", session: "never", path: "/late", shared: true });
    client.send({ do: "host", session: "late", text: "fragments" });
    await client.line({ event: "host", session: "late", text: "host-fragmented" });
    expect(client.lines.some(({ event }) => event === "open")).toBe(false);
    client.send({ do: "host", session: "late", text: "login" });
    client.send({ do: "host", session: "never", text: "deny" });
    await client.line({ event: "open", session: "late" });
    await client.line({ event: "closed", session: "never" });
  });

  it("drain on SIGTERM, and end with what they read from", async () => {
    const { gateway, client } = await pair();
    client.send({ do: "connect", session: "s", path: "/turnmux", auth: AUTH });
    await client.line({ event: "open", session: "s" });
    gateway.kill("SIGTERM");
    expect(await gateway.exited).toBe(0);
    await client.line({ event: "lost", session: "s" });
    client.end();
    expect(await client.exited).toBe(0);
    const other = start("gateway");
    await other.ready();
    other.end();
    expect(await other.exited).toBe(0);
  });

  it("tell of a session that never stands, and end its calls", async () => {
    const { client } = await pair();
    client.send({ do: "connect", session: "s", path: "/turnmux", auth: { ...AUTH, secret: "another" } });
    expect(await call(client, "s", "1", { tool: "test.echo" })).toMatchObject({ ok: false, outcome: "not_started" });
    expect(await client.line({ event: "closed", session: "s" })).toMatchObject({ code: "unauthenticated" });
  });
});

describe("A client under test", () => {
  it("tells of a line that it does not understand, and goes on", async () => {
    const client = start("client");
    await client.ready();
    for (const line of ["nonsense", { do: "dance", session: "s" }, { do: "close", session: "nobody" }])
      client.send(line);
    for (const message of ["not valid JSON", "Invalid", "there is no session nobody"]) {
      await expect.poll(() => client.lines.some((line) => String(line["message"]).includes(message))).toBe(true);
    }
    client.end();
    expect(await client.exited).toBe(0);
  });
});

describe("Gateway and client in one process", () => {
  it("call each other without a socket", async () => {
    const local = start("behaviour", { TURNMUX_TEST_STATE: folder() });
    expect(await local.ready()).toEqual({ carriages: ["local"] });
    local.send({ do: "connect", session: "s", path: "/" });
    const input = { tool: "test.count", input: { counter: "c" }, key: "k" };
    for (const id of ["1", "2"]) {
      const report = { ok: true, value: { value: 1 } };
      expect(await call(local, "s", id, { tool: "test.call", input })).toMatchObject({ ok: true, value: report });
    }
    expect(await call(local, "s", "3", { tool: "test.secret", input: {} })).toMatchObject({
      code: "permission_denied",
    });
    local.send({ do: "close", session: "s" });
    await local.line({ event: "closed", session: "s", code: "cancelled" });
  });
});
