/** Turns whose calls join the run of a key, in this thread or through an I/O thread. */
import { channel } from "node:diagnostics_channel";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import {
  defineTools,
  tool,
  type Gateway,
  type GatewaySession,
  type Occurrence,
  type RunningTurn,
  type Session,
} from "@turnmux/gateway";
import { connected, listening, nextSession, testGateway } from "../support/gateway.ts";

const tools = defineTools({
  book: tool({ description: "Books", input: z.object({}), output: z.string(), effect: "once", scopes: ["write"] }),
  look: tool({ description: "Looks", input: z.object({}), effect: "read" }),
});

const PLACES = ["in process", "over an I/O thread"] as const;
type Where = (typeof PLACES)[number];

interface Peer {
  readonly client: Session;
  readonly session: GatewaySession;
}

/** A gateway whose `book` asks for the lane of the session that has the turn, once it is told to go on. */
async function house(caller: Where, joiner: Where) {
  const { gateway } = testGateway();
  const began = Promise.withResolvers<undefined>();
  const go = Promise.withResolvers<undefined>();
  gateway.implement(tools, {
    look: () => {},
    book: async (_input, call) => {
      began.resolve(undefined);
      await go.promise;
      return gateway.runTurn(turns.session, "inner", () => "booked", { call });
    },
  });
  const needsEndpoint = caller !== "in process" || joiner !== "in process";
  const endpoint = needsEndpoint ? await listening(gateway, { ioThread: true }) : undefined;
  const open = async (where: Where): Promise<Peer> => {
    const opened = nextSession(gateway);
    if (where === "in process" || endpoint === undefined) {
      const client = gateway.openSession({ principal: "alice", scopes: ["write"] });
      onTestFinished(() => client.close());
      return { client, session: await opened };
    }
    return { client: await connected(endpoint), session: await opened };
  };
  const calls = await open(caller);
  const turns = await open(joiner);
  return { gateway, calls, turns, began: began.promise, go: () => go.resolve(undefined) };
}

/** A turn that has the lane of its session until the test says so. */
async function turnOf(gateway: Gateway, session: GatewaySession): Promise<{ turn: RunningTurn; end: () => void }> {
  const running = Promise.withResolvers<RunningTurn>();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const over = gateway.runTurn(session, "t", (turn) => {
    running.resolve(turn);
    return promise;
  });
  onTestFinished(() => over);
  return { turn: await running.promise, end: () => resolve(undefined) };
}

/** Resolves when somebody waits for a lane. */
function queued(): Promise<unknown> {
  return new Promise((resolve) => {
    const listener = (message: unknown): void => {
      // What is published on this channel.
      if ((message as Occurrence).event === "queued") resolve(undefined);
    };
    channel("turnmux:lane").subscribe(listener);
    onTestFinished(() => {
      channel("turnmux:lane").unsubscribe(listener);
    });
  });
}

/** Code, outcome and message of what a call rejects with; its result otherwise. */
async function said(call: Promise<unknown>): Promise<string> {
  return call.then(String, (error: Error & { code?: unknown; outcome?: unknown }) =>
    [error.code, error.outcome, error.message].join(" | "),
  );
}

const ways = PLACES.flatMap((caller) => PLACES.map((joiner) => [caller, joiner] as const));

describe.each(ways)("the run of a key, called %s, and joined by a turn whose calls come %s", (caller, joiner) => {
  test("is refused a lane that this turn has: neither would ever end", async () => {
    const { gateway, calls, turns, began, go } = await house(caller, joiner);
    const { turn, end } = await turnOf(gateway, turns.session);
    const runs = said(calls.client.client(tools).book({}, { key: "k" }));
    await began;
    const joined = Promise.withResolvers<undefined>();
    const onAccept = ({ state }: { readonly state: string }): void => {
      if (state === "joined") joined.resolve(undefined);
    };
    const joins = said(turns.client.client(tools).book({}, { key: "k", lineage: turn.lineage, onAccept }));
    await joined.promise;
    // What the other thread has said before this call is known by the time that its handler runs.
    await turns.client.client(tools).look({});
    go();
    expect(await runs).toContain("failed_precondition");
    expect(await runs).toContain('by way of "t"');
    expect(await joins).toBe(await runs);
    end();
  });

  test("is not joined where it waits for this turn already", async () => {
    const { gateway, calls, turns, go } = await house(caller, joiner);
    const { turn, end } = await turnOf(gateway, turns.session);
    const waits = queued();
    go();
    const runs = said(calls.client.client(tools).book({}, { key: "k" }));
    await waits;
    const joins = await said(turns.client.client(tools).book({}, { key: "k", lineage: turn.lineage }));
    expect(joins).toContain("failed_precondition | unknown");
    expect(joins).toContain("LANE-005");
    expect(gateway.stats().lanes).toEqual({ running: 1, waiting: 1 });
    end();
    expect(await runs).toBe("booked");
  });
});
