import { channel } from "node:diagnostics_channel";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import {
  createGateway,
  defineTools,
  memoryJournal,
  tool,
  TurnmuxError,
  type Gateway,
  type GatewayOptions,
  type GatewaySession,
  type Occurrence,
  type RunningTurn,
  type Session,
} from "@turnmux/gateway";
import { connected, listening, nextSession, testGateway } from "../support/gateway.ts";

const anything = { input: z.unknown(), output: z.unknown() };
const tools = defineTools({ talk: tool({ description: "Talks", ...anything, effect: "idempotent", lane: "session" }) });
const device = defineTools({ ask: tool({ description: "Asks", ...anything, effect: "read" }) });

/** A gateway and two sessions of it in process, of ann and of whoever else. */
async function house(options: GatewayOptions = {}, other = "bob") {
  const { gateway, log } = testGateway(options);
  gateway.implement(tools, { talk: (input) => input });
  const open = async (principal: string): Promise<{ client: Session; session: GatewaySession }> => {
    const opened = nextSession(gateway);
    const client = gateway.openSession({ principal, scopes: [] });
    onTestFinished(() => client.close());
    return { client, session: await opened };
  };
  return { gateway, log, ann: await open("ann"), bob: await open(other) };
}

/** A turn that runs until it is told to end. */
function held(gateway: Gateway, session: GatewaySession, turn: string) {
  const began = Promise.withResolvers<RunningTurn>();
  const { promise, resolve: end } = Promise.withResolvers<string>();
  const over = gateway.runTurn(session, turn, (running) => {
    began.resolve(running);
    return promise;
  });
  return { began: began.promise, end, over };
}

/** What a promise rejects with. */
async function failure(promise: Promise<unknown>): Promise<TurnmuxError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!TurnmuxError.is(error)) throw new Error("it was to fail with a TurnmuxError", { cause: error });
  return error;
}

describe("runTurn()", () => {
  test("runs one turn of a session at a time, in order, and gives what each gives", async () => {
    const { gateway, ann, bob } = await house();
    const order: string[] = [];
    const first = held(gateway, ann.session, "t-1");
    const { id, lineage, session } = await first.began;
    expect([id, session, lineage.length]).toEqual(["t-1", ann.session, 32]);
    const next = ["t-2", "t-3"].map((turn) =>
      gateway.runTurn(ann.session, turn, ({ id: running }) => {
        order.push(running);
        return `ran ${running}`;
      }),
    );
    expect(await gateway.runTurn(bob.session, "other", () => "beside it")).toBe("beside it");
    expect(gateway.stats().lanes).toEqual({ running: 1, waiting: 2 });
    expect(order).toEqual([]);
    first.end("done");
    expect(await first.over).toBe("done");
    expect(await Promise.all(next)).toEqual(["ran t-2", "ran t-3"]);
    expect(gateway.stats().lanes).toEqual({ running: 0, waiting: 0 });
  });

  test("frees the lane where the turn throws, which is what it rejects with", async () => {
    const { gateway, ann } = await house();
    const broken = new Error("broken");
    const thrown = gateway.runTurn(ann.session, "t", () => {
      throw broken;
    });
    await expect(thrown).rejects.toBe(broken);
    expect(gateway.stats().lanes.running).toBe(0);
  });

  test.each(["in process", "over a socket", "over an I/O thread"])(
    "is not waited for by what its own calls cause, %s",
    async (where) => {
      const { gateway, ann } = await house();
      let { client, session } = ann;
      if (where !== "in process") {
        const opened = nextSession(gateway);
        client = await connected(await listening(gateway, { ioThread: where === "over an I/O thread" }));
        session = await opened;
      }
      client.implement(device, {
        ask: async (_input, call) => {
          const nested = await client.beginTurn("nested", { lineage: call.lineage });
          const said = await nested.client(tools).talk("on behalf");
          await nested.end();
          return [said, await client.call("talk", "by name", { lineage: call.lineage })];
        },
      });
      const answer = gateway.runTurn(session, "t", async (turn) => {
        const alone = client.client(tools).talk("of nobody");
        const said = await turn.client(device).ask(null);
        return { said, alone };
      });
      const { said, alone } = await answer;
      expect(said).toEqual(["on behalf", "by name"]);
      expect(await alone).toBe("of nobody");
    },
  );

  test("is cancelled with its calls, and frees its lane at once, also while it waits", async () => {
    const { gateway, ann } = await house();
    const asked = Promise.withResolvers<AbortSignal>();
    ann.client.implement(device, {
      ask: async (_input, { signal }) => {
        asked.resolve(signal);
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        return null;
      },
    });
    const stop = new AbortController();
    const released = Promise.withResolvers<unknown>();
    const over = gateway.runTurn(
      ann.session,
      "t-1",
      async (turn) => {
        const call = turn.client(device).ask(null);
        call.catch(() => {});
        await released.promise;
        return call;
      },
      { signal: stop.signal },
    );
    const signal = await asked.promise;
    const waitStop = new AbortController();
    const waiting = gateway.runTurn(ann.session, "t-2", () => "never", { signal: waitStop.signal });
    waitStop.abort(new Error("not any more"));
    expect(await failure(waiting)).toMatchObject({ code: "cancelled", outcome: "not_started" });
    stop.abort();
    // The function has not ended.
    expect(await gateway.runTurn(ann.session, "t-3", () => "ran")).toBe("ran");
    expect(signal.aborted).toBe(true);
    released.resolve(undefined);
    await expect(over).resolves.toBeNull();
    expect(await failure(gateway.runTurn(ann.session, "t", () => 1, { signal: stop.signal }))).toMatchObject({
      code: "cancelled",
      outcome: "not_started",
    });
  });

  test("waits for no longer than it may, nor for a session that is over, and refuses beyond the limit", async () => {
    const { gateway, ann } = await house({ limits: { laneQueue: 1 } });
    const first = held(gateway, ann.session, "t-1");
    await first.began;
    const overdue = gateway.runTurn(ann.session, "t-2", () => 1, { maxWaitMs: 10 });
    const full = gateway.runTurn(ann.session, "t-3", () => 1);
    expect(await failure(full)).toMatchObject({
      code: "resource_exhausted",
      outcome: "not_started",
      retryable: true,
      retryAfterMs: 1_000,
    });
    expect(await failure(overdue)).toMatchObject({ code: "deadline_exceeded", outcome: "not_started" });
    const last = failure(gateway.runTurn(ann.session, "t-4", () => 1));
    await ann.client.close();
    expect(await last).toMatchObject({ code: "unavailable", outcome: "not_started" });
    expect(await failure(gateway.runTurn(ann.session, "t-5", () => 1))).toMatchObject({ code: "unavailable" });
    first.end("all the same");
    expect(await first.over).toBe("all the same");
  });

  test("refuses a wait that could never end, and names the turns of the caller alone", async () => {
    for (const [other, named] of [
      ["bob", ["a"]],
      ["ann", ["b", "a"]],
    ] as const) {
      const { gateway, ann, bob } = await house({}, other);
      const a = held(gateway, ann.session, "a");
      const b = held(gateway, bob.session, "b");
      const [inA, inB] = [await a.began, await b.began];
      const waits = gateway.runTurn(bob.session, "a in b", () => "ran", { lineage: inA.lineage });
      const error = await failure(gateway.runTurn(ann.session, "b in a", () => "ran", { lineage: inB.lineage }));
      expect(error).toMatchObject({ code: "failed_precondition", outcome: "not_started", retryable: false });
      expect(error.sentence).toMatch(/it is a cycle/);
      const { cycle } = error.details as { readonly cycle: readonly string[] };
      expect(cycle.filter((turn) => turn.length === 1)).toEqual(named);
      // On behalf of a call it is the caller who is told.
      const call = { lineage: inB.lineage, principal: "bob", signal: new AbortController().signal };
      const told = await failure(gateway.runTurn(ann.session, "b in a", () => "ran", { call }));
      expect(told.details).toEqual({ cycle: other === "bob" ? ["b", "a in b"] : [] });
      b.end("");
      expect(await waits).toBe("ran");
      a.end("");
      await Promise.all([a.over, b.over]);
    }
  });

  test("that a call has caused, and that is refused, ends the call as what it is where the handler does nothing about it", async () => {
    const { gateway, ann, bob, log } = await house({ journal: memoryJournal() }, "ann");
    const effects = { description: "Causes a turn", ...anything } as const;
    const causing = defineTools({
      cause: tool({ ...effects, effect: "idempotent" }),
      once: tool({ ...effects, effect: "once" }),
      forget: tool({ ...effects, effect: "idempotent" }),
    });
    const inAnn: () => Promise<string> = () => Promise.resolve("ran");
    gateway.implement(causing, {
      cause: (_input, call) => gateway.runTurn(ann.session, "b in a", inAnn, { call }),
      once: (_input, call) => gateway.runTurn(ann.session, "b in a", inAnn, { call }),
      forget: (_input, { lineage }) => gateway.runTurn(ann.session, "b in a", inAnn, { lineage }),
    });
    const a = held(gateway, ann.session, "a");
    const { lineage } = await a.began;
    const b = await bob.client.beginTurn("b");
    const waits = gateway.runTurn(bob.session, "a in b", () => "ran", { lineage });
    const told = await failure(b.client(causing).cause(null));
    expect(told).toMatchObject({ code: "failed_precondition", outcome: "failed", retryable: false });
    expect(told.sentence).toMatch(/it is a cycle, by way of/);
    expect(await failure(b.client(causing).once(null, { key: "k" }))).toMatchObject({
      code: "failed_precondition",
      outcome: "unknown",
    });
    expect(log.of("error")).toEqual([]);
    // Who is told is not known here, and neither is whose turns it may hear of.
    expect(await failure(b.client(causing).forget(null))).toMatchObject({ code: "internal" });
    await b.end();
    expect(await waits).toBe("ran");
    a.end("");
    await a.over;
  });

  test("so is one that a handler of the client's begins", async () => {
    const { gateway, ann, bob, log } = await house({}, "ann");
    ann.client.implement(device, { ask: (_input, call) => bob.client.beginTurn("a in b", { call }) });
    const b = await bob.client.beginTurn("b");
    const a = held(gateway, ann.session, "a");
    const running = await a.began;
    const waits = gateway.runTurn(ann.session, "b in a", () => "ran", { lineage: b.lineage });
    const told = await failure(running.client(device).ask(null));
    expect(told).toMatchObject({ code: "failed_precondition", outcome: "failed", retryable: false });
    expect(told.sentence).toMatch(/it is a cycle, by way of/);
    expect(log.of("error")).toEqual([]);
    await b.end();
    a.end("");
    expect([await a.over, await waits]).toEqual(["", "ran"]);
  });

  test("a turn that a handler of the client's begins is on behalf of its call, and is cancelled with it", async () => {
    const { gateway, ann } = await house();
    const began = Promise.withResolvers<AbortSignal>();
    ann.client.implement(device, {
      ask: async (_input, call) => {
        // For the lane of the turn that calls it does not wait.
        const nested = await ann.client.beginTurn("nested", { call });
        began.resolve(nested.signal);
        await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
      },
    });
    const stop = new AbortController();
    const over = gateway.runTurn(ann.session, "a", (turn) => turn.client(device).ask(null), { signal: stop.signal });
    const signal = await began.promise;
    stop.abort();
    // Whether the handler or the cancellation was quicker is nothing to this.
    await Promise.allSettled([over]);
    await expect.poll(() => signal.aborted).toBe(true);
    await expect.poll(() => gateway.stats().lanes).toEqual({ running: 0, waiting: 0 });
  });

  test("is on behalf of the call that causes it, and cancelled with it", async () => {
    const { gateway, ann, bob } = await house();
    const causing = defineTools({ cause: tool({ description: "Causes a turn", ...anything, effect: "idempotent" }) });
    gateway.implement(causing, {
      cause: (_input, call) => gateway.runTurn(ann.session, "caused", ({ signal }) => signal.aborted, { call }),
    });
    const began = await ann.client.beginTurn("outer");
    expect(await began.client(causing).cause(null)).toBe(false);
    const stop = new AbortController();
    const waits = failure(bob.client.client(causing).cause(null, { signal: stop.signal }));
    await expect.poll(() => gateway.stats().lanes.waiting).toBe(1);
    stop.abort();
    await waits;
    expect(gateway.stats().lanes).toEqual({ running: 1, waiting: 0 });
    await began.end();
  });

  test("takes sessions, names and functions that are such", async () => {
    const { gateway, ann } = await house();
    const stranger = createGateway();
    onTestFinished(() => stranger.close());
    // Plain JavaScript can pass anything.
    const other = {} as GatewaySession;
    const none = undefined as unknown as () => void;
    await expect(gateway.runTurn(other, "t", () => 1)).rejects.toThrow("a session of the gateway");
    await expect(stranger.runTurn(ann.session, "t", () => 1)).rejects.toThrow("a session of this gateway");
    await expect(gateway.runTurn(ann.session, "", () => 1)).rejects.toThrow("the turn's id");
    await expect(gateway.runTurn(ann.session, "t", none)).rejects.toThrow("a function");
    await expect(gateway.runTurn(ann.session, "t", () => 1, { maxWaitMs: 0 })).rejects.toThrow("maxWaitMs");
    await expect(ann.session.beginTurn()).rejects.toThrow("gateway.runTurn");
    expect(gateway.stats().lanes).toEqual({ running: 0, waiting: 0 });
  });
});

describe("the channel turnmux:lane", () => {
  test("tells of turns that wait, enter and end, and of those that are refused", async () => {
    const seen: Occurrence[] = [];
    // Nobody else publishes there, and the channel's messages are not typed.
    const listener = (message: unknown): number => seen.push(message as Occurrence);
    channel("turnmux:lane").subscribe(listener);
    onTestFinished(() => {
      channel("turnmux:lane").unsubscribe(listener);
    });
    const { gateway, ann } = await house({ limits: { laneQueue: 1 } });
    const first = held(gateway, ann.session, "t-1");
    await first.began;
    const second = gateway.runTurn(ann.session, "t-2", () => 1);
    await failure(gateway.runTurn(ann.session, "t-3", () => 1));
    first.end("");
    await second;
    expect(seen.map(({ event, fields }) => `${event} ${String(fields?.["turn"])}`)).toEqual([
      "entered t-1",
      "queued t-2",
      "refused t-3",
      "ended t-1",
      "entered t-2",
      "ended t-2",
    ]);
    expect(seen[1]).toMatchObject({ sessionId: ann.session.id, fields: { principal: "ann", behind: "t-1", place: 0 } });
  });
});
