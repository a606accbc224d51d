import type { Acceptance } from "@turnmux/core";
import { expect, it } from "vitest";
import { device, kit } from "../kit.ts";
import type { PairOptions, WorldKind } from "../worlds/pair.ts";
import { kitHandlers } from "./handlers.ts";
import { codeAndOutcome, failureOf, using } from "./using.ts";

const writer: PairOptions = { scopes: ["jobs.write"] };

/** Tools with effect `once`: keys, joins and replays. */
export function onceCases(kind: WorldKind): void {
  it(
    "runs a call once for its key, and gives every repetition the same result",
    using(
      kind,
      async (pair) => {
        const { handlers, jobs, release } = kitHandlers();
        pair.implement(kit, handlers);
        const api = pair.client.client(kit);
        const accepted: Acceptance["state"][] = [];
        const taken = Promise.withResolvers<void>();
        const options = { key: "k-1", onAccept: ({ state }: Acceptance) => void accepted.push(state) };
        const first = api.jobs.add({ name: "slow" }, { ...options, onAccept: () => taken.resolve() });
        await pair.until(taken.promise);
        const second = api.jobs.add({ name: "slow" }, options);
        await pair.until(api.echo("the second call was taken"));
        release();
        expect(await pair.until(Promise.all([first, second]))).toEqual([{ id: 1 }, { id: 1 }]);
        expect(await pair.until(api.jobs.add({ name: "slow" }, options))).toEqual({ id: 1 });
        expect(jobs).toEqual(["slow"]);
        expect(accepted).toContain("joined");
      },
      writer,
    ),
  );

  it(
    "keeps calls without a key apart",
    using(
      kind,
      async (pair) => {
        const { handlers, jobs } = kitHandlers();
        pair.implement(kit, handlers);
        const api = pair.client.client(kit);
        await pair.until(Promise.all([api.jobs.add({ name: "a" }), api.jobs.add({ name: "a" })]));
        expect(jobs).toEqual(["a", "a"]);
      },
      writer,
    ),
  );

  it(
    "refuses a key that comes again with other arguments",
    using(
      kind,
      async (pair) => {
        const { handlers, jobs } = kitHandlers();
        pair.implement(kit, handlers);
        const api = pair.client.client(kit);
        await pair.until(api.jobs.add({ name: "a" }, { key: "k" }));
        expect(await codeAndOutcome(pair, api.jobs.add({ name: "b" }, { key: "k" }))).toBe(
          "already_exists, not_started",
        );
        expect(jobs).toEqual(["a"]);
      },
      writer,
    ),
  );

  it(
    "calls the outcome of a plain throw unknown, replays it, and tells the model what to do",
    using(
      kind,
      async (pair) => {
        const { handlers, jobs } = kitHandlers();
        pair.implement(kit, handlers);
        const api = pair.client.client(kit);
        const error = await failureOf(pair, api.jobs.add({ name: "bad" }, { key: "k" }));
        expect([error.code, error.outcome, error.verify]).toEqual(["internal", "unknown", "jobs.list"]);
        expect(error.forModel()).toContain("jobs.list");
        expect(await codeAndOutcome(pair, api.jobs.add({ name: "bad" }, { key: "k" }))).toBe("internal, unknown");
        expect(jobs).toEqual(["bad"]);
      },
      writer,
    ),
  );

  it(
    "tells the model where to look, also when the call was made by name and the contract is the peer's",
    using(
      kind,
      async (pair) => {
        pair.implement(kit, kitHandlers().handlers);
        const turn = pair.client.turn("turn-1");
        await pair.until(turn.catalog());
        const error = await failureOf(pair, turn.call("jobs.add", { name: "bad" }));
        expect([error.outcome, error.verify]).toEqual(["unknown", "jobs.list"]);
        expect(error.forModel()).toContain("check with jobs.list first");
      },
      writer,
    ),
  );

  it(
    "frees the key of a call that failed without effect",
    using(
      kind,
      async (pair) => {
        const { handlers, jobs } = kitHandlers();
        pair.implement(kit, handlers);
        const api = pair.client.client(kit);
        expect(await codeAndOutcome(pair, api.jobs.add({ name: "no" }, { key: "k" }))).toBe("out_of_range, failed");
        expect(await codeAndOutcome(pair, api.jobs.add({ name: "no" }, { key: "k" }))).toBe("out_of_range, failed");
        expect(jobs).toEqual(["no", "no"]);
      },
      writer,
    ),
  );

  it(
    "says that nobody knows what became of a once call whose deadline is over, and joins the repetition",
    using(
      kind,
      async (pair) => {
        const { handlers, jobs, release } = kitHandlers();
        pair.implement(kit, handlers);
        const api = pair.client.client(kit);
        const slow = api.jobs.add({ name: "slow" }, { key: "k", timeoutMs: 40 });
        expect(await codeAndOutcome(pair, slow)).toBe("deadline_exceeded, unknown");
        const again = api.jobs.add({ name: "slow" }, { key: "k" });
        release();
        await expect(pair.until(again)).resolves.toEqual({ id: 1 });
        expect(jobs).toEqual(["slow"]);
      },
      writer,
    ),
  );

  it(
    "tells what became of a call, by its key and by its identifier, and which calls are in flight",
    using(
      kind,
      async (pair) => {
        const { handlers, release } = kitHandlers();
        pair.implement(kit, handlers);
        const api = pair.client.client(kit);
        const taken = Promise.withResolvers<void>();
        const slow = api.jobs.add({ name: "slow" }, { key: "k", onAccept: () => taken.resolve() });
        await pair.until(taken.promise);
        const [flying, ...others] = await pair.until(pair.client.calls());
        expect([flying, others]).toMatchObject([{ tool: "jobs.add", key: "k", state: "running" }, []]);
        const callId = flying?.callId ?? "";
        expect(await pair.until(pair.client.outcome({ callId }))).toMatchObject({ state: "running", key: "k" });
        release();
        await pair.until(slow);
        const about = { state: "settled", tool: "jobs.add", callId, key: "k", outcome: "completed", result: { id: 1 } };
        for (const of of [{ key: "k" }, { callId }]) {
          expect(await pair.until(pair.client.outcome(of))).toMatchObject(about);
        }
        expect(await pair.until(pair.client.outcome({ key: "other" }))).toEqual({ state: "none" });
        expect(await pair.until(pair.client.calls())).toEqual([]);
      },
      writer,
    ),
  );

  it(
    "tells the gateway, too, what became of its calls",
    using(kind, async (pair) => {
      const asked = Promise.withResolvers<void>();
      const shown = Promise.withResolvers<void>();
      pair.client.implement(device, {
        screen: {
          show: async () => {
            asked.resolve();
            await shown.promise;
            return { shown: true };
          },
          keys: () => {},
        },
      });
      await pair.until(pair.gateway.catalog());
      const call = pair.gateway.client(device).screen.show({ text: "hello" });
      await pair.until(asked.promise);
      const [flying] = await pair.until(pair.gateway.calls());
      expect(flying).toMatchObject({ tool: "screen.show", state: "running" });
      const callId = flying?.callId ?? "";
      expect(await pair.until(pair.gateway.outcome({ callId }))).toMatchObject({ state: "running" });
      shown.resolve();
      await pair.until(call);
      expect(await pair.until(pair.gateway.outcome({ callId }))).toEqual({ state: "none" });
    }),
  );

  it(
    "lets a model that was told that nobody knows try again without a duplicate, and whoever means it twice have it twice",
    using(
      kind,
      async (pair) => {
        const { handlers, jobs, release } = kitHandlers();
        pair.implement(kit, handlers);
        const turn = pair.client.turn("turn-1");
        const input = { name: "slow" };
        const error = await failureOf(pair, turn.call("jobs.add", input, { key: "turn-1/a", timeoutMs: 40 }));
        expect([error.outcome, error.key]).toEqual(["unknown", "turn-1/a"]);
        const again = turn.call("jobs.add", input, { key: "turn-1/b" });
        const other = pair.client.turn("turn-2").call("jobs.add", input, { key: "turn-2/a" });
        release();
        await pair.until(Promise.all([again, other]));
        expect(jobs).toEqual(["slow", "slow"]);
        await pair.until(turn.call("jobs.add", input, { key: "turn-1/c" }));
        expect(jobs).toEqual(["slow", "slow", "slow"]);
      },
      writer,
    ),
  );
}
