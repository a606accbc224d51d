import { existsSync, lstatSync } from "node:fs";
import { dirname } from "node:path";
import type { Share } from "@turnmux/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { child, tools, world, type World } from "./support.ts";

const MINUTE = 60_000;

let at: World;
let share: Share;

beforeEach(async () => {
  at = await world();
  share = await at.session.share("turn-7");
});

afterEach(() => at.close());

describe("a child process of a turn that is shared", { timeout: MINUTE }, () => {
  it("calls tools over the one WebSocket of its parent, as the turn", async () => {
    const { said, ended } = child("caller", share.env, ["where", "{}"]);
    expect(await said("connected")).toMatchObject({ principal: "ada", scopes: ["write"] });
    expect(await said("result")).toEqual({ turn: "turn-7", principal: "ada" });
    expect(await ended).toBe(0);
    expect(at.sockets()).toBe(1);
  });

  it("gets items in order, all of them", async () => {
    const { said } = child("caller", share.env, ["items", '{"count":3000}']);
    expect(await said("result")).toBe(3_000);
  });

  it("never waits for the lane that its turn has, and another turn does", async () => {
    await share.close();
    await using turn = await at.session.beginTurn("turn-8");
    await using mine = await at.session.share(turn);
    const other = at.session.beginTurn("turn-9");
    const { said } = child("caller", mine.env, ["lane", "{}"]);
    expect(await said("result")).toBe("mine");
    await turn.end();
    await (await other).end();
    await mine.closed;
  });

  it("may do no more than it was given", async () => {
    await using narrow = await at.session.share("turn-8", { scopes: [] });
    const { said, lines, ended } = child("caller", narrow.env, [
      "scoped",
      "{}",
      "where",
      "{}",
      "turnmux.describe",
      "{}",
      "turnmux.outcome",
      '{"key":"k"}',
      "turnmux.turn.begin",
      '{"turn":"t"}',
    ]);
    expect(await said("connected")).toMatchObject({ scopes: [], tools: expect.not.arrayContaining(["scoped"]) });
    await ended;
    const [scoped, where, described, outcome, begin] = lines.slice(1);
    expect(scoped).toMatchObject({ error: { code: "unimplemented", outcome: "not_started" } });
    expect(where).toHaveProperty("result.turn", "turn-8");
    expect(JSON.stringify(described)).not.toContain("scoped");
    expect([outcome, begin]).toMatchObject([
      { error: { code: "permission_denied" } },
      { error: { code: "permission_denied" } },
    ]);
  });

  it("may do no more than the session, whatever is asked for", async () => {
    await expect(at.session.share("turn-8", { scopes: ["admin"] })).rejects.toThrow(
      "scopes must be some of the session's own",
    );
  });

  it("has its calls cancelled when it is killed, and harms nobody else", async () => {
    const doomed = child("caller", share.env, ["hold", "{}"]);
    const { signal } = await at.held();
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
    doomed.process.kill("SIGKILL");
    await aborted;
    expect(await at.session.client(tools).where({})).toEqual({ turn: undefined, principal: "ada" });
    expect(await child("caller", share.env, ["where", "{}"]).said("result")).toHaveProperty("turn", "turn-7");
  });

  it("is told what became of its call when the turn is over, and gets no other session", async () => {
    const running = child("caller", share.env, ["hold", "{}"]);
    const { signal } = await at.held();
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
    await share.close();
    await aborted;
    expect(await running.said("error")).toMatchObject({ outcome: expect.stringMatching(/failed|unknown/) });
    const late = child("caller", share.env, ["where", "{}"]);
    expect(await late.said("refused")).toMatchObject({ code: "failed_precondition", outcome: "not_started" });
  });

  it("does not notice that its parent's connection is lost and made anew", async () => {
    const running = child("caller", share.env, ["hold", "{}", "once", '{"name":"tea"}', "where", "{}"]);
    const held = await at.held();
    const back = new Promise<void>((resolve) => {
      at.session.addEventListener("state", ({ detail }) => {
        if (detail.resumed === true) resolve();
      });
    });
    at.cut();
    await back;
    held.release();
    expect(await running.ended).toBe(0);
    expect(running.lines.slice(1)).toEqual([
      { result: "released" },
      { result: 1 },
      { result: { turn: "turn-7", principal: "ada" } },
    ]);
    expect([at.added, at.sockets()]).toEqual([["tea"], 2]);
  });
});

describe("where a turn is shared", { timeout: MINUTE }, () => {
  it("is a socket that its user alone can reach, and gone with the share", async () => {
    expect(lstatSync(dirname(share.path)).mode & 0o777).toBe(0o700);
    expect(lstatSync(share.path).mode & 0o777).toBe(0o600);
    await share.close();
    expect(existsSync(share.path)).toBe(false);
  });

  it.each([
    [
      "its turn is cancelled",
      async () => {
        const turn = at.session.turn("turn-8");
        const mine = await at.session.share(turn);
        turn.cancel();
        return mine;
      },
    ],
    [
      "its signal is aborted",
      async () => {
        const controller = new AbortController();
        const mine = await at.session.share("turn-8", { signal: controller.signal });
        controller.abort();
        return mine;
      },
    ],
    [
      "its session is closed",
      async () => {
        const mine = await at.session.share("turn-8");
        await at.session.close();
        return mine;
      },
    ],
  ])("is over when %s", async (_what, over) => {
    const mine = await over();
    await mine.closed;
    expect(existsSync(mine.path)).toBe(false);
  });

  it("is not shared anew once turn or session is over", async () => {
    const turn = at.session.turn("turn-8");
    turn.cancel();
    await expect(at.session.share(turn)).rejects.toMatchObject({ code: "failed_precondition", outcome: "not_started" });
    await at.session.close();
    await expect(at.session.share("turn-9")).rejects.toMatchObject({ code: "failed_precondition" });
  });

  it("is told to a child by the gateway as well, whose tools it then calls", async () => {
    await using mine = await at.gateway.share({ turn: "turn-5", principal: "bob", scopes: [] });
    const { said, ended } = child("caller", mine.env, ["where", "{}", "once", '{"name":"tea"}']);
    expect(await said("result")).toEqual({ turn: "turn-5", principal: "bob" });
    await ended;
    expect(at.added).toEqual(["tea"]);
  });
});
