import type { Acceptance } from "@turnmux/core";
import { expect, it } from "vitest";
import { kit } from "../kit.ts";
import type { WorldKind } from "../worlds/pair.ts";
import { kitHandlers } from "./handlers.ts";
import { aborted, codeAndOutcome, failureOf, never, using } from "./using.ts";

/** How calls end: cancellation, deadlines, failures, and what is said before. */
export function endingCases(kind: WorldKind): void {
  it(
    "says that a call was taken before its result is known",
    using(kind, async (pair) => {
      const { handlers, release } = kitHandlers();
      pair.implement(kit, handlers);
      const accepted: Acceptance[] = [];
      const taken = Promise.withResolvers<void>();
      const call = pair.client.client(kit).work(
        { how: "held" },
        {
          onAccept: (acceptance) => {
            accepted.push(acceptance);
            taken.resolve();
          },
        },
      );
      await pair.until(taken.promise);
      expect(accepted).toMatchObject([{ state: "running" }]);
      release();
      await expect(pair.until(call)).resolves.toEqual({ done: "held" });
    }),
  );

  it(
    "says that a call waits for somebody",
    using(kind, async (pair) => {
      const { handlers, release } = kitHandlers();
      pair.implement(kit, handlers);
      const waits = Promise.withResolvers<string | undefined>();
      const call = pair.client.client(kit).work(
        { how: "wait" },
        {
          onAccept: ({ state, reason }) => {
            if (state === "waiting") waits.resolve(reason);
          },
        },
      );
      await expect(pair.until(waits.promise)).resolves.toBe("for a person");
      release();
      await pair.until(call);
    }),
  );

  it(
    "reports progress, the latest of it at least",
    using(kind, async (pair) => {
      pair.implement(kit, kitHandlers().handlers);
      const percents: number[] = [];
      await pair.until(
        pair.client.client(kit).work({ how: "progress" }, { onProgress: ({ percent }) => percents.push(percent) }),
      );
      expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    }),
  );

  it(
    "lets a cancelled call that finished all the same end with its result",
    using(kind, async (pair) => {
      pair.implement(kit, kitHandlers().handlers);
      const leaving = new AbortController();
      const call = pair.client
        .client(kit)
        .work({ how: "until cancelled, then finish" }, { signal: leaving.signal, onAccept: () => leaving.abort() });
      await expect(pair.until(call)).resolves.toEqual({ done: "all the same" });
    }),
  );

  it(
    "brings a cancellation to the handler's signal, and the truth back",
    using(kind, async (pair) => {
      pair.implement(kit, kitHandlers().handlers);
      const leaving = new AbortController();
      const call = pair.client
        .client(kit)
        .work({ how: "until cancelled, then stop" }, { signal: leaving.signal, onAccept: () => leaving.abort() });
      expect(await codeAndOutcome(pair, call)).toBe("cancelled, failed");
    }),
  );

  it(
    "cancels every call of a turn with the turn",
    using(kind, async (pair) => {
      const { handlers } = kitHandlers();
      pair.implement(kit, handlers);
      const turn = pair.client.turn("turn-1");
      const calls = [1, 2, 3].map(() =>
        turn.client(kit).work({ how: "until cancelled, then stop" }, { onAccept: () => turn.cancel() }),
      );
      const other = pair.client.client(kit).echo("unharmed");
      const failures = await Promise.all(calls.map((call) => failureOf(pair, call)));
      expect(failures.map(({ code }) => code)).toEqual(["cancelled", "cancelled", "cancelled"]);
      await expect(pair.until(other)).resolves.toBe("unharmed");
    }),
  );

  it(
    "does not send a call that is cancelled already",
    using(kind, async (pair) => {
      const { handlers, seen } = kitHandlers();
      pair.implement(kit, handlers);
      const call = pair.client.client(kit).work({ how: "tell" }, { signal: AbortSignal.abort() });
      expect(await codeAndOutcome(pair, call)).toBe("cancelled, not_started");
      expect(seen).toEqual([]);
    }),
  );

  it(
    "ends a call at the caller's deadline, which reaches the handler",
    using(kind, async (pair) => {
      const { handlers } = kitHandlers();
      const ended = Promise.withResolvers<string>();
      pair.implement(kit, {
        ...handlers,
        work: (_input, call) => {
          void aborted(call.signal).then(ended.resolve);
          return never();
        },
      });
      const call = pair.client.client(kit).work({ how: "forever" }, { timeoutMs: 150 });
      expect(await codeAndOutcome(pair, call)).toBe("deadline_exceeded, failed");
      await expect(pair.until(ended.promise)).resolves.toBe("aborted");
    }),
  );

  it(
    "ends a call at the tool's maximum, whatever its caller asks for",
    using(
      kind,
      async (pair) => {
        pair.implement(kit, kitHandlers().handlers);
        const call = pair.client.client(kit).work({ how: "forever" }, { timeoutMs: 60_000 });
        expect(await codeAndOutcome(pair, call)).toBe("deadline_exceeded, failed");
      },
      { overrides: { work: { maxTimeoutMs: 40 } } },
    ),
  );

  it(
    "keeps what a handler throws on its own side",
    using(kind, async (pair) => {
      pair.implement(kit, kitHandlers().handlers);
      const error = await failureOf(pair, pair.client.client(kit).work({ how: "throw" }));
      expect([error.code, error.outcome]).toEqual(["internal", "failed"]);
      expect(JSON.stringify(error)).not.toContain("secret detail");
    }),
  );

  it(
    "passes on what a tool error says",
    using(kind, async (pair) => {
      pair.implement(kit, kitHandlers().handlers);
      const error = await failureOf(pair, pair.client.client(kit).work({ how: "tool error" }));
      expect(error).toMatchObject({
        code: "failed_precondition",
        outcome: "failed",
        sentence: "The door is shut.",
        details: { door: 3 },
      });
    }),
  );

  it(
    "says that a call took effect whose result the contract forbids",
    using(kind, async (pair) => {
      const { handlers } = kitHandlers();
      // A handler in plain JavaScript can return anything.
      pair.implement(kit, { ...handlers, work: () => JSON.parse('{"done":7}') });
      expect(await codeAndOutcome(pair, pair.client.client(kit).work({ how: "tell" }))).toBe("internal, completed");
    }),
  );

  it(
    "refuses more calls than a tool takes, with a time to come back",
    using(
      kind,
      async (pair) => {
        const { handlers, release } = kitHandlers();
        pair.implement(kit, handlers);
        const api = pair.client.client(kit);
        const taken = Promise.withResolvers<void>();
        const first = api.work({ how: "held" }, { onAccept: () => taken.resolve() });
        await pair.until(taken.promise);
        const error = await failureOf(pair, api.work({ how: "held" }));
        expect(error).toMatchObject({ code: "resource_exhausted", outcome: "not_started", retryable: true });
        expect(error.retryAfterMs).toBeGreaterThan(0);
        release();
        await pair.until(first);
      },
      { overrides: { work: { maxConcurrent: 1 } } },
    ),
  );

  it(
    "lets an interceptor refuse a call before it runs",
    using(
      kind,
      async (pair) => {
        const { handlers, seen } = kitHandlers();
        pair.implement(kit, handlers);
        const call = pair.client.client(kit).work({ how: "tell" }, { meta: { deny: "yes" } });
        expect((await failureOf(pair, call)).outcome).toBe("not_started");
        expect(seen).toEqual([]);
        await pair.until(pair.client.client(kit).work({ how: "tell" }));
        expect(seen).toEqual(["started tell"]);
      },
      {
        gatewayInterceptors: [
          (call, next) => (call.meta["deny"] === undefined ? next(call) : Promise.reject(new Error("denied"))),
        ],
      },
    ),
  );

  it(
    "finishes what runs when the gateway drains, and refuses the rest as not started",
    using(kind, async (pair) => {
      const { handlers, release } = kitHandlers();
      pair.implement(kit, handlers);
      const api = pair.client.client(kit);
      const taken = Promise.withResolvers<void>();
      const running = api.work({ how: "held" }, { onAccept: () => taken.resolve() });
      await pair.until(taken.promise);
      const drained = new Promise<void>((resolve) => {
        pair.client.addEventListener("drain", () => resolve());
      });
      pair.drain();
      await pair.until(drained);
      const late = api.work({ how: "tell" });
      const lateFailure = failureOf(pair, late);
      release();
      await expect(pair.until(running)).resolves.toEqual({ done: "held" });
      expect((await lateFailure).outcome).toBe("not_started");
    }),
  );
}
