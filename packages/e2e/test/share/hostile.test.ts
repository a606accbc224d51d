import { chmodSync, existsSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { dirname } from "node:path";
import { connect, TurnmuxError, type Share } from "@turnmux/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { child, tools, world, type World } from "./support.ts";

const MINUTE = 60_000;

let at: World;
let share: Share;

beforeEach(async () => {
  at = await world();
  share = await at.session.share("turn-7", { limits: { handshakes: 4, children: 2 } });
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await at.close();
});

async function raw(): Promise<Socket> {
  const socket = createConnection(share.path);
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("connect", resolve));
  return socket;
}

const closed = (socket: Socket): Promise<unknown> =>
  socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once("close", resolve));

/** The parent and a child of good will go on. */
async function allIsWell(): Promise<void> {
  expect(await at.session.client(tools).where({})).toMatchObject({ principal: "ada" });
  const good = child("caller", share.env, ["where", "{}"]);
  expect(await good.said("result")).toMatchObject({ turn: "turn-7" });
  expect(await good.ended).toBe(0);
}

async function refusal(): Promise<TurnmuxError> {
  try {
    await (await connect({ reconnect: false })).close();
  } catch (error) {
    if (TurnmuxError.is(error)) return error;
    throw error;
  }
  throw new Error("it was let in");
}

describe("whoever is let into no shared turn", { timeout: MINUTE }, () => {
  it("has another turn's ticket", async () => {
    await using other = await at.session.share("turn-8");
    const [, ticket] = /^1:([^:]+):/.exec(other.env.TURNMUX_SESSION) ?? [];
    vi.stubEnv("TURNMUX_SESSION", `1:${ticket}:${share.path}`);
    expect(await refusal()).toMatchObject({ code: "unauthenticated", outcome: "not_started" });
    await allIsWell();
  });

  it("is not the user whom its folder belongs to", async () => {
    vi.stubEnv("TURNMUX_SESSION", share.env.TURNMUX_SESSION);
    chmodSync(dirname(share.path), 0o777);
    expect(await refusal()).toMatchObject({
      code: "permission_denied",
      message: expect.stringContaining("another user"),
    });
    chmodSync(dirname(share.path), 0o700);
    await allIsWell();
  });

  it("is one too many, and hears how many there may be", async () => {
    const two = [child("caller", share.env, ["hold", "{}"]), child("caller", share.env, ["hold", "{}"])];
    const held = [await at.held(), await at.held()];
    vi.stubEnv("TURNMUX_SESSION", share.env.TURNMUX_SESSION);
    expect(await refusal()).toMatchObject({ code: "unavailable", message: expect.stringContaining("limits.children") });
    for (const { release } of held) release();
    await Promise.all(two.map(({ ended }) => ended));
    await allIsWell();
  });
});

describe("a process that means harm", { timeout: MINUTE }, () => {
  it("keeps nobody out by connections that prove nothing", async () => {
    const many = await Promise.all(Array.from({ length: 40 }, raw));
    await allIsWell();
    for (const socket of many) socket.destroy();
  });

  it.each([
    ["garbage", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
    ["a message of no octets", Buffer.alloc(4)],
    ["a message of 4 GiB", Buffer.from("ffffffffc101", "hex")],
    ["a message that is not turnmux's", Buffer.from("00000003010203", "hex")],
    ["a handshake that is too large", Buffer.concat([Buffer.from("00010001", "hex"), Buffer.alloc(65_537, 1)])],
  ])("is cut off for %s, and harms nobody else", async (_what, octets) => {
    const socket = await raw();
    socket.resume();
    socket.write(octets);
    await closed(socket);
    await allIsWell();
  });

  it("has no more calls under way than its share, and its parent calls as before", async () => {
    vi.stubEnv("TURNMUX_SESSION", share.env.TURNMUX_SESSION);
    const greedy = await connect();
    const calls = Array.from({ length: 2_000 }, () => greedy.call("hold", {}).catch((error: unknown) => error));
    await at.held();
    await allIsWell();
    expect(at.gateway.stats().running.incoming).toBeLessThanOrEqual(256);
    await greedy.close();
    const ends = await Promise.all(calls);
    expect(ends.every((end) => TurnmuxError.is(end))).toBe(true);
  });

  it("holds up a tool whose items it does not read, and nobody else", async () => {
    vi.stubEnv("TURNMUX_SESSION", share.env.TURNMUX_SESSION);
    const idle = await connect();
    const items = idle.callItems("items", { count: 100_000 });
    await items[Symbol.asyncIterator]().next();
    await allIsWell();
    const sent = at.sent();
    await allIsWell();
    expect(at.sent()).toBeLessThan(10_000);
    expect(at.sent()).toBe(sent);
    await idle.close();
  });
});

describe("a parent that is killed", { timeout: MINUTE }, () => {
  it("leaves a child that is told so, and a socket that the next one finds dead and removes", async () => {
    const parent = child("parent", {}, [at.url, "a long random secret of these tests"]);
    const shared = (await parent.said("shared")) as { readonly TURNMUX_SESSION: string; readonly path: string };
    const env = { TURNMUX_SESSION: shared.TURNMUX_SESSION };
    const running = child("caller", env, ["hold", "{}"]);
    await at.held();
    parent.process.kill("SIGKILL");
    expect(await running.said("error")).toMatchObject({ outcome: "unknown" });
    await running.ended;
    const late = child("caller", env, ["where", "{}"]);
    expect(await late.said("refused")).toMatchObject({ code: "failed_precondition", outcome: "not_started" });
    expect(existsSync(shared.path)).toBe(false);
  });
});
